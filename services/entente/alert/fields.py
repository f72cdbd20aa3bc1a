"""The fields of a record, looked at once per type: what the validator and the schemas go by."""

import ast
import inspect as source
from decimal import Decimal
from functools import cache
from itertools import pairwise
from textwrap import dedent
from typing import Any, NamedTuple

import msgspec
from msgspec import inspect


class Field(NamedTuple):
    """One field: ``type`` is that of the value, or of each item where there are ``many``."""

    name: str
    type: type
    many: bool
    optional: bool
    """Whether it may be None."""
    words: tuple[str, ...]
    """The words that are allowed, where the record lists them."""

    @property
    def part(self) -> bool:
        """Whether the value is a record of its own."""
        return issubclass(self.type, msgspec.Struct)


@cache
def fields(cls: type[msgspec.Struct]) -> dict[str, Field]:
    """The fields of ``cls`` in order. Raises TypeError for a type that the record does not use."""
    info = inspect.type_info(cls)
    if not isinstance(info, inspect.StructType):
        raise TypeError(f"{cls} is not a record")
    return {field.name: _field(field.name, field.type) for field in info.fields}


def _field(name: str, kind: inspect.Type, optional: bool = False, many: bool = False) -> Field:
    match kind:
        case inspect.UnionType(types=types):
            rest = [one for one in types if not isinstance(one, inspect.NoneType)]
            if len(rest) == 1 and len(types) == 2:
                return _field(name, rest[0], optional=True, many=many)
        case inspect.VarTupleType(item_type=item) if not many:
            return _field(name, item, optional=optional, many=True)
        case inspect.StructType(cls=cls):
            return Field(name, cls, many, optional, ())
        case inspect.LiteralType(values=words) if all(isinstance(word, str) for word in words):
            return Field(name, str, many, optional, tuple(map(str, words)))
    scalar = _SCALARS.get(type(kind))
    if scalar is None:
        raise TypeError(f"{name}: {kind} has no place in a record")
    return Field(name, scalar, many, optional, ())


_SCALARS: dict[type[inspect.Type], type[Any]] = {
    inspect.StrType: str,
    inspect.IntType: int,
    inspect.BoolType: bool,
    inspect.FloatType: float,
    inspect.DecimalType: Decimal,
}


@cache
def documentation(cls: type) -> dict[str, str]:
    """What the source says below each field of ``cls`` and of the classes it inherits from."""
    found: dict[str, str] = {}
    for base in reversed(cls.__mro__):
        if not issubclass(base, msgspec.Struct) or base is msgspec.Struct:
            continue
        tree = ast.parse(dedent(source.getsource(base))).body[0]
        body = tree.body if isinstance(tree, ast.ClassDef) else []
        for statement, after in pairwise(body):
            match statement, after:
                case (
                    ast.AnnAssign(target=ast.Name(id=name)),
                    ast.Expr(value=ast.Constant(value=str() as words)),
                ):
                    found[name] = " ".join(words.split())
    return found
