"""Conditions under which what an alert holds keeps the rules: source for a compiled reader.

A reader of a topic reads thousands of good alerts for a bad one. It asks these conditions while it
reads, and believes them only in the good case: where one does not hold, the alert is read again and
``validate`` says what is wrong, if anything. So a condition may doubt too much, never too little.
"""

import re
from collections.abc import Callable, Mapping
from functools import cache, lru_cache
from typing import Any, NamedTuple

from entente.alert.checks import codes, dates, numbers, text
from entente.alert.checks.relations import RELATIONS
from entente.alert.checks.rules import check_of
from entente.alert.checks.text import MAX_IDENTIFIER, MAX_LINE, MAX_TEXT, Check
from entente.alert.checks.unknown import unknown_pointers
from entente.alert.codes import lists, locode
from entente.alert.fields import Field
from entente.alert.record import (
    Alert,
    Conveyance,
    Detention,
    Document,
    Event,
    Feedback,
    Goods,
    Leg,
    Route,
    Seizure,
    Warning,
)


class Condition(NamedTuple):
    """An expression about ``$`` and the names in braces; true where the rules are kept."""

    source: str
    names: Mapping[str, Any] = {}


def of_value(cls: type, field: Field) -> Condition | None:
    """The condition of one value of a field, in its JSON form: a decimal is a text.

    None where there is none: the words of a field are for who reads them, parts have their own.
    """
    if field.part or field.words or field.type is bool:
        return None
    check = check_of(cls, field)
    if check is None:
        return None
    return _special().get(check) or Condition("{check}($) is None", {"check": check})


def of_list(field: Field, most: int, may_repeat: bool) -> Condition:
    """The condition of a field of many values as a whole: at most so many, none of them twice."""
    alike = "" if may_repeat else " and (len($) < 2 or len(set($)) == len($))"
    return Condition(f"len($) <= {most}{alike}")


def of_part(cls: type) -> tuple[Condition, ...]:
    """The conditions of a part as a whole."""
    found = []
    if cls in RELATIONS:
        ask = f"{_USUALLY[cls]} or not any({{relations}}($))"
        found.append(Condition(ask, {"relations": RELATIONS[cls]}))
    if issubclass(cls, Alert):
        found.append(Condition("not ($.unknown and any({wrong}($)))", {"wrong": unknown_pointers}))
    return tuple(found)


_STOPPED = (
    "($.goods and $.route.location is not None and $.route.location.country is not None"
    " and ($.route.departure is None or $.route.departure.place is None))"
)
_USUALLY: dict[type, str] = {
    Leg: "($.zone is None and ($.place is None or $.place[:2] == $.country))",
    Route: "not ($.transit or ($.departure and $.departure.date))",
    Event: "$.reported_at is None",
    Goods: "(($.hs or $.group) and ($.unit or $.quantity is None))",
    Conveyance: "$.kind != 'vessel'",
    Document: "$.kind not in ('postal_item', 'master_air_waybill')",
    Seizure: _STOPPED,
    Detention: f"($.deadline is None and {_STOPPED})",
    Warning: "$.valid_until is None",
    Feedback: "not $.seizures",
}
"""What makes the relations of a part hold without a look at them."""


def _line(most: int) -> Condition:
    # The only blank that is printable is the space.
    return Condition(f"$.isprintable() and 0 < len($) <= {most} and $[0] != ' ' != $[-1]")


def _in(some: frozenset[str]) -> Condition:
    return Condition("$ in {codes}", {"codes": some})


@cache
def _special() -> dict[Check, Condition]:
    """The checks that are quicker asked otherwise. Reads the code lists."""
    headings = lists.harmonized_system().codes
    return {
        text.line: _line(MAX_LINE),
        text.identifier: _line(MAX_IDENTIFIER),
        text.reference: Condition(f"$.isascii() and {_line(MAX_IDENTIFIER).source}"),
        text.free_text: Condition(
            f"$.isprintable() and $ and not $.isspace() and len($) <= {MAX_TEXT // 4}"
        ),
        codes.country: _in(lists.countries().codes),
        codes.currency: _in(lists.currencies().codes),
        codes.language: _in(lists.languages().codes),
        codes.category: _in(lists.categories().codes),
        codes.unit: _in(lists.units().codes),
        codes.packaging: _in(lists.packaging().codes),
        codes.place: _in(locode.codes()),
        codes.hs: Condition(
            "$[:4] in {codes} and len($) in (2, 4, 6) and $.isascii() and $.isdecimal()",
            {"codes": headings},
        ),
        numbers.amount: Condition(
            "{plain}($)", {"plain": re.compile(r"[0-9]{1,15}(\.[0-9]{1,9})?").fullmatch}
        ),
        dates.partial_date: Condition("len($) <= 10 and {is_date}($)", {"is_date": _is_date()}),
    }


def _is_date() -> Callable[[str], bool]:
    # Seizures share their days: a few thousand in ten years.
    return lru_cache(maxsize=4_096)(lambda value: dates.partial_date(value) is None)
