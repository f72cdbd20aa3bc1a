"""Streams as others might send them: the simulator's, twisted in ways that it does not know.

For ``bench.quality --twist``: what holds for our own simulator only shows by how far quality falls.
Deterministic: what is changed follows from the subject or the issuer.
"""

from collections.abc import Callable
from random import Random
from typing import Any

Raw = dict[str, Any]
"""A line of the stream as JSON."""
_CYRILLIC = str.maketrans(
    "abcdefghijklmnopqrstuvwxyz", "абцдефгхийклмнопкрстуввкиз"
)  # one letter for one, as a clerk without a standard at hand does it
_PARTY = ("phones", "emails", "address", "tax_ids", "payments", "shops", "name")
_TRANSPORT = ("documents", "containers", "conveyances", "mode")
_CODES = frozenset({
    "kind", "role", "country", "place", "category", "hs", "group", "mode", "type", "direction",
    "detection", "packaging", "id", "unit", "currency", "language", "basis", "date",
})  # fmt: skip


def dropped(line: Raw) -> Raw:
    """A fifth of all fields about parties and transport is missing."""
    rng = Random(f"drop/{line['subject']}")
    alert = line["alert"]
    for part in [*_parties(alert), alert.get("transport") or {}]:
        for field in (*_PARTY, *_TRANSPORT):
            if field in part and rng.random() < 0.2:
                del part[field]
    if rng.random() < 0.2:
        for goods in alert.get("goods", ()):
            goods.pop("rights", None)
    return line


def lowered(line: Raw) -> Raw:
    """Everything in small letters but codes."""
    line["alert"] = _each(line["alert"], lambda field, text: text.lower())
    return line


def cyrillic(line: Raw) -> Raw:
    """Every third administration writes names in Cyrillic letters."""
    if Random(f"script/{line['issuer']}").random() < 1 / 3:
        for party in _parties(line["alert"]):
            if "name" in party:
                party["name"] = party["name"].lower().translate(_CYRILLIC).title()
    return line


def reversed_names(line: Raw) -> Raw:
    """Every third administration puts the last word of a name first, with a comma."""
    if Random(f"order/{line['issuer']}").random() < 1 / 3:
        for party in _parties(line["alert"]):
            *rest, last = party.get("name", "").split()
            if rest:
                party["name"] = f"{last}, {' '.join(rest)}"
    return line


def references(line: Raw) -> Raw:
    """Numbers as other systems print them: with labels, slashes, blanks and points."""
    alert = line["alert"]
    transport = alert.get("transport") or {}
    for container in transport.get("containers", ()):
        number = container["number"]
        container["number"] = f"{number[:4]}/{number[4:10]}/{number[10:]}"
    for document in transport.get("documents", ()):
        number = document["number"]
        document["number"] = f"{number[:3]}.{number[3:7]} {number[7:]}".strip()
    for party in _parties(alert):
        party["phones"] = [f"tel: {p} ext. 3" for p in party.get("phones", ())]
        party["emails"] = [f"<{m}>" for m in party.get("emails", ())]
    for goods in alert.get("goods", ()):
        if goods.get("lot"):
            goods["lot"] = f"Lot No. {goods['lot']}"
    return line


TWISTS: dict[str, Callable[[Raw], Raw]] = {
    "dropped": dropped,
    "lowered": lowered,
    "cyrillic": cyrillic,
    "reversed": reversed_names,
    "references": references,
}


def twisted(line: Raw, names: tuple[str, ...]) -> Raw:
    """A line after the twists of these names; a withdrawal stays as it is."""
    for name in names if line.get("alert") else ():
        line = TWISTS[name](line)
    return line


def _parties(alert: Raw) -> list[Raw]:
    nominal = alert.get("nominal") or {}
    return [*nominal.get("parties", ()), *nominal.get("persons", ())]


def _each(node: Any, change: Callable[[str, str], str], field: str = "") -> Any:
    if isinstance(node, dict):
        return {name: _each(part, change, name) for name, part in node.items()}
    if isinstance(node, list):
        return [_each(part, change, field) for part in node]
    return change(field, node) if isinstance(node, str) and field not in _CODES else node
