"""The memory behind HTTP."""

from memos_mcp.backends.hosted.backend import HostedBackend
from memos_mcp.backends.hosted.connect import open_hosted
from memos_mcp.backends.hosted.http_client import Retry

__all__ = ["HostedBackend", "Retry", "open_hosted"]
