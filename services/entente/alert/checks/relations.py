"""Checks of what fields say together. Pointers are relative to the part that is given.

Only what cannot be is refused: goods may come back to where they were made, an import may be
stopped in a third country, and much that looks odd is what makes an alert worth reading.

What is ``missing`` may be said to be unknown instead, see ``Alert.unknown``.
"""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

from msgspec.structs import replace

from entente.alert.checkdigits import AIR_WAYBILL, POSTAL_ITEM, SHIP
from entente.alert.checks.codes import checked
from entente.alert.checks.text import Check
from entente.alert.codes import lists, locode
from entente.alert.handling import Handling
from entente.alert.problem import Problem, fault, shown
from entente.alert.record import (
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

Relation = Callable[[Any], Iterator[Problem]]

_LISTED_UNDER = {"XK": "RS"}
"""UN/LOCODE lists the places of Kosovo under Serbia."""
_ship, _postal_item, _air_waybill = map(checked, (SHIP, POSTAL_ITEM, AIR_WAYBILL))
_INTERNATIONAL_WATERS = "XZ"
_BETWEEN_PLACES = ("import", "export", "transit", "transhipment")


def _at(pointer: str, problem: Problem) -> Problem:
    return replace(problem, pointer=pointer)


def _later(a: str, b: str) -> bool:
    """Whether date ``a`` is certainly later than ``b``, each of its own precision."""
    known = min(len(a), len(b))
    return a[:known] > b[:known]


def _after(pointer: str, value: str, earlier: str, what: str) -> Problem:
    problem = fault(
        "order", value, f"It is before {what} ({shown(earlier)}).", "Look at both dates again."
    )
    return _at(pointer, problem)


def leg(part: Leg) -> Iterator[Problem]:
    """A place lies in its country; a zone is a free zone."""
    if part.place and part.country and part.place in locode.codes():
        listed_in = part.place[:2]
        expected = _LISTED_UNDER.get(part.country, part.country)
        if listed_in not in (part.country, expected, _INTERNATIONAL_WATERS):
            countries = lists.countries()
            there = countries.describe(listed_in) if listed_in in countries else f"`{listed_in}`"
            problem = fault(
                "contradiction",
                part.place,
                f"`{part.place}` lies in {there}, not in `{part.country}`.",
                f"Mend `place` or write `{listed_in}` as `country`.",
            )
            yield _at("/place", problem)
    if part.zone and part.free_zone is False:
        problem = fault(
            "contradiction",
            part.zone,
            "A zone is named, and `free_zone` is false.",
            "Write `true` or leave the zone out.",
        )
        yield _at("/zone", problem)


def route(part: Route) -> Iterator[Problem]:
    """The points of a journey are passed in order of time."""
    stops = [("/departure", part.departure)]
    stops += [(f"/transit/{i}", stop) for i, stop in enumerate(part.transit)]
    stops += [("/destination", part.destination)]
    dated = [(name, stop.date) for name, stop in stops if stop is not None and stop.date]
    for (before, earlier), (name, day) in pairwise(dated):
        if _later(earlier, day):
            yield _after(f"{name}/date", day, earlier, f"`{before[1:]}`, the stop before it")


def event(part: Event) -> Iterator[Problem]:
    """Nothing is reported before it happened; a day is allowed for time zones."""
    if part.reported_at is None:
        return
    if part.detected_at is not None and _later(part.detected_at[:19], part.reported_at[:19]):
        yield _after("/reported_at", part.reported_at, part.detected_at, "its detection")
    if not _later(part.date, part.reported_at[:10]):
        return
    try:
        next_day = date.fromisoformat(part.reported_at[:10]) + timedelta(days=1)
    except ValueError:  # said already
        return
    if _later(part.date, next_day.isoformat()):
        yield _after("/reported_at", part.reported_at, part.date, "the event")


def goods(part: Goods) -> Iterator[Problem]:
    """A line says what the goods are, and a quantity says of what."""
    what = (part.group, part.category, part.hs, part.description, part.declared)
    if not any(what) and not part.rights:
        yield _at(
            "/description",
            fault(
                "missing",
                "",
                "This line does not say what the goods are.",
                "Give one of `group`, `category`, `hs`, `description`, or list it in `unknown`.",
            ),
        )
    if part.quantity is not None and part.unit is None:
        yield _at(
            "/unit",
            fault(
                "missing",
                "",
                f"A quantity ({part.quantity}) without a unit says nothing.",
                "Give a unit, `H87` for pieces or `KGM` for kilograms, or list it in `unknown`.",
            ),
        )


def conveyance(part: Conveyance) -> Iterator[Problem]:
    """The number of a vessel is its IMO number."""
    if part.kind == "vessel" and part.number is not None:
        yield from _number(_ship, part.number)


def document(part: Document) -> Iterator[Problem]:
    """Postal items and master air waybills have numbers with a check digit."""
    if part.kind == "postal_item":
        yield from _number(_postal_item, part.number)
    elif part.kind == "master_air_waybill":
        yield from _number(_air_waybill, part.number)


def _number(check: Check, value: str) -> Iterator[Problem]:
    if problem := check(value):
        yield _at("/number", problem)


def stopped(alert: Seizure | Detention) -> Iterator[Problem]:
    """Goods that were stopped were stopped somewhere, and were something."""
    location = alert.route.location
    if alert.event.office is None and (location is None or location.country is None):
        place = location.place or "" if location else ""
        yield _at(
            "/route/location/country",
            fault(
                "missing",
                "",
                "The alert does not say where the goods were stopped.",
                f"Write `{place[:2]}`."
                if place in locode.codes()
                else "Give the country here or the customs office in `/event/office`.",
            ),
        )
    if not alert.goods:
        yield _at(
            "/goods",
            fault(
                "missing",
                "",
                "The alert does not say what was stopped.",
                "Give at least one line of goods, or list `/goods` in `unknown`.",
            ),
        )
    direction, way = alert.event.direction, alert.route
    if (
        direction in _BETWEEN_PLACES
        and way.departure
        and way.destination
        and way.departure.place
        and way.departure.place == way.destination.place
        and not way.transit
    ):
        yield _at(
            "/route/destination/place",
            fault(
                "contradiction",
                way.departure.place,
                f"The goods leave for the place they come from, and `direction` is {direction}.",
                "Mend one of the places, or list where they passed in `transit`.",
            ),
        )


def detention(alert: Detention) -> Iterator[Problem]:
    """A period for an answer ends after the goods were held."""
    yield from stopped(alert)
    if alert.deadline is not None and _later(alert.event.date, alert.deadline):
        yield _after("/deadline", alert.deadline, alert.event.date, "the event")


def warning(alert: Warning) -> Iterator[Problem]:
    """A warning does not end before it begins."""
    if alert.valid_until is not None and _later(alert.valid_from, alert.valid_until):
        yield _after("/valid_until", alert.valid_until, alert.valid_from, "`valid_from`")


def feedback(alert: Feedback) -> Iterator[Problem]:
    """Seizures came of an alert only where goods were seized, or the work goes on."""
    if alert.seizures and alert.outcome not in ("seized", "ongoing"):
        yield _at(
            "/outcome",
            fault(
                "contradiction",
                alert.outcome,
                f"Seizures are listed, and the outcome is {alert.outcome}.",
                "Write `seized`, or leave the seizures out.",
            ),
        )


def handling(part: Handling) -> Iterator[Problem]:
    """H3 and its conditions come together, and a statement has at least one code."""
    if not part.codes:
        yield _at(
            "/codes", fault("missing", "", "It has no handling code.", "Write `H0` at least.")
        )
    if "H3" in part.codes and part.conditions is None:
        yield _at(
            "/conditions",
            fault(
                "missing", "", "H3 needs its conditions.", "Write what H3 demands of the reader."
            ),
        )
    if part.conditions is not None and "H3" not in part.codes:
        yield _at(
            "/codes",
            fault(
                "contradiction",
                ", ".join(part.codes),
                "Conditions are given, and H3 is not: nothing would enforce them.",
                "Add `H3`, or leave the conditions out.",
            ),
        )


RELATIONS: dict[type, Relation] = {
    Leg: leg,
    Route: route,
    Event: event,
    Goods: goods,
    Conveyance: conveyance,
    Document: document,
    Seizure: stopped,
    Detention: detention,
    Warning: warning,
    Feedback: feedback,
    Handling: handling,
}
"""By type of part. They run where the types are right, so they may rely on them only."""
