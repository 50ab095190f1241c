"""What the model answers, read leniently: models wrap JSON in prose, in fences and in their thoughts."""

import json
import re
from typing import Annotated, Literal

from pydantic import Field, ValidationError

from memos_mcp.core.models import Frozen

_THOUGHTS = re.compile(r"<think(?:ing)?>.*?(?:</think(?:ing)?>|\Z)", re.DOTALL)
_LONGEST = 1_000  # characters of a field
_MOST = 50  # entries of a list: a batch has fewer messages

Numbers = Annotated[tuple[int, ...], Field(max_length=_MOST)]
Text = Annotated[str, Field(max_length=_LONGEST)]


class ProposedMemory(Frozen):
    """A memory as the model proposes it; `sources` are numbers of messages."""

    value: Text
    sources: Numbers
    title: Text = ""
    perspective: Literal["user", "assistant"] = "user"
    tags: Annotated[tuple[Text, ...], Field(max_length=_MOST)] = ()


class ProposedPreference(Frozen):
    """A preference as the model proposes it."""

    preference: Text
    sources: Numbers
    type: Literal["explicit", "implicit"] = "implicit"
    reasoning: Text = ""


class ModelOutput(Frozen):
    """All that the model proposes for a batch."""

    memories: Annotated[tuple[ProposedMemory, ...], Field(max_length=_MOST)]
    preferences: Annotated[tuple[ProposedPreference, ...], Field(max_length=_MOST)] = ()


class UnreadableAnswer(ValueError):
    """The model's answer is not what was asked for; the sentence says how, for the model."""


def read_answer(text: str) -> ModelOutput:
    """Read an answer.

    Raises:
        UnreadableAnswer: it holds no such JSON object.
    """
    found = _object(_THOUGHTS.sub("", text))
    try:
        return ModelOutput.model_validate(found)
    except ValidationError as exc:
        first = exc.errors(include_input=False, include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise UnreadableAnswer(f"{place}: {first['msg']}") from exc


def _object(text: str) -> object:
    start = text.find("{")
    if start < 0:
        raise UnreadableAnswer("there is no JSON object in it")
    try:
        return json.JSONDecoder().raw_decode(text, start)[0]
    except (json.JSONDecodeError, RecursionError) as exc:
        raise UnreadableAnswer(f"it is not JSON ({exc})") from exc
