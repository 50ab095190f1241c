"""What is wrong with a call's arguments, in one line for a model: which argument, its limit, what to do."""

import difflib
from collections.abc import Iterable, Mapping

from pydantic import AliasChoices, BaseModel, JsonValue, ValidationError
from pydantic_core import ErrorDetails

_SHOWN = 60
"""So much of a refused value is shown again."""

_KINDS = {
    "missing": "is required",
    "int_parsing": "must be a whole number",
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "bool_parsing": "must be true or false",
    "bool_type": "must be true or false",
    "string_type": "must be text",
    "list_type": "must be a list",
    "tuple_type": "must be a list",
    "dict_type": "must be an object",
    "model_type": "must be an object",
    "literal_error": "must be one of {expected}",
    "greater_than_equal": "must be at least {ge}",
    "less_than_equal": "must be at most {le}",
    "string_too_long": "must have at most {max_length} characters",
    "string_pattern_mismatch": "holds a character that is not allowed here",
    "too_short": "must have at least {min_length}",
    "too_long": "must have at most {max_length}",
    "extra_forbidden": "is not known here",
}
"""What pydantic's kinds of error are called here."""

Names = Mapping[str, str]
"""Every name that an argument goes by, with the published one."""


def names_of(model: type[BaseModel]) -> dict[str, str]:
    """Give every name by which a field of a model may be given, each with the field's own."""
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
            return f'{tool} has no argument "{name[:_SHOWN]}"{guess} It takes: {", ".join(valid)}.'
        if names[name] in seen:
            return f'"{seen[names[name]]}" and "{name}" are the same argument of {tool}; give one of them.'
        seen[names[name]] = name
    return ""


def refusal(tool: str, exc: ValidationError, *, names: Names, schema: Mapping[str, JsonValue]) -> str:
    """Say in one line what is wrong with the first argument that does not fit."""
    error = exc.errors(include_url=False)[0]
    first, *inner = error["loc"]
    name = names.get(str(first), str(first))
    where = name + "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in inner)
    what = f"{where}{_what(error)}{_shown(error)}.{_range(schema.get(name))}"
    return f"{what} Nothing was done: call {tool} again."


def _what(error: ErrorDetails) -> str:
    if error["type"] == "value_error":
        return f": {error['ctx']['error']}" if "ctx" in error else f": {error['msg']}"
    return " " + _KINDS.get(error["type"], error["msg"]).format(**error.get("ctx", {}))


def _shown(error: ErrorDetails) -> str:
    if error["type"] in ("missing", "extra_forbidden"):
        return ""
    shown = repr(error["input"])
    return f"; got {shown if len(shown) <= _SHOWN else shown[: _SHOWN - 1] + '…'}"


def _range(schema: JsonValue) -> str:
    match schema:
        case {"minimum": low, "maximum": high}:
            return f" It goes from {low} to {high}."
        case _:
            return ""
