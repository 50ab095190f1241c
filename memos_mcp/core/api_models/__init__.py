"""What `/api/v1` takes and answers: a store as people and scripts see it, times in ISO 8601 with an offset."""

from memos_mcp.core.api_models.imports import *
from memos_mcp.core.api_models.requests import *
from memos_mcp.core.api_models.shown import *
