"""What simple tools make of a stream: joining equal values, as MISP does, and canonical identifiers.

They are the floor that correlation must leave far below, and a check that the simulated world is
hard enough. Run: ``python tests/bench/baselines.py STREAM TRUTH``.
"""

import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from entente.exercise.score import Line, ProposalLine, Score, score
from entente.exercise.truth import Truth, components

LIMIT = 20
"""MISP's correlation limit: a value that occurs more often correlates nothing."""
Alerts = dict[str, dict[str, Any]]
IDENTIFIERS = frozenset(
    {"name", "phones", "emails", "text", "street", "seller", "payments", "tax_ids", "number", "seals", "lot"}
)  # fmt: skip


def read(stream: Iterable[bytes]) -> tuple[list[Line], Alerts]:
    """All lines, and the standing alert of each subject."""
    lines, heads = [], {}
    for text in stream:
        row = msgspec.json.decode(text)
        lines.append(Line(row["subject"], row["issuer"], row["version"], row["change"]))
        held = heads.get(row["subject"])
        if held is None or row["version"] > held["version"]:
            heads[row["subject"]] = row
    return lines, {s: row for s, row in heads.items() if row["alert"] is not None}


def values(node: Any, field: str = "") -> Iterator[tuple[str, str]]:
    """Every text in an alert with the name of its field."""
    if isinstance(node, dict):
        for name, part in node.items():
            yield from values(part, name)
    elif isinstance(node, list):
        for part in node:
            yield from values(part, field)
    elif isinstance(node, str) and field != "national_ref":
        yield field, node


def equal_values(alert: dict[str, Any]) -> set[str]:
    """All values as written, lower-cased and cut to 191 characters."""
    return {text.lower()[:191] for _, text in values(alert)}


def equal_identifiers(alert: dict[str, Any]) -> set[str]:
    """Only values of fields that identify somebody or something, as written."""
    return {text.lower()[:191] for field, text in values(alert) if field in IDENTIFIERS}


def canonical_identifiers(alert: dict[str, Any]) -> set[str]:
    """Telephones by their last nine digits, mailboxes plain, names without marks and case."""
    found = set()
    for field, text in values(alert):
        plain = re.sub(r"[^0-9a-z]", "", text.lower())
        if field == "phones":
            found.add("phone " + re.sub(r"\D", "", text)[-9:])
        elif field == "emails":
            user, _, host = text.lower().replace("(at)", "@").partition("@")
            found.add(f"mail {user.split('+')[0]}@{host}")
        elif field in IDENTIFIERS:
            found.add(f"{field} {plain}")
    return found


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


METHODS = {"equal values": equal_values, "equal identifiers": equal_identifiers, "canonical identifiers": canonical_identifiers}  # fmt: skip


def baseline(method: str, lines: list[Line], alerts: Alerts, truth: Truth) -> Score:
    """The score of one method on a whole stream at once."""
    extract = METHODS[method]
    return score(lines, truth, join(alerts, {s: extract(row["alert"]) for s, row in alerts.items()}))


def main(stream: str, truth: str) -> None:
    """Print one row for each method."""
    with Path(stream).open("rb") as file:
        lines, alerts = read(file)
    known = msgspec.json.decode(Path(truth).read_bytes(), type=Truth)
    for method in METHODS:
        s = baseline(method, lines, alerts, known)
        print(f"{method:24} F1 {s.f1:.2f} pairwise {s.pairwise_f1:.2f} B-cubed {s.bcubed_f1:.2f} found {s.found}/{s.networks} false {s.false} fragments {s.fragments} largest {max((p.alerts for p in s.proposals), default=0)}")  # fmt: skip


if __name__ == "__main__":
    main(*sys.argv[1:3])
