"""The hosted service: it answers, takes the key, and has got everything."""

from collections.abc import Iterator

import anyio

from memos_mcp.backends.hosted.failures import CallFailed
from memos_mcp.backends.hosted.opening import connect
from memos_mcp.backends.hosted.outbox import Outbox, account_of
from memos_mcp.backends.hosted.service import Retry, Service
from memos_mcp.errors import InvalidRequest, MemosError, NotFound, RateLimited
from memos_mcp.operations.checks.finding import Finding
from memos_mcp.operations.status import counted
from memos_mcp.settings import Settings

ABOUT = "hosted service"
PATIENCE = 15.0
NO_TASK = "memos-mcp-doctor"
"""The id of no task: asking for it shows whether the key is taken, and sends and fetches nothing of anybody."""


def check_service(settings: Settings) -> Iterator[Finding]:
    """Ask the service for a task that does not exist, and look at what still waits for it."""
    host = settings.base_url.host
    failure = anyio.run(_ask, settings)
    match failure:
        case None | NotFound() | InvalidRequest():
            yield Finding.ok(ABOUT, f"{host} answers and accepts the key")
        case RateLimited():
            yield Finding.warning(ABOUT, f"{host} accepts the key, but takes no calls now", mend=str(failure))
        case _:
            mend = "Until then, what is added is kept here and delivered later; nothing can be found."
            yield Finding.wrong(ABOUT, str(failure), mend=mend)
    yield from _check_outbox(settings)


async def _ask(settings: Settings) -> MemosError | None:
    with anyio.move_on_after(PATIENCE):
        async with connect(str(settings.base_url), settings.api_key.get_secret_value()) as client:
            try:
                await Service(client, retry=Retry(attempts=1)).post_once("get/status", {"task_id": NO_TASK})
            except CallFailed as exc:
                return exc.error
            return None
    return MemosError(f"{settings.base_url.host} did not answer within {PATIENCE:.0f} seconds: check the network.")


def _check_outbox(settings: Settings) -> Iterator[Finding]:
    account = account_of(str(settings.base_url), settings.api_key.get_secret_value())
    own, all_of_them = (Outbox(settings.data_dir, account=name).waiting() for name in (account, ""))
    if own.waiting:
        found = f"{counted(own.waiting, 'add')} not delivered yet"
        yield Finding.warning(
            ABOUT, found, mend="Keep a host running while the service answers: they are delivered then."
        )
    if own.refused:
        found = f"{counted(own.refused, 'add')} refused for good, the last because: {own.reason}"
        yield Finding.warning(ABOUT, found, mend="Correct what the service names; those adds stay in the outbox.")
    if all_of_them.waiting > own.waiting:
        found = f"{counted(all_of_them.waiting - own.waiting, 'add')} for another key or address not delivered"
        yield Finding.warning(ABOUT, found, mend="Set MEMOS_API_KEY and MEMOS_BASE_URL back to deliver them.")
