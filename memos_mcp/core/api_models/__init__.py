"""What a store shows of itself to people and scripts: the answers of `/api/v1`, times in ISO 8601 with an offset."""

from memos_mcp.core.api_models.imports import *
from memos_mcp.core.api_models.requests import *
from memos_mcp.core.api_models.shown import *
