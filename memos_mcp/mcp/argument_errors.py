"""What is wrong with a call's arguments, in one line for a model: which argument, its limit, what to do."""

import difflib
from collections.abc import Collection, Iterable, Mapping
from functools import cache

from pydantic import AliasChoices, BaseModel, JsonValue, ValidationError

from memos_mcp.core.validation_messages import SHOWN, problem

Names = Mapping[str, str]
"""Every name that an argument goes by, with the published one."""


@cache
def names_of(model: type[BaseModel]) -> Names:
    """Return every name by which a field of a model may be given, each with the field's own."""
    names: dict[str, str] = {}
    for name, field in model.model_fields.items():
        alias = field.validation_alias
        choices = alias.choices if isinstance(alias, AliasChoices) else [name]
        names |= {choice: name for choice in [name, *choices] if isinstance(choice, str)}
    return names


def misnamed(tool: str, given: Iterable[str], names: Names) -> str:
    """Say which argument the tool does not have, or has been given twice; nothing where all are right."""
    valid = list(dict.fromkeys(names.values()))
    seen: dict[str, str] = {}
    for name in given:
        if name not in names:
            near = difflib.get_close_matches(name, names, n=1)
            guess = f'; did you mean "{names[near[0]]}"?' if near else "."
            return f'{tool} has no argument "{name[:SHOWN]}"{guess} It takes: {", ".join(valid)}.'
        if names[name] in seen:
            return f'"{seen[names[name]]}" and "{name}" are the same argument of {tool}; give one of them.'
        seen[names[name]] = name
    return ""


def given(arguments: Mapping[str, JsonValue], *, names: Names, required: Collection[str]) -> dict[str, JsonValue]:
    """Return the arguments that say something: null, and an empty text for what is optional, is as if left out."""
    return {
        name: value
        for name, value in arguments.items()
        if value is not None and (value != "" or names.get(name) in required)
    }


def refusal(tool: str, exc: ValidationError, *, names: Names, schema: Mapping[str, JsonValue]) -> str:
    """Say in one line what is wrong with the first argument that does not fit."""
    error = exc.errors(include_url=False)[0]
    name = names.get(str(error["loc"][0]), str(error["loc"][0]))
    return f"{problem(error, name=name)}{_range(schema.get(name))} Nothing was done: call {tool} again."


def _range(schema: JsonValue) -> str:
    match schema:
        case {"minimum": low, "maximum": high}:
            return f" It goes from {low} to {high}."
        case _:
            return ""
