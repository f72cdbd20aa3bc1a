"""A decoder for Avro binary (1.12) that may be given a stranger's bytes.

``fastavro`` must not see them: nesting crashes it, five bytes make it allocate hundreds of
megabytes, and it overlooks negative indexes, short strings and trailing bytes. A schema is compiled
here, once, into closures ``read(data, at) -> (value, next)`` that give the values ``fastavro``
gives, allocate nothing before they know that the bytes are there, and raise ``WireError`` where a
bound is passed (``schemas/README.md``, "Bounds") or ``IndexError`` where the bytes end.

Two bounds cost nothing, because they are the schema's: a schema that is recursive or deeper than
``MAX_DEPTH`` is refused, and so are items of no bytes, hence an array never has more items than
the value has bytes.
"""

import struct
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from entente.errors import WireError

MAX_DEPTH = 16
"""Records, arrays and maps within each other."""
MAX_ITEMS = 10_000
"""Items of one array or map, over all its blocks."""
MAX_STRING = 65_536
"""Bytes in a string."""

Read = Callable[[bytes, int], tuple[Any, int]]
"""Reads one value at an offset: the value, and the offset behind it."""


class _Type(NamedTuple):
    read: Read
    least: int
    """The fewest bytes that a value takes."""
    depth: int


def compile_reader(schema: Any) -> Read:
    """The reader of a schema, given as JSON.

    Raises:
        WireError: the schema is recursive, too deep, has items of no bytes, or is not Avro.
    """
    compiled = _Compiler().type(schema, "")
    if compiled.depth > MAX_DEPTH:
        raise WireError(f"a schema is nested {compiled.depth} deep; {MAX_DEPTH} is the bound")
    return compiled.read


class _Compiler:
    """Turns the types of one schema into readers; knows the named ones."""

    def __init__(self) -> None:
        self._named: dict[str, _Type] = {}

    def type(self, schema: Any, space: str) -> _Type:
        if isinstance(schema, list):
            return self._union(schema, space)
        if isinstance(schema, str):
            return self._reference(schema, space)
        compile_ = {
            "record": self._record,
            "enum": self._enum,
            "fixed": self._fixed,
            "array": self._array,
            "map": self._map,
        }.get(schema["type"])
        return compile_(schema, space) if compile_ else self.type(schema["type"], space)

    def _reference(self, name: str, space: str) -> _Type:
        found = _PRIMITIVES.get(name) or self._named.get(_fullname(name, space))
        if found is None:
            raise WireError(f"a schema names {name!r} before it is complete: recursive or unknown")
        return found

    def _name(self, schema: dict[str, Any], space: str, compiled: _Type) -> _Type:
        self._named[_fullname(schema["name"], schema.get("namespace", space))] = compiled
        return compiled

    def _record(self, schema: dict[str, Any], space: str) -> _Type:
        fullname = _fullname(schema["name"], schema.get("namespace", space))
        inner = fullname.rpartition(".")[0]
        fields = [(field["name"], self.type(field["type"], inner)) for field in schema["fields"]]
        nullable = [_starts_with_null(field["type"]) for field in schema["fields"]]
        read = _fields([(n, t.read, null) for (n, t), null in zip(fields, nullable, strict=True)])
        depth = max((t.depth for _, t in fields), default=0) + 1
        return self._name(schema, space, _Type(read, sum(t.least for _, t in fields), depth))

    def _enum(self, schema: dict[str, Any], space: str) -> _Type:
        return self._name(schema, space, _enum(schema["symbols"]))

    def _fixed(self, schema: dict[str, Any], space: str) -> _Type:
        return self._name(schema, space, _fixed(schema["size"]))

    def _array(self, schema: dict[str, Any], space: str) -> _Type:
        items = self.type(schema["items"], space)
        if items.least == 0:
            raise WireError("a schema has array items of no bytes")
        return _Type(_array(items.read), 1, items.depth + 1)

    def _map(self, schema: dict[str, Any], space: str) -> _Type:
        values = self.type(schema["values"], space)
        return _Type(_map(values.read), 1, values.depth + 1)

    def _union(self, branches: Sequence[Any], space: str) -> _Type:
        types = [self.type(branch, space) for branch in branches]
        least = min(t.least for t in types) + 1
        return _Type(_union([t.read for t in types]), least, max(t.depth for t in types))


def _fullname(name: str, space: str) -> str:
    return name if "." in name or not space else f"{space}.{name}"


def _starts_with_null(schema: Any) -> bool:
    return isinstance(schema, list) and schema[:1] == ["null"]


def _fields(fields: Sequence[tuple[str, Read, bool]]) -> Read:
    blank = dict.fromkeys(name for name, _, _ in fields)

    def read(data: bytes, at: int) -> tuple[Any, int]:
        value: dict[str, Any] = blank.copy()
        for name, field, nullable in fields:
            if nullable and not data[at]:  # most optional fields are null: spare the call
                at += 1
            else:
                value[name], at = field(data, at)
        return value, at

    return read


def _union(branches: Sequence[Read]) -> Read:
    count = len(branches)

    def read(data: bytes, at: int) -> tuple[Any, int]:
        index = data[at]
        if index & 0x81:  # two bytes or more, or negative
            index, at = _long(data, at)
        else:
            index >>= 1
            at += 1
        if not 0 <= index < count:
            raise WireError(f"a union has no branch {index}")
        return branches[index](data, at)

    return read


def _enum(symbols: Sequence[str]) -> _Type:
    count = len(symbols)

    def read(data: bytes, at: int) -> tuple[Any, int]:
        index = data[at]
        if index & 0x81:
            index, at = _int(data, at)
        else:
            index >>= 1
            at += 1
        if not 0 <= index < count:
            raise WireError(f"an enum has no symbol {index}")
        return symbols[index], at

    return _Type(read, 1, 0)


def _fixed(size: int) -> _Type:
    def read(data: bytes, at: int) -> tuple[Any, int]:
        end = at + size
        if end > len(data):
            raise IndexError
        return data[at:end], end

    return _Type(read, size, 0)


def _array(item: Read) -> Read:
    def read(data: bytes, at: int) -> tuple[Any, int]:
        values: list[Any] = []
        while data[at]:  # a zero ends it: spare the call
            count, at = _block(data, at, len(values))
            if count == 0:  # in a longer form
                return values, at
            for _ in range(count):
                value, at = item(data, at)
                values.append(value)
        return values, at + 1

    return read


def _map(item: Read) -> Read:
    def read(data: bytes, at: int) -> tuple[Any, int]:
        values: dict[str, Any] = {}
        total = 0
        while True:
            count, at = _block(data, at, total)
            if count == 0:
                return values, at
            total += count
            for _ in range(count):
                key, at = _string(data, at)
                values[key], at = item(data, at)

    return read


def _block(data: bytes, at: int, before: int) -> tuple[int, int]:
    """The number of items in the block that starts here; 0 ends an array or map."""
    count, at = _long(data, at)
    if count < 0:  # the form with the block's size in bytes, which we do not need
        count = -count
        _, at = _length(data, at)
    if before + count > MAX_ITEMS:
        raise WireError(f"an array has more than {MAX_ITEMS} items")
    return count, at


def _varint(data: bytes, at: int, most: int) -> tuple[int, int]:
    value = 0
    for n in range(most):
        byte = data[at + n]
        value |= (byte & 0x7F) << 7 * n
        if byte < 0x80:
            return (value >> 1) ^ -(value & 1), at + n + 1
    raise WireError(f"a number takes more than {most} bytes")


def _long(data: bytes, at: int) -> tuple[int, int]:
    byte = data[at]
    if byte < 0x80:
        return (byte >> 1) ^ -(byte & 1), at + 1
    value, at = _varint(data, at, 10)
    if not -(2**63) <= value < 2**63:
        raise WireError("a number does not fit 64 bits")
    return value, at


def _int(data: bytes, at: int) -> tuple[int, int]:
    byte = data[at]
    if byte < 0x80:
        return (byte >> 1) ^ -(byte & 1), at + 1
    value, at = _varint(data, at, 5)
    if not -(2**31) <= value < 2**31:
        raise WireError("a number does not fit 32 bits")
    return value, at


def _length(data: bytes, at: int) -> tuple[int, int]:
    size, at = _long(data, at)
    if size < 0:
        raise WireError("a length is negative")
    return size, at


def _bytes(data: bytes, at: int) -> tuple[bytes, int]:
    size, at = _length(data, at)
    end = at + size
    if end > len(data):
        raise IndexError
    return data[at:end], end


def _string(data: bytes, at: int) -> tuple[str, int]:
    size = data[at]
    if size & 0x81:  # two bytes or more, or negative
        size, at = _length(data, at)
        if size > MAX_STRING:
            raise WireError(f"a string has {size} bytes; {MAX_STRING} is the bound")
    else:
        size >>= 1
        at += 1
    end = at + size
    if end > len(data):
        raise IndexError
    return data[at:end].decode(), end


def _boolean(data: bytes, at: int) -> tuple[bool, int]:
    if data[at] > 1:
        raise WireError("a boolean is neither 0 nor 1")
    return data[at] == 1, at + 1


def _null(_data: bytes, at: int) -> tuple[None, int]:
    return None, at


def _packed(form: str) -> _Type:
    layout = struct.Struct(form)

    def read(data: bytes, at: int) -> tuple[Any, int]:
        end = at + layout.size
        if end > len(data):
            raise IndexError
        return layout.unpack_from(data, at)[0], end

    return _Type(read, layout.size, 0)


_PRIMITIVES = {
    "null": _Type(_null, 0, 0),
    "boolean": _Type(_boolean, 1, 0),
    "int": _Type(_int, 1, 0),
    "long": _Type(_long, 1, 0),
    "float": _packed("<f"),
    "double": _packed("<d"),
    "bytes": _Type(_bytes, 1, 0),
    "string": _Type(_string, 1, 0),
}
