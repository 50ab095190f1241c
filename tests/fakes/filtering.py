"""MemOS's filter over plain rows, for the fakes; a form that the contract does not list is refused."""

from typing import Any

Json = dict[str, Any]
ORDERS = {
    "lt": lambda left, right: left < right,
    "lte": lambda left, right: left <= right,
    "gt": lambda left, right: left > right,
    "gte": lambda left, right: left >= right,
}


def matches(row: Json, wanted: Json | None) -> bool:
    if not wanted:
        return True
    [(word, conditions)] = wanted.items()
    return {"and": all, "or": any}[word](_holds(row, condition) for condition in conditions)


def _holds(row: Json, condition: Json) -> bool:
    [(field, value)] = condition.items()
    if not isinstance(value, dict):
        return row.get(field) == value
    [(operator, operand)] = value.items()
    if operator == "contains":
        return operand in (row.get(field) or [])
    return field in row and ORDERS[operator](row[field], operand)
