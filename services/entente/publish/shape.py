"""The alert record by JSON Pointer: which fields there are and what each takes."""

from dataclasses import dataclass
from typing import Any

import msgspec
from msgspec import inspect

from entente.publish.document import Node, suggest

MAX_ITEMS = 100
"""Items of one list that a mapping may fill."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """A single value: ``str``, ``int``, ``bool`` or ``decimal``, from ``choices`` if not empty."""

    type: str
    choices: tuple[str, ...] = ()

    def check(self, text: str, node: Node) -> None:
        """Refuse a constant or a table's value that the field cannot take. Raises MappingError."""
        if self.choices and text not in self.choices:
            raise node.error(f"the field does not take {text!r}.", suggest(text, self.choices))
        if self.type == "bool" and text not in ("true", "false"):
            raise node.error(f"the field takes true or false, not {text!r}.")
        if self.type == "int" and not text.lstrip("-").isdecimal():
            raise node.error(f"the field takes a whole number, not {text!r}.")


@dataclass(frozen=True, slots=True)
class Step:
    """One step down a pointer: into an object's field, or a list's item (``list`` true)."""

    token: str
    is_list: bool
    needy: bool
    """Whether the part below has required fields, so that constants alone must not make it."""


def steps(kind: type[msgspec.Struct], pointer: str, node: Node) -> tuple[tuple[Step, ...], Leaf]:
    """Walk ``pointer`` through the record. Raises MappingError naming the nearest field."""
    if not pointer.startswith("/"):
        raise node.error(f"{pointer!r} is not a JSON Pointer: it starts with '/'.")
    current: Any = inspect.type_info(kind)
    path: list[Step] = []
    for token in pointer[1:].split("/"):
        if isinstance(current, inspect.StructType):
            fields = {field.encode_name: field for field in current.fields}
            if token not in fields:
                raise node.error(
                    f"the record has no field {token!r} at {pointer!r}.",
                    suggest(token, list(fields)),
                )
            current = _plain(fields[token].type)
            is_list = False
        elif isinstance(current, inspect.VarTupleType):
            if not token.isdecimal() or int(token) >= MAX_ITEMS:
                raise node.error(f"{pointer!r} needs an index (0, 1, ...) instead of {token!r}.")
            current = _plain(current.item_type)
            is_list = True
        else:
            raise node.error(f"{pointer!r} goes beyond a single value.")
        needy = isinstance(current, inspect.StructType) and any(f.required for f in current.fields)
        path.append(Step(token, is_list, needy))
    return tuple(path), _leaf(current, pointer, node)


def _plain(kind: inspect.Type) -> inspect.Type:
    if isinstance(kind, inspect.UnionType):
        return next(t for t in kind.types if not isinstance(t, inspect.NoneType))
    return kind


def _leaf(kind: inspect.Type, pointer: str, node: Node) -> Leaf:
    match kind:
        case inspect.LiteralType(values=values):
            return Leaf("str", tuple(str(value) for value in values))
        case inspect.IntType():
            return Leaf("int")
        case inspect.BoolType():
            return Leaf("bool")
        case inspect.DecimalType():
            return Leaf("decimal")
        case inspect.StrType():
            return Leaf("str")
        case inspect.VarTupleType():
            raise node.error(f"{pointer!r} is a list: name its items, e.g. {pointer}/0.")
        case _:
            raise node.error(f"{pointer!r} is a part: name one of its fields.")
