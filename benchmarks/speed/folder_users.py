"""The memory of one `memos-mcp serve` whose data directory holds many users, of whom few are active.

One user is stored over REST and copied: rows in SQLite, vectors in Chroma's folder. Then a fresh server searches for
the active users, for ten times as many others, and for the active ones again.
"""

import sqlite3
import tempfile
import time
from pathlib import Path
from typing import Annotated

import anyio
import typer

from benchmarks.common.report import progress, run, say, show
from benchmarks.common.rest_client import engine
from benchmarks.speed.footprint import until_idle
from benchmarks.speed.many_users import KEYS, NAMES, STEP, Row, by_vectors, first_user, searched
from memos_mcp.backends.local.directory import CHROMA_FOLDER, LEDGER_FILE
from memos_mcp.backends.local.ledger.ledger import Ledger
from memos_mcp.backends.local.ledger.texts import Text, TextVectors
from memos_mcp.backends.local.vectors.chroma import ChromaIndex
from memos_mcp.backends.local.vectors.locations import FolderLocation

_NUMBERS = "WITH RECURSIVE numbers (number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM numbers WHERE number < ?)"


def copy_rows(path: Path, users: int) -> None:
    """Copy the user's rows."""
    database = sqlite3.connect(path)
    with database:
        for table, keys in KEYS.items():
            columns = [column for (_, column, *_) in database.execute(f'PRAGMA table_info("{table}")')]
            values = [
                f'"{column}" + {STEP} * number' if column in keys else NAMES.get((table, column), f'"{column}"')
                for column in columns
            ]
            names = ", ".join(f'"{column}"' for column in columns)
            database.execute(
                f'{_NUMBERS} INSERT INTO "{table}" ({names}) SELECT {", ".join(values)} FROM "{table}", numbers',
                (users - 1,),
            )
    database.close()


def copy_vectors(folder: Path, users: int) -> None:
    """Copy the user's vectors in Chroma, and leave it as a server that ends in order does."""
    ledger = Ledger.open(folder / LEDGER_FILE)
    place = FolderLocation(ledger, folder / CHROMA_FOLDER)
    first = next(iter(ledger.messages.users()))
    made = TextVectors.joined(ledger.vectors.all_of(first, at_once=STEP)).by_text
    index = ChromaIndex.open_folder(place.current)
    with progress() as bar:
        for number in bar.track(range(1, users), description="users"):
            shift = STEP * number
            index.put(first + shift, {Text(text.kind, text.seq + shift): vector for text, vector in made.items()})
    index.close()
    place.left()
    ledger.close()


async def measure(folder: Path, users: int, *, each: int, active: int) -> dict[str, Row]:
    """Fill, start a server, and search in rounds."""
    async with engine(folder) as served:
        await first_user(served, each)
        await until_idle(served.process)
        await anyio.sleep(40)  # so long little waits for Chroma
    await anyio.to_thread.run_sync(copy_vectors, folder, users)
    copy_rows(folder / LEDGER_FILE, users)
    few, more = (range(0, users, max(1, users // count))[:count] for count in (active, 10 * active))
    began = time.perf_counter()
    async with engine(folder) as served:

        def held() -> Row:
            return {"MB": round(served.process.memory_info().rss / 1e6, 1), "files": served.process.num_fds()}

        answers = time.perf_counter() - began
        await by_vectors(served)
        rows: dict[str, Row] = {
            f"started over {users:,} users": {
                **held(),
                "answers after s": answers,
                "by vectors after s": time.perf_counter() - began,
            }
        }
        for number, whom in enumerate((few, few, more, few, few), 1):
            name = f"round {number}: {len(whom):,} users"
            rows[name] = await searched(served, held, whom, name=name)
    ledger = Ledger.open(folder / LEDGER_FILE)
    if ledger.database.number("SELECT count(*) FROM pending"):
        raise RuntimeError("texts were to be indexed again: the copies are not what a server would make")
    ledger.close()
    return rows


def main(
    users: Annotated[int, typer.Option(help="Users.", min=2)] = 10_000,
    each: Annotated[int, typer.Option(help="Messages of each.", min=1)] = 5,
    active: Annotated[int, typer.Option(help="Users that are active.", min=1)] = 100,
) -> None:
    """Measure the memory of a server with many users."""

    async def all_of_it() -> dict[str, Row]:
        with tempfile.TemporaryDirectory() as folder:
            return await measure(Path(folder), users, each=each, active=active)

    show(f"A server whose users have {each:,} messages each, searched in rounds", anyio.run(all_of_it))
    say(("Four searches at once.",))


if __name__ == "__main__":
    run(main)
