"""A decoder for Avro binary (1.12) that may be given a stranger's bytes.

``fastavro`` must not see them: nesting crashes it, five bytes make it allocate hundreds of
megabytes, and it overlooks negative indexes, short strings and trailing bytes. A schema is turned
here, once, into the source of Python functions ``read(data, at) -> (value, next)``, which give the
values ``fastavro`` gives, at its speed or above; or the records that ``makes`` names. They raise
``WireError`` where a bound is passed (``schemas/README.md``, "Bounds") or ``IndexError`` where the
bytes end; but a string or bytes that end too early are only noticed by ``next``, which then lies
behind the end: a slice never holds more than is there.

Two bounds cost nothing, because they are the schema's: a schema that is recursive or deeper than
``MAX_DEPTH`` is refused, and so are items of no bytes, hence an array never has more items than
the value has bytes.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import count
from typing import Any, NamedTuple

from entente.errors import WireError
from entente.wire.making import Group, Make, Then, refuse_another, remember
from entente.wire.primitives import HELPERS, MAX_ITEMS

MAX_DEPTH = 16
"""Records, arrays and maps within each other."""

Read = Callable[[bytes, int], tuple[Any, int]]
"""Reads one value at an offset: the value, and the offset behind it."""


class _Type(NamedTuple):
    lines: tuple[str, ...]
    """Source that reads a value from ``data`` at ``at`` into ``$``.

    Where there is a ``zero``, it is for any other value, whose first byte is in ``byte``.
    """
    least: int
    """The fewest bytes that a value takes."""
    depth: int
    zero: str | None = None
    """The value that a single zero byte stands for, where it is the commonest."""
    symbols: tuple[str, ...] = ()
    """Of an enum."""


def compile_reader(schema: Any, makes: Mapping[str, Make] | None = None) -> Read:
    """The reader of a schema, given as JSON.

    With ``makes``, records of these full names are made as it says, and arrays are tuples.

    Raises:
        WireError: the schema is recursive, too deep, has items of no bytes, is not Avro, or is not
            of the records that are to be made.
    """
    return _Compiler(makes).reader(schema)


class _Compiler:
    """Writes the source for the types of one schema; knows the named ones.

    The source holds names and numbers of ours alone: what a schema names is a constant beside it,
    or the name of a field of a record of ours.
    """

    def __init__(self, makes: Mapping[str, Make] | None = None) -> None:
        self._makes = makes
        self._named: dict[str, _Type] = {}
        self._source: list[str] = []
        self._known: dict[str, Any] = {**HELPERS, "remember": remember}
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
        make = (self._makes or {}).get(fullname)
        fields = [
            (field["name"], self._field(field["type"], inner, make, field["name"]))
            for field in schema["fields"]
        ]
        lines = self._fields(fields, make.groups if make else ())
        if make is None:
            values = [f"{name!r}: field_{n}" for n, (name, _) in enumerate(fields)]
            lines.append(f"return {{{', '.join(values)}}}, at")
        else:
            refuse_another(fullname, [name for name, _ in fields], make.record)
            values = [f"{name}=field_{n}" for n, (name, _) in enumerate(fields)]
            made = f"{self._constant(make.record)}({', '.join(values)})"
            lines += [f"made = {made}", *self._then(make.whole, "made")]
            if make.tell:
                lines = self._remembered(["made"], make.tell, lines)
            lines.append("return made, at")
        name = self._function(lines)
        depth = max((kind.depth for _, kind in fields), default=0) + 1
        least = sum(kind.least for _, kind in fields)
        return self._name(schema, space, _Type((f"$, at = {name}(data, at)",), least, depth))

    def _fields(self, fields: Sequence[tuple[str, _Type]], groups: tuple[Group, ...]) -> list[str]:
        """Source that reads all fields of a record, each into a variable."""
        names = [name for name, _ in fields]
        spans = {names.index(g.first): (names.index(g.last) + 1, g.tell) for g in groups}
        lines: list[str] = []
        at = 0
        while at < len(fields):
            end, tell = spans.get(at, (at + 1, 0))
            one = [line for n in range(at, end) for line in _into(f"field_{n}", fields[n][1])]
            variables = [f"field_{n}" for n in range(at, end)]
            lines += self._remembered(variables, tell, one) if tell else one
            at = end
        return lines

    def _remembered(self, variables: list[str], tell: int, lines: list[str]) -> list[str]:
        """The same as ``lines``, which set ``variables``, but that equal bytes are read once.

        Where bytes begin like those of a value read before, that value is what they hold: Avro says
        by its bytes where a value ends.
        """
        memory, values = self._constant({}), f"({', '.join(variables)},)"
        return [
            f"begin = data[at : at + {tell}]",
            f"known = {memory}.get(begin)",
            "if known is not None and data.startswith(known[0], at):",
            f"    {values} = known[1]",
            "    at += known[2]",
            "else:",
            "    start = at",
            *_indented(lines),
            f"    remember({memory}, begin, data, (start, at), {values})",
        ]

    def _field(self, schema: Any, space: str, make: Make | None, name: str) -> _Type:
        """The type of a field of a record that is made, with what is to be done then."""
        if make is None:
            return self.type(schema, space)
        return self._followed(schema, space, make.each.get(name), make.lists.get(name))

    def _followed(self, schema: Any, space: str, each: Then | None, whole: Then | None) -> _Type:
        if isinstance(schema, list):
            return self._union(schema, space, each, whole)
        if isinstance(schema, dict) and schema["type"] == "array":
            return self._array(schema, space, each, whole)
        found = self.type(schema, space)
        if schema == "null" or each is None or (each.words and each.words >= set(found.symbols)):
            return found
        return found._replace(lines=(*found.lines, *self._then(each)))

    def _then(self, then: Then | None, variable: str = "$") -> list[str]:
        if then is None:
            return []
        names = {name: self._constant(value) for name, value in then.names.items()}
        return [line.format_map(names).replace("$", variable) for line in then.lines]

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
        return self._name(schema, space, _Type(lines, 1, 0, symbols=tuple(symbols)))

    def _fixed(self, schema: dict[str, Any], space: str) -> _Type:
        size = int(schema["size"])
        lines = (f"$ = data[at : at + {size}]", f"at += {size}")
        return self._name(schema, space, _Type(lines, size, 0))

    def _array(
        self,
        schema: dict[str, Any],
        space: str,
        each: Then | None = None,
        whole: Then | None = None,
    ) -> _Type:
        items = self._followed(schema["items"], space, each, None)
        if items.least == 0:
            raise WireError("a schema has array items of no bytes")
        one = [*_into("value", items), "values.append(value)"]
        if self._makes is None:
            return self._blocks("[]", items, one, ["return values, at"])
        done = ["values = tuple(values)", *self._then(whole, "values"), "return values, at"]
        return self._blocks("[]", items, one, done)._replace(zero="()")

    def _map(self, schema: dict[str, Any], space: str) -> _Type:
        values = self.type(schema["values"], space)
        one = [*_into("key", _STRING), *_into("values[key]", values)]
        return self._blocks("{}", values, one, ["return values, at"])

    def _blocks(self, empty: str, items: _Type, one: Sequence[str], done: Sequence[str]) -> _Type:
        name = self._function(
            (
                f"values = {empty}",
                "total = 0",
                "while True:",
                "    size = data[at]",
                "    if size & 129:",
                "        size, at = block(data, at)",
                "    else:",
                "        size >>= 1",
                "        at += 1",
                "    if not size:",
                "        break",
                "    total += size",
                f"    if total > {MAX_ITEMS}:",
                "        raise too_many()",
                "    for _ in range(size):",
                *_indented(_indented(one)),
                *done,
            )
        )
        return _Type((f"$, at = {name}(data, at)",), 1, items.depth + 1, empty)

    def _union(
        self,
        branches: Sequence[Any],
        space: str,
        each: Then | None = None,
        whole: Then | None = None,
    ) -> _Type:
        types = [self._followed(branch, space, each, whole) for branch in branches]
        least = min(kind.least for kind in types) + 1
        depth = max(kind.depth for kind in types)
        if len(types) == 2 and branches[0] == "null":
            there = ("if byte == 2:", "    at += 1", "else:", "    byte, at = second(data, at)")
            lines = (*there, "if byte:", *_indented(_into("$", types[1])), "else:", "    $ = None")
            return _Type(lines, least, depth, "None")
        choice = ["branch = data[at]", *_SMALL.format("branch", "long").splitlines()]
        for n, kind in enumerate(types):
            choice += [f"{'el' if n else ''}if branch == {n}:", *_indented(_into("$", kind))]
        choice += ["else:", "    raise no_branch(branch)"]
        return _Type(tuple(choice), least, depth)


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
    return ("byte = data[at]", "if byte:", *_indented(lines), "else:", *absent)


_SMALL = """\
if {0} & 129:
    {0}, at = {1}(data, at)
else:
    {0} >>= 1
    at += 1"""
"""A number that is no negative one: in one byte, or by a call that refuses what must be."""


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
