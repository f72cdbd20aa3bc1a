"""Reading a body and asking the rules of the domain at once: at a glance, most alerts are sound."""

from collections.abc import Callable
from functools import cache
from typing import Any, get_args

import msgspec

from entente.alert.checks.conditions import Condition, of_list, of_part, of_value
from entente.alert.fields import Field, fields
from entente.alert.record import AnyAlert
from entente.alert.validate import MAX_ALERT, MAX_ITEMS, MAY_REPEAT
from entente.errors import WireError
from entente.wire.avro import reader
from entente.wire.making import Make, Then
from entente.wire.records import RECORDS, Plain
from entente.wire.schemas import Schema, by_sha256
from entente.wire.statement import Statement

MAX_GLANCE = MAX_ALERT // 40
"""Bytes of a body that cannot pass ``MAX_ALERT`` in its JSON form: of a byte, an enum's longest
symbol or the start of a part, JSON makes 40 at most."""


def decode_sound_body(statement: Statement) -> AnyAlert | None:
    """The alert in a statement's body if, at a glance, it decodes and keeps every rule.

    None: it may be anything else; ``decode_body`` and ``validate`` tell.
    """
    schema = by_sha256(statement.schema)
    record = RECORDS.get(statement.type)
    if schema is None or record not in _ALERTS or schema.fullname != statement.type:
        return None
    if len(statement.body) > MAX_GLANCE:
        return None
    try:
        alert: AnyAlert = _careful_reader(schema, record)(statement.body, 0)
    except (WireError, _Doubt):
        return None
    return alert


class _Doubt(Exception):
    """Something in a body may break a rule."""


_ALERTS = frozenset(get_args(AnyAlert))


@cache
def _careful_reader(schema: Schema, record: type[msgspec.Struct]) -> Callable[[bytes, int], Any]:
    return reader(schema, _Careful().all(record))


class _Careful(Plain):
    """The same, and the rules of the domain are asked as soon as a value is there."""

    def make(self, cls: type[msgspec.Struct]) -> Make:
        lists = {
            name: _unless(of_list(field, MAX_ITEMS, field.type in MAY_REPEAT))
            for name, field in fields(cls).items()
            if field.many
        }
        return super().make(cls)._replace(lists=lists, whole=_unless(*of_part(cls)))

    def each(self, cls: type[msgspec.Struct], field: Field) -> Then | None:
        then = super().each(cls, field)
        condition = of_value(cls, field)
        if condition is None:
            return then
        doubt = _unless(condition)
        if then is None:
            return doubt
        return Then((*doubt.lines, *then.lines), {**doubt.names, **then.names})


def _unless(*conditions: Condition) -> Then:
    """Doubt a value for which one of the conditions does not hold."""
    lines = [f"if not ({one.source}):\n    raise {{doubt}}" for one in conditions]
    names = {name: value for one in conditions for name, value in one.names.items()}
    return Then(tuple("\n".join(lines).splitlines()), {**names, "doubt": _Doubt})
