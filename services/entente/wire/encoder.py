"""Writing records of ours as Avro binary, compiled from their schema.

``fastavro`` takes five times as long, and writes what a reader must refuse: ints above 32 bits, and
texts and arrays above the bounds. So a writer is made here, once for a schema, as the source of
Python functions that take a record's fields as they are and give its bytes, or raise. Only what our
records use is written: their schemas have no maps, floats in place of decimals, or other unions
than those with null.
"""

from collections.abc import Callable, Sequence
from decimal import Decimal
from itertools import count
from typing import Any
from uuid import UUID

from entente.errors import WireError
from entente.wire.primitives import MAX_ITEMS, MAX_STRING

Write = Callable[[Any], bytes]
"""The bytes of one value."""


def compile_writer(schema: Any) -> Write:
    """The writer of a record's schema, given as JSON; it takes the record, a Struct.

    It raises WireError where a reader would refuse the bytes, and AttributeError, KeyError,
    TypeError or ValueError where a value is not what the schema says.
    """
    return _Compiler().writer(schema)


class _Compiler:
    """Writes expressions about ``$``, a value; knows the named types."""

    def __init__(self) -> None:
        self._named: dict[str, str] = {}
        self._source: list[str] = []
        self._known: dict[str, Any] = {**_HELPERS}
        self._numbers = count()

    def writer(self, schema: Any) -> Write:
        expression = self.type(schema, "")
        self._source += ["def write(value):", f"    return {expression.replace('$', 'value')}"]
        source = compile("\n".join(self._source), "<encoder of a schema>", "exec")
        exec(source, self._known)  # noqa: S102  our own source: names of fields of our records
        write: Write = self._known["write"]
        return write

    def type(self, schema: Any, space: str) -> str:
        if isinstance(schema, list):
            return self._optional(schema, space)
        if isinstance(schema, str):
            return self._reference(schema, space)
        make = {
            "array": self._array,
            "record": self._record,
            "enum": self._enum,
            "fixed": self._fixed,
        }.get(schema["type"])
        return make(schema, space) if make else self.type(schema["type"], space)

    def _optional(self, branches: list[Any], space: str) -> str:
        if len(branches) != 2 or branches[0] != "null":
            raise WireError("a union that is not one with null is not written here")
        there = self.type(branches[1], space)
        return rf'(b"\x00" if $ is None else b"\x02" + {there})'

    def _reference(self, name: str, space: str) -> str:
        found = _PRIMITIVES.get(name) or self._named.get(_fullname(name, space))
        if found is None:
            raise WireError(f"a schema names {name!r}, which is not written here")
        return found

    def _array(self, schema: dict[str, Any], space: str) -> str:
        return f"array({self._function(self.type(schema['items'], space))}, $)"

    def _enum(self, schema: dict[str, Any], space: str) -> str:
        symbols = {symbol: _number(n) for n, symbol in enumerate(schema["symbols"])}
        return self._name(schema, space, f"{self._constant(symbols)}[$]")

    def _fixed(self, schema: dict[str, Any], space: str) -> str:
        return self._name(schema, space, f"fixed($, {int(schema['size'])})")

    def _record(self, schema: dict[str, Any], space: str) -> str:
        inner = _fullname(schema["name"], schema.get("namespace", space)).rpartition(".")[0]
        parts = []
        for field in schema["fields"]:
            if not str(field["name"]).isidentifier():
                raise WireError(f"{field['name']!r} is no field of a record")
            expression = self.type(field["type"], inner)
            # The value is looked up where the expression asks for it first.
            parts.append(expression.replace("$", f"(v := record.{field['name']})", 1))
        joined = ", ".join(part.replace("$", "v") for part in parts)
        name = f"write_{next(self._numbers)}"
        self._source += [f"def {name}(record):", f'    return b"".join(({joined},))']
        return self._name(schema, space, f"{name}($)")

    def _function(self, expression: str) -> str:
        name = f"write_{next(self._numbers)}"
        self._source += [f"def {name}(v):", f"    return {expression.replace('$', 'v')}"]
        return name

    def _name(self, schema: dict[str, Any], space: str, expression: str) -> str:
        self._named[_fullname(schema["name"], schema.get("namespace", space))] = expression
        return expression

    def _constant(self, value: Any) -> str:
        name = f"constant_{next(self._numbers)}"
        self._known[name] = value
        return name


def _fullname(name: str, space: str) -> str:
    return name if "." in name or not space else f"{space}.{name}"


def _number(value: int) -> bytes:
    value = (value << 1) ^ (value >> 63)
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


_SMALL = [_number(n) for n in range(1_024)]
"""Numbers and lengths are seldom larger."""


def _long(value: int) -> bytes:
    if type(value) is not int or not -(2**63) <= value < 2**63:
        raise WireError(f"a number does not fit 64 bits: {str(value)[:40]}")
    return _number(value)


def _int(value: int) -> bytes:
    if type(value) is not int or not -(2**31) <= value < 2**31:
        raise WireError("a number does not fit 32 bits")
    return _SMALL[value] if 0 <= value < 1_024 else _number(value)


def _size(size: int) -> bytes:
    return _SMALL[size] if size < 1_024 else _number(size)


def _text(value: Any) -> bytes:
    data: bytes = str(value).encode() if type(value) is Decimal else value.encode()
    size = len(data)
    if size > MAX_STRING:
        raise WireError(f"a string has {size} bytes; {MAX_STRING} is the bound")
    return (_SMALL[size] if size < 1_024 else _number(size)) + data


def _bytes(value: bytes) -> bytes:
    if type(value) is not bytes:
        raise TypeError(f"bytes are needed, not {type(value).__name__}")
    return _size(len(value)) + value


def _fixed(value: Any, size: int) -> bytes:
    data: bytes = value.bytes if type(value) is UUID else value
    if type(data) is not bytes or len(data) != size:
        raise TypeError(f"{size} bytes are needed")
    return data


def _array(write: Write, values: Sequence[Any]) -> bytes:
    if type(values) is not tuple and type(values) is not list:
        raise TypeError(f"a tuple is needed, not {type(values).__name__}")
    if not values:
        return b"\0"
    if len(values) > MAX_ITEMS:
        raise WireError(f"an array has more than {MAX_ITEMS} items")
    return b"".join((_size(len(values)), *map(write, values), b"\0"))


_HELPERS: dict[str, Any] = {
    "long": _long, "int_": _int, "text": _text, "bytes_": _bytes, "fixed": _fixed,
    "array": _array, "BOOLEAN": {True: b"\1", False: b"\0"},
}  # fmt: skip
_PRIMITIVES = {
    "boolean": "BOOLEAN[$]",
    "int": "int_($)",
    "long": "long($)",
    "bytes": "bytes_($)",
    "string": "text($)",
}
