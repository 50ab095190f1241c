"""The request bodies of the contract's further routes, which store nothing by themselves."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator, Field, JsonValue, StringConstraints

from memos_mcp.api.contract.base_body import Body, Filled, at_most, listed
from memos_mcp.api.contract.bodies import Filter, of_agent
from memos_mcp.core.message_shapes import GivenMessage, read_messages
from memos_mcp.core.models import RELATIVITY_THRESHOLD, Identifier, SearchMemory

MODEL_OF_OURS = "the server's own is used"
MOST_DOCUMENTS = 500  # ours: the contract has no limit
Document = Annotated[str, StringConstraints(min_length=1, max_length=100_000)]


class RerankBody(Body):
    """rerank."""

    without_effect: ClassVar[Mapping[str, str]] = {"model": MODEL_OF_OURS}

    query: Filled
    documents: Annotated[tuple[Document, ...], Field(min_length=1, max_length=MOST_DOCUMENTS)]
    top_n: Annotated[int, Field(ge=1)] | None = None


class ExtractMemoryBody(Body):
    """extract/memory."""

    without_effect: ClassVar[Mapping[str, str]] = {"model": MODEL_OF_OURS}

    messages: Annotated[tuple[GivenMessage, ...], BeforeValidator(read_messages), Field(min_length=1, max_length=200)]
    extraction_types: Annotated[tuple[str, ...], Field(min_length=1)] = ("memory", "preference")


class ChatBody(Body):
    """chat."""

    without_effect: ClassVar[Mapping[str, str]] = {
        "model_name": MODEL_OF_OURS,
        "internet_search": "only memories are searched",
        "use_mem_os_cube": "there are no cubes here",
        "allow_knowledgebase_ids": "a conversation is not written to a knowledge base",
    }

    query: Filled
    conversation_id: Identifier = ""
    system_prompt: str = ""
    stream: bool = False
    add_message_on_answer: bool = True
    agent_id: Identifier = ""
    app_id: Identifier = ""
    tags: tuple[str, ...] = ()
    info: dict[str, JsonValue] = Field(default_factory=dict[str, JsonValue])
    async_mode: bool = True
    allow_public: bool = False
    filter: Filter = None
    memory_limit_number: Annotated[int, Field(ge=0), at_most(25)] = 9
    preference_limit_number: Annotated[int, Field(ge=0), at_most(25)] = 9
    include_preference: bool = True
    knowledgebase_ids: Annotated[tuple[str, ...], Field(max_length=20), BeforeValidator(listed)] = ()
    relativity: Annotated[float, Field(ge=0, le=1)] = RELATIVITY_THRESHOLD
    max_tokens: Annotated[int, Field(ge=1)] | None = None
    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    top_p: Annotated[float, Field(gt=0, le=1)] | None = None

    def search(self) -> SearchMemory:
        """Return the search whose finds the answer is made with; a field of `SearchMemory` counts if it is one here."""
        shared = self.model_dump(include=SearchMemory.model_fields.keys() - {"filter"})
        return SearchMemory(**shared, filter=of_agent(self.filter, self.agent_id), return_full_instruction=True)

    def options(self) -> dict[str, Any]:
        """Return what the model is told about its answer."""
        return self.model_dump(include={"max_tokens", "temperature", "top_p"}, exclude_none=True)
