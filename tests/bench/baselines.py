"""What simple tools make of a stream: joining equal values, as MISP does, and joining identifiers.

They are the floor that correlation must leave far below, and a check that the simulated world is
hard enough. Run: ``python tests/bench/baselines.py STREAM TRUTH``.
"""

import re
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from entente.exercise.score import Line, ProposalLine, Score, score
from entente.exercise.truth import Truth, components

LIMIT = 20
"""MISP's correlation limit: a value that occurs more often correlates nothing."""
Alerts = dict[str, dict[str, Any]]


def read(stream: Iterable[bytes]) -> tuple[list[Line], Alerts]:
    """All lines, and the standing line of each subject."""
    lines: list[Line] = []
    heads: Alerts = {}
    for text in stream:
        row = msgspec.json.decode(text)
        lines.append(Line(row["subject"], row["issuer"], row["version"], row["change"]))
        held = heads.get(row["subject"])
        if held is None or row["version"] > held["version"]:
            heads[row["subject"]] = row
    return lines, {s: row for s, row in heads.items() if row["alert"] is not None}


def equal_values(alert: Any) -> set[str]:
    """All values as written, lower-cased and cut to 191 characters."""
    return {text.lower()[:191] for text in _texts(alert)}


def _texts(node: Any, field: str = "") -> Iterator[str]:
    if isinstance(node, dict):
        for name, part in node.items():
            yield from _texts(part, name)
    elif isinstance(node, list):
        for part in node:
            yield from _texts(part, field)
    elif isinstance(node, str) and field != "national_ref":
        yield node


def equal_identifiers(alert: dict[str, Any]) -> set[str]:
    """What identifies somebody or something, as written."""
    return {f"{kind} {text}".lower()[:191] for kind, text in _identifiers(alert) if text}


def canonical_identifiers(alert: dict[str, Any]) -> set[str]:
    """The same without marks and case: telephones by their last nine digits, mail without tags."""
    return {f"{kind} {_canonical(kind, text)}" for kind, text in _identifiers(alert) if text}


def _canonical(kind: str, text: str) -> str:
    if kind == "phone":
        return re.sub(r"\D", "", text)[-9:]
    if kind == "email":
        user, _, host = text.lower().partition("@")
        return f"{user.split('+')[0].replace('.', '')}@{host}"
    return re.sub(r"\W", "", text.lower())


def _identifiers(alert: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for party in (alert.get("nominal") or {}).get("parties", ()):
        yield "name", party.get("name", "")
        for kind in ("phones", "emails", "tax_ids", "payments"):
            for text in party.get(kind, ()):
                yield kind.removesuffix("s"), text
        for shop in party.get("shops", ()):
            yield "shop", shop.get("seller", "")
        place = party.get("address") or {}
        parts = ("text", "street", "number", "postcode")
        yield "address", " ".join(place[part] for part in parts if part in place)
    transport = alert.get("transport") or {}
    for kind in ("containers", "documents"):
        for thing in transport.get(kind, ()):
            yield kind, thing["number"]
    for goods in alert.get("goods", ()):
        yield "lot", goods.get("lot", "")


METHODS: dict[str, Callable[[dict[str, Any]], set[str]]] = {
    "equal values": equal_values,
    "equal identifiers": equal_identifiers,
    "canonical identifiers": canonical_identifiers,
}


def join(alerts: Alerts, keys: dict[str, set[str]]) -> list[ProposalLine]:
    """Connected components of alerts that share a value not over the limit."""
    counts = Counter(value for chosen in keys.values() for value in sorted(chosen))
    groups = components(
        (s, sorted(v for v in chosen if counts[v] <= LIMIT)) for s, chosen in keys.items()
    )
    return [
        ProposalLine(f"case-{n}", 1, 0, "open", 0.5, sorted(group))
        for n, group in enumerate(sorted(groups, key=min))
        if len(group) >= 3 and len({alerts[s]["issuer"] for s in group}) >= 2
    ]


def baseline(method: str, lines: list[Line], alerts: Alerts, truth: Truth) -> Score:
    """The score of one method on a whole stream at once."""
    keys = {s: METHODS[method](row["alert"]) for s, row in alerts.items()}
    return score(lines, truth, join(alerts, keys))


def main(stream: str, truth: str) -> None:
    """Print one row for each method."""
    with Path(stream).open("rb") as file:
        lines, alerts = read(file)
    known = msgspec.json.decode(Path(truth).read_bytes(), type=Truth)
    for method in METHODS:
        s = baseline(method, lines, alerts, known)
        largest = max((p.alerts for p in s.proposals), default=0)
        print(  # a command's output
            f"{method:24} F1 {s.f1:.2f} pairwise {s.pairwise_f1:.2f} B-cubed {s.bcubed_f1:.2f} "
            f"found {s.found}/{s.networks} false {s.false} largest {largest}"
        )


if __name__ == "__main__":
    main(*sys.argv[1:3])
