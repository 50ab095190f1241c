"""What is told of the calls of a store: metrics of all, and the audit log of deletions."""

from mcp.server.auth.middleware.auth_context import get_access_token

from memos_mcp.api.monitoring.audit import Audit
from memos_mcp.api.monitoring.metrics import Metrics
from memos_mcp.backends.lazy import Call, LazyBackend
from memos_mcp.core.errors import MemosError
from memos_mcp.core.models import DeleteReceipt, StoreStatus


class Instrumentation:
    """Watches the calls of a store."""

    def __init__(self, audit: Audit) -> None:
        """Take the audit log."""
        self._audit = audit
        self._store: LazyBackend | None = None
        self.metrics = Metrics(self._status)

    def begin(self, store: LazyBackend) -> None:
        """Take the store whose counts are shown."""
        self._store = store

    async def observe(self, _account: str, call: Call) -> None:
        """Count a call, and note what it deleted."""
        self.metrics.count(call.method, call.seconds, error=call.error)
        if isinstance(call.result, DeleteReceipt):
            self._note(call.method, call.result, user_id=call.user_id)

    def _note(self, operation: str, receipt: DeleteReceipt, *, user_id: str) -> None:
        token = get_access_token()
        removed = receipt.removed.model_dump() if receipt.removed else {"memories": len(receipt.deleted)}
        self._audit.note("deletion", operation=operation, user_id=user_id, by=token and token.client_id, **removed)

    async def _status(self) -> StoreStatus | None:
        if self._store is None or not self._store.is_open:
            return None
        try:
            status = await self._store.call("status")
        except MemosError:
            return None
        return status if isinstance(status, StoreStatus) else None
