"""What every request body has in common: nulls are absent, limits are cut, and what changes nothing is named."""

from collections.abc import Mapping
from functools import partial
from typing import Annotated, ClassVar, Final, cast

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

from memos_mcp.core.models import MAX_ID_LENGTH, read_id

Given = Annotated[
    str, StringConstraints(min_length=1, max_length=MAX_ID_LENGTH, pattern=r"^[^\x00]*$"), BeforeValidator(read_id)
]
Filled = Annotated[str, StringConstraints(min_length=1)]
PageNumber = Annotated[int, Field(ge=1, le=1_000_000_000)]


def at_most(most: int) -> AfterValidator:
    """Cut a limit that is higher."""
    return AfterValidator(partial(min, most))


def listed(value: object) -> object:
    """Take a single text for a list of one."""
    return [value] if isinstance(value, str) else value


NOT_A_FIELD: Final = "not a field of this route"
NOTHING_LOST: Final = frozenset(
    {"source", "include_tool_memory", "tool_memory_limit_number", "include_skill", "skill_limit_number"}
)
"""Fields of the contract that need no word: they are about the caller, or about lists that are empty here anyway."""

QUIET: Final[tuple[object, ...]] = (False, "", [], {}, "memory")
"""Values that ask for nothing; "memory" is the form that every memory is given in."""

LONGEST_NAME = 40  # characters of a field that nobody knows
MOST_WORDS = 8  # fields, or views, that an answer's message names at most


class Body(BaseModel):
    """Base of every body. `user_id` is whom the call is for; who may name whom is not decided here.

    `without_effect` has the fields of the contract that change nothing here, and why.
    """

    model_config = ConfigDict(frozen=True, extra="allow")
    without_effect: ClassVar[Mapping[str, str]] = {}

    UNDONE: ClassVar[str] = ""
    """What a refusal says of the work that was asked for; reads have nothing to say of it."""

    user_id: Given | None = None

    def ignored(self) -> list[str]:
        """Name the fields that were given and change nothing, each with the reason."""
        given = [name for name, value in (self.model_extra or {}).items() if value not in QUIET]
        return [
            f"{name[:LONGEST_NAME]}: {self.without_effect.get(name, NOT_A_FIELD)}"
            for name in given
            if name not in NOTHING_LOST
        ][:MOST_WORDS]

    @model_validator(mode="before")
    @classmethod
    def _drop_what_says_nothing(cls, raw: object) -> object:
        """Leave out nulls, and empty texts of what is optional; an empty user is nobody, and refused."""
        if not isinstance(raw, dict):
            return raw
        fields = cast("dict[str, object]", raw)
        needed = {"user_id"} | {name for name, field in cls.model_fields.items() if field.is_required()}
        return {name: value for name, value in fields.items() if value is not None and (value != "" or name in needed)}
