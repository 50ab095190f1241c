"""Whose memory a call may touch: identity comes from the token, and a body can only narrow it."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mcp.server.auth.middleware.bearer_auth import AuthenticatedUser
from starlette.requests import Request

from memos_mcp.core.errors import Forbidden, InvalidRequest
from memos_mcp.core.validation_messages import shown

if TYPE_CHECKING:
    from memos_mcp.backends.local.backend import LocalBackend


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who is calling: the user of a token, or one who may act for any user.

    `own` is the token's user (None: any), `default` the user of a call that names none; `owners` know whose an id is.
    """

    own: str | None
    default: str | None
    owners: "LocalBackend | None"

    @classmethod
    def of(cls, request: Request, *, default_user: str, owners: "LocalBackend | None") -> "Identity":
        """Tell from what the guard found; without tokens at all, everyone is the configured user, or whom they name."""
        user: object = request.scope.get("user")
        if not isinstance(user, AuthenticatedUser):
            return cls(own=None, default=default_user, owners=owners)
        return cls(own=user.access_token.subject, default=None, owners=owners)

    def user(self, named: str | None) -> str:
        """Decide on the user of a call.

        Raises:
            Forbidden: the token is another user's.
            InvalidRequest: nobody is named, and the token is nobody's own.
        """
        if self.own is not None:
            if named is not None and named != self.own:
                raise Forbidden(f"This token is for user {shown(self.own)} alone: leave user_id out, or name that one.")
            return self.own
        if named is None and self.default is None:
            raise InvalidRequest("user_id is missing: this token acts for many users, so name one.", code=40002)
        return named or self.default or ""

    async def user_of_memories(self, named: str | None, memory_ids: Iterable[str]) -> str:
        """Decide on the user of a call by memory ids, which need not name one.

        Raises:
            InvalidRequest: the memories are several users'.
        """
        if self.owners is None:
            return self.user(named)
        return await self._user_of(named, memory_ids, self.owners.memory_owner)

    async def user_of_task(self, named: str | None, task_id: str) -> str:
        """Decide on the user of a call by a task id, which need not name one."""
        if self.owners is None:
            return self.user(named)
        return await self._user_of(named, (task_id,), self.owners.task_owner)

    async def _user_of(
        self, named: str | None, ids: Iterable[str], owner: Callable[[str], Awaitable[str | None]]
    ) -> str:
        listed = tuple(ids)
        if not listed or named is not None or self.own is not None:
            return self.user(named)
        found = {user for one in listed if (user := await owner(one)) is not None}
        if len(found) > 1:
            raise InvalidRequest("These ids belong to several users: name those of one user at a time.")
        return found.pop() if found else self.default or ""
