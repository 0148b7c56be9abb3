"""How the engine writes down arguments, results and errors: as JSON, never as pickles.

Only plain values can be written (null, bool, int, float, str, lists, objects; a tuple is read back as a list), so a
workflow that wants to record more than ids and keys fails at once, and reading a record can never run code.  Errors
of our own packages, of DBOS and of Python itself are written as class, arguments and members, and read back as the
same class without calling its constructor; errors of other packages are read back as `RecordedError`.
"""

from __future__ import annotations

import importlib
import json
from typing import Final

from dbos import Serializer

_ERROR: Final = "$error"
_PACKAGES: Final = frozenset({"notary", "settlement", "onchain", "portal", "dbos", "builtins"})
_PLAIN: Final = (bool, int, float, str, type(None))


class RecordedError(Exception):
    """An error of a class that is not rebuilt from a record; its text says what it was."""


class JsonRecords(Serializer):
    """DBOS's serializer for this house."""

    def serialize(self, data: object) -> str:
        """JSON of `data`.  Raises TypeError for a value that is neither plain nor an error."""
        return json.dumps(_error_members(data) if isinstance(data, BaseException) else data, ensure_ascii=False)

    def deserialize(self, serialized_data: str) -> object:
        """The value of a record that `serialize` wrote."""
        data: object = json.loads(serialized_data)
        if isinstance(data, dict) and data.keys() == {_ERROR}:
            return _error(data[_ERROR])
        return data

    def name(self) -> str:
        """The format's name, which DBOS keeps beside each record."""
        return "tallystick_json"


def _error_members(error: BaseException) -> dict[str, object]:
    kind = type(error)
    return {
        _ERROR: {
            "module": kind.__module__,
            "name": kind.__qualname__,
            "text": str(error),
            "args": [_plain(value) for value in error.args],
            "members": {name: _plain(value) for name, value in vars(error).items()},
        }
    }


def _error(members: dict[str, object]) -> BaseException:
    """The error of its class if the class is in a listed package, else RecordedError."""
    module, name, args, values = members["module"], members["name"], members["args"], members["members"]
    if isinstance(module, str) and isinstance(name, str) and isinstance(args, list) and isinstance(values, dict):
        kind = _class(module, name)
        if kind is not None:
            error = kind.__new__(kind, *args)
            error.args = tuple(args)
            vars(error).update(values)
            return error
    return RecordedError(f"{name}: {members['text']}")


def _class(module: str, name: str) -> type[BaseException] | None:
    if module.partition(".")[0] not in _PACKAGES:
        return None
    try:
        found = getattr(importlib.import_module(module), name, None)
    except ImportError:
        return None
    return found if isinstance(found, type) and issubclass(found, BaseException) else None


def _plain(value: object) -> object:
    """`value` where JSON can hold it, else its text (bytes as hex)."""
    if isinstance(value, _PLAIN):
        return value
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    return str(value)
