"""What a compiled reader makes of what it reads, and what it does with it then."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from entente.errors import WireError

MAX_REMEMBERED = 1_024
"""Bytes of a value that is remembered, and"""
MAX_MEMORY = 1_024
"""how many are, of each sort that often comes again."""


class Then(NamedTuple):
    """What to do with a value once it is read."""

    lines: tuple[str, ...]
    """Source about ``$``, the value, and the names in braces."""
    names: Mapping[str, Any]
    words: frozenset[str] = frozenset()
    """An enum whose symbols are all among these needs no more."""


class Group(NamedTuple):
    """Fields next to one another whose values often come again together."""

    tell: int
    first: str
    last: str


class Make(NamedTuple):
    """What to make of a record instead of a dict."""

    record: type[msgspec.Struct]
    """Its fields are the schema's; those that the schema lacks have defaults."""
    each: Mapping[str, Then] = {}
    """By field: about its value, or each of its items; not where it is absent."""
    lists: Mapping[str, Then] = {}
    """By field: about the whole tuple of its items."""
    whole: Then | None = None
    """About the record made."""
    tell: int = 0
    """Not 0: equal ones come often, and its first bytes, so many, nearly tell which it is."""
    groups: tuple[Group, ...] = ()
    """Fields of which the same holds."""


def refuse_another(fullname: str, names: Sequence[str], record: type[msgspec.Struct]) -> None:
    """Raise WireError if a record of these fields cannot be made as ``record``."""
    known = {field.name: field.required for field in msgspec.structs.fields(record)}
    lacking = [name for name, required in known.items() if required and name not in names]
    if lacking or not known.keys() >= set(names):
        raise WireError(f"the schema of {fullname} has not the fields of {record.__name__}")


def remember(
    memory: dict[bytes, tuple[bytes, tuple[Any, ...], int]],
    begin: bytes,
    data: bytes,
    span: tuple[int, int],
    values: tuple[Any, ...],
) -> None:
    """Keep the values that were read of a span of bytes, by how these begin."""
    start, end = span
    if end <= len(data) and end - start <= MAX_REMEMBERED:
        if len(memory) >= MAX_MEMORY:
            memory.clear()
        memory[begin] = data[start:end], values, end - start
