"""The vocabulary: MemOS's own field names, parsed once at an edge and trusted from there on.

A request is the JSON body of the MemOS endpoint of the same name, less `user_id`, which is never an argument
of a tool: it comes from configuration or from a token. Times inside are epoch milliseconds, as on MemOS's wire."""

from memos_mcp.core.models.memories import *
from memos_mcp.core.models.messages import *
from memos_mcp.core.models.searching import *
from memos_mcp.core.models.service import *
from memos_mcp.core.models.values import *
