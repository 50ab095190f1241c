"""MemOS's filter: one list of conditions under `and` or `or`, parsed, and compiled to SQL over the ledger's columns.

A condition is `{field: value}` or `{field: {operator: value}}`. `agent_id`, `app_id` and `conversation_id` are compared
for equality (also written `=`, or `in` with a list), `tags` for `contains`, `create_time` and `update_time` with `lt`,
`lte`, `gt`, `gte`. `related_id` is a list of agents, users and speakers, one of which must match. Any other field is a
key of `info`: its value, or one of a list there, equals or (numbers) compares.

A filter may also have one such list for each source of memories: `{"user": {"and": [...]}, "public": {...}}`.
"""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from types import UnionType
from typing import Literal, Protocol, cast

from pydantic import JsonValue

from memos_mcp.core.errors import InvalidRequest
from memos_mcp.core.memory_sources import SOURCES, Source
from memos_mcp.core.models import FIRST_MILLISECOND, LAST_MILLISECOND, epoch_milliseconds
from memos_mcp.core.validation_messages import shown

Order = Literal["lt", "lte", "gt", "gte"]
Operator = Literal["equals", "contains", "in"] | Order
Value = str | int | float

_ORDERS: dict[Order, str] = {"lt": "<", "lte": "<=", "gt": ">", "gte": ">="}
_IDENTIFIERS = ("agent_id", "app_id", "conversation_id", "related_id")
_TIMES = ("create_time", "update_time")
_EQUALITY_SIGNS = ("=", "==", "eq")
_FORM = 'write filter as {"and": [{"field": "value"}, {"tags": {"contains": "tag"}}]}, or with "or"'
_PAIRS = "json_each(CASE WHEN json_valid(info) THEN info ELSE '{}' END)"
"""Older versions stored numbers that JSON does not have."""

HAS_KEY = f"EXISTS (SELECT 1 FROM {_PAIRS} AS pair WHERE pair.key = ?)"
"""Whether a row's `info` has a key; the key is bound in it."""

UNKNOWN_FIELDS = (
    "The filter names {}, which nothing stored has: besides agent_id, app_id, conversation_id, related_id, "
    "tags, create_time and update_time a field is a key of info."
)

_MAX_CONDITIONS = 100  # of a filter: more than anybody writes by hand, and few enough for one statement
_LARGEST = 2**63 - 1  # of SQLite's integers
_TYPES: dict[str, type | UnionType] = {"a text": str, "a number": int | float, "a text or a number": str | int | float}


class Table(Protocol):
    """Messages or memories of the ledger."""

    def matching(self, user: int, condition: str, parameters: Sequence[object]) -> set[int]:
        """Return the keys of the rows that meet a condition."""
        ...


@dataclass(frozen=True, slots=True)
class Condition:
    """One comparison; a `value` in a time field is in epoch milliseconds, that of `in` has several."""

    field: str
    operator: Operator
    value: Value | tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Filter:
    """Conditions that must all hold (`match_all`), or one of them."""

    match_all: bool
    conditions: tuple[Condition, ...]


def parse(filter: JsonValue, *, source: Source = "user") -> Filter | None:  # noqa: A002 - the name of MemOS's field
    """Parse a filter, or its part for one source; null, `{}` and a source that is not named have none.

    Raises:
        InvalidRequest: it is of another form; the sentence gives the right one.
    """
    if filter is None or filter == {}:
        return None
    if isinstance(filter, dict) and filter.keys() <= SOURCES:
        return {name: _conditions(part) for name, part in filter.items()}.get(source)
    return _conditions(filter)


def _conditions(filter: JsonValue) -> Filter | None:  # noqa: A002
    if filter is None or filter == {}:
        return None
    if not isinstance(filter, dict) or len(filter) != 1 or not {"and", "or"} & filter.keys():
        raise InvalidRequest(
            f'filter has exactly one key, "and" or "or" (or each source has a filter of its own): {_FORM}'
        )
    [(word, conditions)] = filter.items()
    if not isinstance(conditions, list) or not 1 <= len(conditions) <= _MAX_CONDITIONS:
        raise InvalidRequest(f"filter.{word} is a list of 1 to {_MAX_CONDITIONS} conditions: {_FORM}")
    return Filter(word == "and", tuple(_condition(condition) for condition in conditions))


def to_sql(filter: Filter) -> tuple[str, list[object]]:  # noqa: A002
    """Compile to a fragment for WHERE, in parentheses, and the values bound in it.

    It names the columns `create_time`, `update_time`, `agent_id`, `app_id`, `conversation`, `tags` and `info`.
    """
    parts = [_compile(condition) for condition in filter.conditions]
    joined = (" AND " if filter.match_all else " OR ").join(sql for sql, _ in parts)
    return f"({joined})", [value for _, values in parts for value in values]


def keys_of_info(filter: Filter) -> list[str]:  # noqa: A002
    """Return the fields that are none of ours, and so are looked for among the keys of `info`."""
    known = (*_IDENTIFIERS, *_TIMES, "tags")
    return list(dict.fromkeys(one.field for one in filter.conditions if one.field not in known))


def unknown_fields(filter: Filter | None, user: int, tables: Sequence[Table]) -> tuple[str, ...]:  # noqa: A002
    """Return the fields of a filter that nothing of this user has: they may be misspelt."""
    keys = keys_of_info(filter) if filter else []
    return tuple(key[:100] for key in keys if not any(table.matching(user, HAS_KEY, [key]) for table in tables))


def about_unknown(fields: Sequence[str]) -> str:
    """Say which fields of a filter nothing has, and which there are; empty where all are known."""
    return UNKNOWN_FIELDS.format(", ".join(map(json.dumps, fields))) if fields else ""


def _condition(condition: JsonValue) -> Condition:
    if not isinstance(condition, dict) or len(condition) != 1:
        raise InvalidRequest(f"a condition of filter is an object with one field: {_FORM}")
    [(field, wanted)] = condition.items()
    if field in ("and", "or"):
        raise InvalidRequest(f"filter has one list of conditions, with none nested in it: {_FORM}")
    operator, value = "equals", wanted
    if isinstance(wanted, dict):
        if len(wanted) != 1:
            raise InvalidRequest(
                f'filter field {shown(field)} takes one operator, as in {{"gte": ...}}; add a condition'
            )
        [(operator, value)] = wanted.items()
    if operator in _EQUALITY_SIGNS:
        operator = "equals"
    if operator == "in" or (field == "related_id" and operator == "equals"):
        return _one_of_several(field, value)
    if field in _TIMES:
        return _time_condition(field, operator, value)
    return _plain_condition(field, operator, value)


def _one_of_several(field: str, value: JsonValue) -> Condition:
    listed = value if isinstance(value, list) else [value]
    if not 1 <= len(listed) <= _MAX_CONDITIONS or field in (*_TIMES, "tags"):
        raise InvalidRequest(
            f"filter field {shown(field)} does not take a list of 1 to {_MAX_CONDITIONS} values with in"
        )
    values = tuple(_plain_condition(field, "equals", one).value for one in listed)
    return Condition(field, "in", cast("tuple[Value, ...]", values))


def _time_condition(field: str, operator: str, value: JsonValue) -> Condition:
    if operator not in _ORDERS:
        raise InvalidRequest(f'filter field {shown(field)} takes lt, lte, gt or gte, as in {{"gte": "2025-12-10"}}')
    try:
        moment = epoch_milliseconds(value)
    except ValueError:
        moment = None
    if type(moment) is not int or not FIRST_MILLISECOND <= moment <= LAST_MILLISECOND:
        raise InvalidRequest(f'filter field {shown(field)} takes a time as "2025-12-10" or "2025-12-10 15:00:00"')
    return Condition(field, operator, moment)


def _plain_condition(field: str, operator: str, value: JsonValue) -> Condition:
    accepted = _accepted(field)
    if operator not in accepted:
        raise InvalidRequest(f"filter field {shown(field)} takes {', '.join(accepted)}, not {shown(operator)}")
    kind = accepted[operator]
    if isinstance(value, bool) or not isinstance(value, _TYPES[kind]) or not _storable(value):
        raise InvalidRequest(f"filter field {shown(field)} with {operator} takes {kind}")
    if isinstance(value, int) and not -_LARGEST <= value <= _LARGEST:
        value = float(value)
    return Condition(field, cast("Operator", operator), cast("Value", value))


def _accepted(field: str) -> dict[str, str]:
    if field in _IDENTIFIERS:
        return {"equals": "a text"}
    if field == "tags":
        return {"contains": "a text"}
    return {"equals": "a text or a number", "contains": "a text", **dict.fromkeys(_ORDERS, "a number")}


def _storable(value: JsonValue) -> bool:
    if isinstance(value, str):
        return not any("\ud800" <= char <= "\udfff" for char in value)
    return isinstance(value, int | float) and math.isfinite(value)


def _compile(condition: Condition) -> tuple[str, list[object]]:
    field, value = condition.field, condition.value
    if isinstance(value, tuple):
        each = [_compile(Condition(field, "equals", one)) for one in value]
        return f"({' OR '.join(sql for sql, _ in each)})", [one for _, values in each for one in values]
    sign = _ORDERS.get(cast("Order", condition.operator), "=")
    match field:
        case "conversation_id":
            return "conversation IN (SELECT key FROM conversation WHERE conversation_id = ?)", [value]
        case "related_id":
            speaks, said = _compile_info("role_id", sign, value)
            return f"(agent_id = ? OR user IN (SELECT key FROM user WHERE user_id = ?) OR {speaks})", [
                value,
                value,
                *said,
            ]
        case "agent_id" | "app_id" | "create_time" | "update_time":
            return f"{field} {sign} ?", [value]
        case "tags":
            return "EXISTS (SELECT 1 FROM json_each(tags) AS tag WHERE tag.value = ?)", [value]
        case _:
            return _compile_info(field, sign, value)


def _compile_info(field: str, sign: str, value: str | float) -> tuple[str, list[object]]:
    types, column = ("('text')", "value") if isinstance(value, str) else ("('integer', 'real')", "atom")
    one_value = f"pair.type IN {types} AND pair.{column} {sign} ?"
    one_of_list = (
        "pair.type = 'array' AND EXISTS "
        f"(SELECT 1 FROM json_each(pair.value) AS member WHERE member.type IN {types} AND member.{column} {sign} ?)"
    )
    return (
        f"EXISTS (SELECT 1 FROM {_PAIRS} AS pair WHERE pair.key = ? AND ({one_value} OR {one_of_list}))",
        [field, value, value],
    )
