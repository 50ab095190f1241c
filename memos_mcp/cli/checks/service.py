"""The hosted service: it answers, takes the key, and has got everything."""

from collections.abc import Iterator

import anyio

from memos_mcp.backends.hosted.call_errors import CallFailed
from memos_mcp.backends.hosted.connect import connect
from memos_mcp.backends.hosted.http_client import HttpClient, Retry
from memos_mcp.backends.hosted.outbox import Outbox, account_of
from memos_mcp.backends.hosted.product import SUCCESS
from memos_mcp.cli.checks.finding import Finding
from memos_mcp.cli.printing import counted
from memos_mcp.core.errors import InvalidRequest, MemosError, NotFound, RateLimited
from memos_mcp.core.settings import Settings

ABOUT = "hosted service"
PATIENCE = 15.0  # seconds; nobody waits longer for a report
NO_TASK = "memos-mcp-doctor"
"""The id of no task: asking for it shows whether the key is taken, and sends and fetches nothing of anybody."""


NOBODY = {"mem_cube_id": NO_TASK, "user_id": NO_TASK, "page": 1, "page_size": 1}
"""The memories of no user: MemOS's own server has no key, and may have no way to follow tasks."""

ONCE = Retry(attempts=1)


def check_service(settings: Settings) -> Iterator[Finding]:
    """Ask the service for something that does not exist, and look at what still waits for it."""
    host = settings.base_url.host
    failed = anyio.run(_ask, settings)
    match failed.error if failed else None:
        case None | NotFound() | InvalidRequest():
            yield Finding.ok(ABOUT, f"{host} answers{_TAKEN[settings.spoken]}")
        case RateLimited() as busy:
            yield Finding.warning(ABOUT, f"{host} accepts the key, but takes no calls now", mend=str(busy))
        case error:
            yield Finding.wrong(ABOUT, str(error), mend=_AWAY if failed and failed.temporary else _REFUSING)
    yield from _check_outbox(settings)


_TAKEN = {
    "cloud": " and accepts the key",
    "product": "; it keeps no messages, so those that are added from this machine are kept in the data directory too",
}
_AWAY = "Until then, what is added is kept here and delivered later; nothing can be found."
_REFUSING = "Until then, nothing is stored and nothing can be found: each call is refused with this reason."


async def _ask(settings: Settings) -> CallFailed | None:
    with anyio.move_on_after(PATIENCE):
        async with connect(str(settings.base_url), settings.api_key.get_secret_value()) as client:
            try:
                if settings.spoken == "product":
                    await HttpClient(client, retry=ONCE, success=SUCCESS).post_once("get_memory", NOBODY)
                else:
                    await HttpClient(client, retry=ONCE).post_once("get/status", {"task_id": NO_TASK})
            except CallFailed as exc:
                return exc
            return None
    late = f"{settings.base_url.host} did not answer within {PATIENCE:.0f} seconds: check the network."
    return CallFailed(MemosError(late), again=True)


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
