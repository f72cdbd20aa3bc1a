"""One item in a line or two that a person can read."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import msgspec
from rich.markup import escape

from entente.alert.codes.lists import countries, units
from entente.alert.record import Consignment, Detention, Feedback, Goods, Leg, Seizure, Warning
from entente.office.item import Item

_TLP = {
    "CLEAR": "white", "GREEN": "green", "AMBER": "yellow", "AMBER_STRICT": "yellow", "RED": "red"
}  # fmt: skip

_SYMBOLS = {"KGM": "kg", "GRM": "g", "TNE": "t", "LTR": "l", "MLT": "ml", "H87": "pieces of"}


def line(item: Item) -> str:
    """The item as rich markup: who, when, what, from where to where, and how it may be used."""
    alert = item.alert
    tlp = f"[{_TLP[item.handling.tlp]}]TLP:{item.handling.tlp.replace('_', '+')}[/]"
    codes = " ".join(item.handling.codes)
    head = f"[bold]{item.issuer:<6}[/] {when(item):<10} "
    if alert is None:
        what = f"withdrawal of {called(item)}: {escape(item.reason or '')}"
    elif isinstance(alert, Feedback):
        about = escape(item.about or alert.about)
        what = f"feedback {called(item)} on {about}: {alert.outcome.replace('_', ' ')}"
    else:
        version = (
            "" if item.version == 1 else f" (version {item.version}: {escape(item.reason or '')})"
        )
        what = f"{kind(alert)} {called(item)}{version}: {goods(alert)}, {route(alert)}"
    return f"{head} {what}  {tlp} {codes}" + ("  [dim]sealed part[/]" if item.sealed else "")


def called(item: Item) -> str:
    """What its issuer calls it, where that is known; else its subject. As rich markup."""
    return escape(item.reference or str(item.subject))


def names(item: Item) -> Iterator[str]:
    """What was sealed, where it was opened; else why it stays closed, where it was asked for."""
    if item.nominal is not None:
        for who in (*item.nominal.parties, *item.nominal.persons):
            plain = {name: value for name, value in msgspec.to_builtins(who).items() if value}
            yield f"       [magenta]{escape('; '.join(_said(plain)))}[/]"
    elif item.closed is not None:
        yield f"       [dim]sealed: {escape(item.closed)}[/]"


def _said(plain: dict[str, Any]) -> Iterator[str]:
    for name, value in plain.items():
        values = value if isinstance(value, (list, tuple)) else [value]
        shown = (", ".join(_said(one)) if isinstance(one, dict) else str(one) for one in values)
        yield f"{name.replace('_', ' ')} {', '.join(shown)}"


def when(item: Item) -> str:
    """The event's date where there is one, else the day it was said."""
    alert = item.alert
    if isinstance(alert, (Seizure, Detention)):
        return alert.event.date
    if isinstance(alert, Warning):
        return alert.valid_from
    return datetime.fromtimestamp(item.issued_at / 1_000_000, UTC).date().isoformat()


def kind(alert: Consignment) -> str:
    """What is said, in a word."""
    return type(alert).__name__.lower()


def goods(alert: Consignment) -> str:
    """The goods with their quantities; the first three."""
    named = [_goods(one) for one in alert.goods[:3]]
    more = f" and {len(alert.goods) - 3} more" if len(alert.goods) > 3 else ""
    return (", ".join(named) or "goods not given") + more


def route(alert: Consignment) -> str:
    """From where to where, and by which countries."""
    found = alert.route
    start, end = found.departure or found.origin, found.destination
    parts = [f"from {_leg(start)}"] if start else []
    parts += [f"by {_leg(leg)}" for leg in found.transit]
    parts += [f"to {_leg(end)}"] if end else []
    way = " ".join(parts) or "route not given"
    return way + (f", stopped in {_leg(found.location)}" if found.location else "")


def _goods(one: Goods) -> str:
    what = one.description.text if one.description else one.hs or one.category or one.group or "?"
    brands = ", ".join(right.brand for right in one.rights if right.brand)
    amount = f"{one.quantity.normalize():f} {_unit(one.unit)} " if one.quantity is not None else ""
    return escape(f"{amount}{what}" + (f" ({brands})" if brands else ""))


def _unit(code: str | None) -> str:
    found = units()
    if code is None or code not in found:
        return code or ""
    return _SYMBOLS.get(code, found.name(code))


def _leg(leg: Leg) -> str:
    found = countries()
    if leg.country is not None and leg.country in found:
        return escape(found.name(leg.country))
    return escape(leg.country or leg.place or leg.name or "a place not named")
