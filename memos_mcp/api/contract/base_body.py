"""What the request bodies of the contract have in common; each stands beside its endpoint.

A null is an absent field, a limit above its maximum is cut to it, and a field that changes nothing here is ignored with
a word about it in the answer's `message`.

What is beyond the contract is ours: `page` and `message_limit_number` where it has none, `memory_ids` in get/memory,
and a `user_id` beside the ids of delete/memory, update/memory and get/status, which says whose they must be.
"""

from collections.abc import Mapping
from functools import partial
from typing import Annotated, ClassVar, Final, TypeVar, cast

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    StringConstraints,
    model_validator,
)

from memos_mcp.core.errors import InvalidRequest
from memos_mcp.core.message_shapes import read_json
from memos_mcp.core.models import MAX_ID_LENGTH, RELATIVITY_THRESHOLD, Identifier, SearchMemory, read_id

Request = TypeVar("Request", bound=BaseModel)
Given = Annotated[
    str, StringConstraints(min_length=1, max_length=MAX_ID_LENGTH, pattern=r"^[^\x00]*$"), BeforeValidator(read_id)
]
Filled = Annotated[str, StringConstraints(min_length=1)]
FilledId = Annotated[str, StringConstraints(min_length=1), BeforeValidator(read_id)]
Filter = Annotated[JsonValue, BeforeValidator(read_json)]
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
MODEL_OF_OURS: Final = "the server's own is used"
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

    def request(self, model: type[Request], **given: object) -> Request:
        """Return the request of a backend that this body makes: its fields of the same names, and those given here."""
        return model.model_validate({name: getattr(self, name) for name in type(self).model_fields} | given)

    @model_validator(mode="before")
    @classmethod
    def _drop_what_says_nothing(cls, raw: object) -> object:
        """Leave out nulls, and empty texts of what is optional; an empty user is nobody, and refused."""
        if not isinstance(raw, dict):
            return raw
        fields = cast("dict[str, object]", raw)
        needed = {"user_id"} | {name for name, field in cls.model_fields.items() if field.is_required()}
        return {name: value for name, value in fields.items() if value is not None and (value != "" or name in needed)}


class SearchingBody(Body):
    """What a search is asked for."""

    query: Filled
    agent_id: Identifier = ""
    conversation_id: Identifier = ""
    filter: Filter = None
    memory_limit_number: Annotated[int, Field(ge=0), at_most(25)] = 9
    preference_limit_number: Annotated[int, Field(ge=0), at_most(25)] = 9
    relativity: Annotated[float, Field(ge=0, le=1)] = RELATIVITY_THRESHOLD
    include_preference: bool = True
    knowledgebase_ids: Annotated[tuple[str, ...], Field(max_length=20), BeforeValidator(listed)] = ()

    def search(self, **given: object) -> SearchMemory:
        """Return the search, with some fields given here."""
        return self.request(SearchMemory, filter=of_agent(self.filter, self.agent_id), **given)


def of_agent(condition: JsonValue, agent_id: str) -> JsonValue:
    """Narrow a filter to what was said with one agent.

    Raises:
        InvalidRequest: the filter is one of alternatives, which cannot be narrowed.
    """
    if not agent_id:
        return condition
    match condition:
        case None:
            return {"and": [{"agent_id": agent_id}]}
        case {"and": list() as conditions, **others} if not others:
            return {"and": [*conditions, {"agent_id": agent_id}]}
        case {"or": _}:
            raise InvalidRequest('agent_id goes with a filter of the form {"and": [...]} only.')
        case dict():
            return condition | {"user": of_agent(condition.get("user"), agent_id)}
        case _:
            return condition
