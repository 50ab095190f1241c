"""Importing through `/api/v1`."""

from typing import Literal

from pydantic import Field

from memos_mcp.core.models import Frozen


class Imported(Frozen):
    """What a file holds, how much of it is new, from when till when; after an import, how much was taken in."""

    format: str
    messages: int
    memories: int
    new_messages: int
    new_memories: int
    left_out: int = 0
    first_time: str | None = None
    last_time: str | None = None
    dry_run: bool = False


class ImportJobQuery(Frozen):
    """The name of the file, to be shown."""

    name: str = Field(default="", max_length=300)


ImportState = Literal["none", "looking", "looked", "taking_in", "done", "cancelled", "failed"]


class ImportJob(Frozen):
    """An import in the background: what was found in its file, and how many bytes of it have been read.

    It ends with `done`, `cancelled` (what was taken in until then stays) or `failed` (`error` says why). A file that
    was `looked` into waits an hour to be taken in.
    """

    state: ImportState
    name: str = ""
    done: int = 0
    total: int = 0
    found: Imported | None = None
    error: str = ""
