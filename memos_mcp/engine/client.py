"""What a command asks of the engine that runs."""

import os
from collections.abc import Generator
from contextlib import closing, contextmanager, suppress
from typing import Any

from memos_mcp.core.errors import Unavailable
from memos_mcp.relay import wire
from memos_mcp.relay.environment import own_variables


def ask(data_dir: str, question: str, *, patience: float = wire.PATIENCE) -> dict[str, Any] | None:
    """Ask the engine of a data directory; None where there is none.

    Raises:
        Unavailable: there is one, and it does not answer.
    """
    with asked(data_dir, question, patience=patience) as answer:
        return answer


@contextmanager
def asked(
    data_dir: str, question: str, *, patience: float = wire.PATIENCE, settings: bool = True
) -> Generator[dict[str, Any] | None]:
    """Ask the engine, and stay connected while the block runs.

    Raises:
        Unavailable: there is one, and it does not answer.
    """
    hello = {"as": "operator", "ask": question} | ({"settings": own_variables()} if settings else {})
    try:
        connection, answer = wire.greet(data_dir, hello, patience=patience)
    except wire.Absent:
        yield None
        return
    except (wire.Unresponsive, wire.Refused) as exc:
        raise Unavailable(str(exc)) from exc
    with closing(connection):
        yield answer


def stop(data_dir: str, *, patience: float) -> int | None:
    """Have the engine finish, and wait until it has; return its process id, None where none runs.

    Raises:
        Unavailable: it does not end.
    """
    with asked(data_dir, "stop", patience=patience) as answer:
        if answer is None:
            return None
    lock = wire.lock(os.path.join(data_dir, wire.LOCK_FILE), patience=patience)  # noqa: PTH118
    if lock is None:
        raise Unavailable(
            f"The engine (process {answer['pid']}) was asked to finish and has not done so within {patience:.0f} "
            "seconds. End that process by hand (what was acknowledged is on disk), then repeat the command."
        )
    with suppress(OSError):
        os.close(lock)
    return int(answer["pid"])
