"""A decoder for Avro binary (1.12) that may be given a stranger's bytes.

``fastavro`` must not see them: nesting crashes it, five bytes make it allocate hundreds of
megabytes, and it overlooks negative indexes, short strings and trailing bytes. A schema is turned
here, once, into the source of Python functions ``read(data, at) -> (value, next)``, which give the
values ``fastavro`` gives, at its speed or above. They raise ``WireError`` where a bound is passed
(``schemas/README.md``, "Bounds") or ``IndexError`` where the bytes end; but a string or bytes that
end too early are only noticed by ``next``, which then lies behind the end: a slice never holds
more than is there.

Two bounds cost nothing, because they are the schema's: a schema that is recursive or deeper than
``MAX_DEPTH`` is refused, and so are items of no bytes, hence an array never has more items than
the value has bytes.
"""

import struct
from collections.abc import Callable, Iterable, Sequence
from itertools import count
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
    lines: tuple[str, ...]
    """Source that reads a value from ``data`` at ``at`` into ``$``."""
    least: int
    """The fewest bytes that a value takes."""
    depth: int
    zero: str | None = None
    """The value that a single zero byte stands for, where it is the commonest."""


def compile_reader(schema: Any) -> Read:
    """The reader of a schema, given as JSON.

    Raises:
        WireError: the schema is recursive, too deep, has items of no bytes, or is not Avro.
    """
    return _Compiler().reader(schema)


class _Compiler:
    """Writes the source for the types of one schema; knows the named ones.

    The source holds names and numbers of ours alone: what a schema names is a constant beside it.
    """

    def __init__(self) -> None:
        self._named: dict[str, _Type] = {}
        self._source: list[str] = []
        self._known: dict[str, Any] = {**_HELPERS}
        self._numbers = count()

    def reader(self, schema: Any) -> Read:
        found = self.type(schema, "")
        if found.depth > MAX_DEPTH:
            raise WireError(f"a schema is nested {found.depth} deep; {MAX_DEPTH} is the bound")
        name = self._function([*_into("value", found), "return value, at"])
        source = compile("\n".join(self._source), "<decoder of a schema>", "exec")
        exec(source, self._known)  # noqa: S102  our own source, see above
        read: Read = self._known[name]
        return read

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

    def _function(self, lines: Iterable[str]) -> str:
        name = f"read_{next(self._numbers)}"
        self._source += [f"def {name}(data, at):", *_indented(lines)]
        return name

    def _constant(self, value: Any) -> str:
        name = f"constant_{next(self._numbers)}"
        self._known[name] = value
        return name

    def _record(self, schema: dict[str, Any], space: str) -> _Type:
        fullname = _fullname(schema["name"], schema.get("namespace", space))
        inner = fullname.rpartition(".")[0]
        fields = [(field["name"], self.type(field["type"], inner)) for field in schema["fields"]]
        lines = [line for n, (_, kind) in enumerate(fields) for line in _into(f"field_{n}", kind)]
        values = [f"{name!r}: field_{n}" for n, (name, _) in enumerate(fields)]
        name = self._function([*lines, f"return {{{', '.join(values)}}}, at"])
        depth = max((kind.depth for _, kind in fields), default=0) + 1
        least = sum(kind.least for _, kind in fields)
        return self._name(schema, space, _Type((f"$, at = {name}(data, at)",), least, depth))

    def _enum(self, schema: dict[str, Any], space: str) -> _Type:
        symbols = schema["symbols"]
        short = self._constant({2 * n: symbol for n, symbol in enumerate(symbols[:64])})
        lines = (
            f"$ = {short}.get(data[at])",
            "if $ is None:",
            f"    $, at = symbol({self._constant(symbols)}, data, at)",
            "else:",
            "    at += 1",
        )
        return self._name(schema, space, _Type(lines, 1, 0))

    def _fixed(self, schema: dict[str, Any], space: str) -> _Type:
        size = int(schema["size"])
        lines = (f"$ = data[at : at + {size}]", f"at += {size}")
        return self._name(schema, space, _Type(lines, size, 0))

    def _array(self, schema: dict[str, Any], space: str) -> _Type:
        items = self.type(schema["items"], space)
        if items.least == 0:
            raise WireError("a schema has array items of no bytes")
        return self._blocks("[]", items, [*_into("value", items), "values.append(value)"])

    def _map(self, schema: dict[str, Any], space: str) -> _Type:
        values = self.type(schema["values"], space)
        return self._blocks("{}", values, [*_into("key", _STRING), *_into("values[key]", values)])

    def _blocks(self, empty: str, items: _Type, one: Sequence[str]) -> _Type:
        name = self._function(
            (
                f"values = {empty}",
                "total = 0",
                "while data[at]:",
                "    size, at = block(data, at)",
                "    if not size:",  # the end, in a longer form
                "        return values, at",
                "    total += size",
                f"    if total > {MAX_ITEMS}:",
                "        raise too_many()",
                "    for _ in range(size):",
                *_indented(_indented(one)),
                "return values, at + 1",
            )
        )
        return _Type((f"$, at = {name}(data, at)",), 1, items.depth + 1, empty)

    def _union(self, branches: Sequence[Any], space: str) -> _Type:
        types = [self.type(branch, space) for branch in branches]
        lines = ["branch = data[at]", *_SMALL.format("branch", "long").splitlines()]
        for n, kind in enumerate(types):
            lines += [f"{'el' if n else ''}if branch == {n}:", *_indented(kind.lines)]
        lines += ["else:", "    raise no_branch(branch)"]
        least = min(kind.least for kind in types) + 1
        depth = max(kind.depth for kind in types)
        return _Type(tuple(lines), least, depth, "None" if branches[:1] == ["null"] else None)


def _fullname(name: str, space: str) -> str:
    return name if "." in name or not space else f"{space}.{name}"


def _indented(lines: Iterable[str]) -> tuple[str, ...]:
    return tuple(f"    {line}" for line in lines)


def _into(variable: str, kind: _Type) -> tuple[str, ...]:
    """Source that reads a value into a variable; most optional ones are absent: they cost least."""
    lines = tuple(line.replace("$", variable) for line in kind.lines)
    if kind.zero is None:
        return lines
    absent = f"    {variable} = {kind.zero}", "    at += 1"
    return ("if data[at]:", *_indented(lines), "else:", *absent)


_SMALL = """\
if {0} & 129:
    {0}, at = {1}(data, at)
else:
    {0} >>= 1
    at += 1"""
"""A number that is no negative one: in one byte, or by a call that refuses what must be."""


def _block(data: bytes, at: int) -> tuple[int, int]:
    """The number of items in the block that starts here; 0 ends an array or map."""
    byte = data[at]
    if not byte & 0x81:
        return byte >> 1, at + 1
    size, at = _long(data, at)
    if size < 0:  # the form with the block's size in bytes, which we do not need
        size = -size
        _, at = _length(data, at)
    return size, at


def _varint(data: bytes, at: int, most: int) -> tuple[int, int]:
    value = shift = 0
    for byte in data[at : at + most]:
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return (value >> 1) ^ -(value & 1), at + shift // 7
    if at + most > len(data):
        raise IndexError
    raise WireError(f"a number takes more than {most} bytes")


def _long(data: bytes, at: int) -> tuple[int, int]:
    value, at = _varint(data, at, 10)
    if not -(2**63) <= value < 2**63:
        raise WireError("a number does not fit 64 bits")
    return value, at


def _int(data: bytes, at: int) -> tuple[int, int]:
    value, at = _varint(data, at, 5)
    if not -(2**31) <= value < 2**31:
        raise WireError("a number does not fit 32 bits")
    return value, at


def _length(data: bytes, at: int) -> tuple[int, int]:
    low = data[at]
    if low & 0x81 == 0x80 and (high := data[at + 1]) < 0x80:  # two bytes: the commonest here
        return high << 6 | (low & 0x7F) >> 1, at + 2
    size, at = _long(data, at)
    if size < 0:
        raise WireError("a length is negative")
    return size, at


def _text(data: bytes, at: int) -> tuple[int, int]:
    size, at = _length(data, at)
    if size > MAX_STRING:
        raise WireError(f"a string has {size} bytes; {MAX_STRING} is the bound")
    return size, at


def _symbol(symbols: Sequence[str], data: bytes, at: int) -> tuple[str, int]:
    index, at = _int(data, at)
    if not 0 <= index < len(symbols):
        raise WireError(f"an enum has no symbol {index}")
    return symbols[index], at


def _boolean(data: bytes, at: int) -> tuple[bool, int]:
    if data[at] > 1:
        raise WireError("a boolean is neither 0 nor 1")
    return data[at] == 1, at + 1


def _packed(layout: struct.Struct, data: bytes, at: int) -> tuple[Any, int]:
    end = at + layout.size
    if end > len(data):
        raise IndexError
    return layout.unpack_from(data, at)[0], end


def _too_many() -> WireError:
    return WireError(f"an array has more than {MAX_ITEMS} items")


def _no_branch(index: int) -> WireError:
    return WireError(f"a union has no branch {index}")


_HELPERS: dict[str, Any] = {
    "block": _block, "long": _long, "int_": _int, "length": _length, "text": _text,
    "symbol": _symbol, "boolean": _boolean, "packed": _packed, "no_branch": _no_branch,
    "too_many": _too_many,
    "FLOAT": struct.Struct("<f"), "DOUBLE": struct.Struct("<d"),
}  # fmt: skip
"""What the source calls."""


def _number(read: str) -> _Type:
    lines = (
        "$ = data[at]", "if $ < 128:", "    $ = ($ >> 1) ^ -($ & 1)", "    at += 1",
        "else:", f"    $, at = {read}(data, at)",
    )  # fmt: skip
    return _Type(lines, 1, 0)


def _sized(read: str, decode: str) -> _Type:
    size = ("size = data[at]", *_SMALL.format("size", read).splitlines())
    return _Type((*size, "end = at + size", f"$ = data[at:end]{decode}", "at = end"), 1, 0)


_STRING = _sized("text", ".decode()")
_PRIMITIVES = {
    "null": _Type(("$ = None",), 0, 0),
    "boolean": _Type(("$, at = boolean(data, at)",), 1, 0),
    "int": _number("int_"),
    "long": _number("long"),
    "float": _Type(("$, at = packed(FLOAT, data, at)",), 4, 0),
    "double": _Type(("$, at = packed(DOUBLE, data, at)",), 8, 0),
    "bytes": _sized("length", ""),
    "string": _STRING,
}
