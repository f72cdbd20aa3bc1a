"""The records that bodies hold, and how a compiled reader makes them."""

from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import get_args

import msgspec

from entente.alert.decision import Decision
from entente.alert.epoch import Epoch
from entente.alert.fields import Field, fields
from entente.alert.listing import Listing
from entente.alert.proposal import Proposal
from entente.alert.receipt import Receipt
from entente.alert.record import AnyAlert, Concealment, Event, Leg, Text, Transport
from entente.errors import WireError
from entente.wire.making import Group, Make, Then

Body = AnyAlert | Proposal | Receipt | Decision | Epoch | Listing
"""Every record that has a type here."""
RECORDS: dict[str, type[msgspec.Struct]] = {
    f"entente.alert.{record.__name__}": record for record in get_args(Body)
}
"""By the full names of their schemas."""
_TELL = {Leg: 12, Text: 12, Concealment: 8}
_GROUPS = {
    Event: (Group(16, "office", "basis"),),
    Transport: (Group(8, "mode", "courier"),),
}
"""Goods go the same ways and are called and hidden the same: see ``Make``."""


class Plain:
    """Decimals and words, as ``msgspec`` would make them."""

    def all(self, record: type[msgspec.Struct]) -> dict[str, Make]:
        """What to make of the records of a body, by their full names."""
        found: dict[str, Make] = {}
        todo = [record]
        while todo:
            cls = todo.pop()
            if _fullname(cls) not in found:
                found[_fullname(cls)] = self.make(cls)
                todo += [field.type for field in fields(cls).values() if field.part]
        return found

    def make(self, cls: type[msgspec.Struct]) -> Make:
        """What to make of one record."""
        each = {name: self.each(cls, field) for name, field in fields(cls).items()}
        found = {name: then for name, then in each.items() if then is not None}
        return Make(cls, found, tell=_TELL.get(cls, 0), groups=_GROUPS.get(cls, ()))

    def each(self, cls: type[msgspec.Struct], field: Field) -> Then | None:
        """What to do with a value of a field of ``cls``."""
        if field.words:
            words = frozenset(field.words)
            return Then(("$ = {word}($)",), {"word": _word(words)}, words)
        if field.type is Decimal:
            return Then(("$ = {decimal}($)",), {"decimal": _decimal})
        return None


def _fullname(cls: type) -> str:
    return f"entente.alert.{cls.__name__}"


def _word(words: frozenset[str]) -> Callable[[str], str]:
    def word(text: str) -> str:
        if text not in words:
            raise WireError(f"{text[:80]!r} is not one of the words of its field")
        return text

    return word


def _decimal(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation as error:
        raise WireError(f"{text[:80]!r} is not a decimal number") from error
