"""A validator for the part of JSON Schema 2020-12 that our schemas use; another keyword is an error, not a pass."""

from __future__ import annotations

import re
from typing import Any

_TYPES: dict[str, Any] = {
    "object": dict,
    "array": list,
    "string": str,
    "boolean": bool,
    "null": type(None),
}
_WORDS = {"$schema", "$id", "$defs", "title", "description"}


def faults(value: Any, schema: dict[str, Any], root: dict[str, Any] | None = None, at: str = "$") -> list[str]:
    """What is wrong with `value`, each fault with its place; empty: nothing."""
    root = schema if root is None else root
    found: list[str] = []
    for keyword, rule in schema.items():
        if keyword not in _WORDS:
            found += _RULES[keyword](value, rule, schema, root, at)
    return found


def _is(value: Any, name: str) -> bool:
    if name == "integer":
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, _TYPES[name])


def _type(value: Any, rule: Any, _schema: Any, _root: Any, at: str) -> list[str]:
    names = [rule] if isinstance(rule, str) else rule
    return [] if any(_is(value, name) for name in names) else [f"{at} is {type(value).__name__}, not {rule}"]


def _ref(value: Any, rule: str, _schema: Any, root: dict[str, Any], at: str) -> list[str]:
    return faults(value, root["$defs"][rule.removeprefix("#/$defs/")], root, at)


def _properties(value: Any, rule: dict[str, Any], _schema: Any, root: Any, at: str) -> list[str]:
    known = [name for name in rule if name in value] if isinstance(value, dict) else []
    return [fault for name in known for fault in faults(value[name], rule[name], root, f"{at}.{name}")]


def _additional(value: Any, rule: Any, schema: dict[str, Any], root: Any, at: str) -> list[str]:
    more = [name for name in value if name not in schema.get("properties", {})] if isinstance(value, dict) else []
    if rule is False:
        return [f"{at}.{name} is unknown" for name in more]
    return [fault for name in more for fault in faults(value[name], rule, root, f"{at}.{name}")]


def _required(value: Any, rule: list[str], _schema: Any, _root: Any, at: str) -> list[str]:
    return [f"{at}.{name} is missing" for name in rule if isinstance(value, dict) and name not in value]


def _items(value: Any, rule: dict[str, Any], _schema: Any, root: Any, at: str) -> list[str]:
    listed = value if isinstance(value, list) else []
    return [fault for place, item in enumerate(listed) for fault in faults(item, rule, root, f"{at}[{place}]")]


def _one_of(value: Any, rule: list[Any], _schema: Any, root: Any, at: str) -> list[str]:
    tried = [faults(value, one, root, at) for one in rule]
    fitting = sum(not one for one in tried)
    return [] if fitting == 1 else [f"{at} fits {fitting} of {len(rule)}: {min(tried, key=len)}"]


def _any_of(value: Any, rule: list[Any], _schema: Any, root: Any, at: str) -> list[str]:
    tried = [faults(value, one, root, at) for one in rule]
    return [] if not all(tried) else [f"{at} fits none: {min(tried, key=len)}"]


_RULES: dict[str, Any] = {
    "type": _type,
    "$ref": _ref,
    "properties": _properties,
    "additionalProperties": _additional,
    "required": _required,
    "items": _items,
    "oneOf": _one_of,
    "anyOf": _any_of,
    "enum": lambda value, rule, _s, _r, at: [] if value in rule else [f"{at} is {value!r}, none of {len(rule)}"],
    "const": lambda value, rule, _s, _r, at: [] if value == rule else [f"{at} is {value!r}, not {rule!r}"],
    "minimum": lambda v, rule, _s, _r, at: [f"{at} is {v}"] if isinstance(v, int) and v < rule else [],
    "maximum": lambda v, rule, _s, _r, at: [f"{at} is {v}"] if isinstance(v, int) and v > rule else [],
    "minItems": lambda v, rule, _s, _r, at: [f"{at} has {len(v)}"] if isinstance(v, list) and len(v) < rule else [],
    "maxItems": lambda v, rule, _s, _r, at: [f"{at} has {len(v)}"] if isinstance(v, list) and len(v) > rule else [],
    "pattern": lambda v, rule, _s, _r, at: (
        [f"{at} is {v[:80]!r}"] if isinstance(v, str) and not re.search(rule, v) else []
    ),
}
