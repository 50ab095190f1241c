"""What is wrong with what was sent, in the words of JSON: which field, its limit, what came instead."""

import json

from pydantic_core import ErrorDetails

SHOWN = 60
"""So much of a refused value is shown again."""

_KINDS = {
    "missing": "is required",
    "int_parsing": "must be a whole number",
    "int_parsing_size": "must be a whole number of a usual size",
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "finite_number": "must be a finite number",
    "bool_parsing": "must be true or false",
    "bool_type": "must be true or false",
    "string_type": "must be text",
    "string_unicode": "must be whole characters",
    "list_type": "must be a list",
    "tuple_type": "must be a list",
    "dict_type": "must be an object",
    "model_type": "must be an object",
    "model_attributes_type": "must be an object",
    "literal_error": "must be one of {expected}",
    "greater_than_equal": "must be at least {ge}",
    "less_than_equal": "must be at most {le}",
    "string_too_short": "is empty",
    "string_too_long": "must have at most {max_length} characters",
    "string_pattern_mismatch": "holds a character that is not allowed here",
    "too_short": "must have at least {min_length}",
    "too_long": "must have at most {max_length}",
    "extra_forbidden": "is not known here",
}
"""What pydantic's kinds of error are called here."""


def problem(error: ErrorDetails, *, name: str | None = None) -> str:
    """Return which field does not fit, why, and what was sent; `name` replaces the first part of where it is."""
    first, *inner = error["loc"] or ("the body",)
    where = (name or str(first)) + "".join(
        f"[{part}]" if isinstance(part, int) else f".{part}" for part in inner if not _is_type(part)
    )
    return f"{where[:200]}{_what(error)}{_shown(error)}."


def _is_type(part: int | str) -> bool:
    """Tell a step into one type of a union, which a caller does not know, from a field."""
    return isinstance(part, str) and (part in ("int", "str", "float", "none") or "[" in part)


def _what(error: ErrorDetails) -> str:
    if error["type"] == "value_error":
        return f": {error['ctx']['error']}" if "ctx" in error else f": {error['msg']}"
    said = _KINDS.get(error["type"], "is not of the kind that is taken here").format(**error.get("ctx", {}))
    return " " + (said.replace("'", '"') if error["type"] == "literal_error" else said)


def _shown(error: ErrorDetails) -> str:
    if error["type"] in ("missing", "extra_forbidden", "string_too_short", "too_short") or "input" not in error:
        return ""
    return f"; got {shown(error['input'])}"


def shown(value: object) -> str:
    """Write a refused value as JSON does, cut where it is long; what could not be printed is escaped."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    if not text.isprintable():
        text = json.dumps(value, default=str)
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"
