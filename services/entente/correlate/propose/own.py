"""What the engine sees in a case itself, without a rule: bursts (P03), networks (P22), silence
(P24); and reports that alone hold a case together."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import msgspec

from entente.correlate.bursts.bursting import PATTERN as BURST
from entente.correlate.cases.joints import joints
from entente.correlate.evidence import Case, Evidence
from entente.correlate.head import Head
from entente.correlate.propose.changes import count
from entente.correlate.sentences import THINGS

RATES = "base_rates.json"
"""How often each of these fires; ``tests/bench/patterns.py`` counts it and writes it."""
_STRONG = 6.0
"""Bits that evidence has at least, to hold a network together: what goes through somebody who
serves everybody has less."""
_THINGS = {
    "container.1": "containers", "container-slip": "containers", "document.1": "documents",
    "neighbour": "documents", "seal-number.1": "seals", "plate.1": "vehicles", "lot.1": "lots",
}  # fmt: skip
_SOURCES = {"name": "people", **dict.fromkeys(THINGS, "people"), **_THINGS}
"""Evidence by where it comes from: name, telephone and address of one party are one source."""


@cache
def base_rates() -> Mapping[str, str]:
    """How often each pattern of our own fires, and on what that was counted, by its id."""
    data = files("entente.correlate").joinpath(RATES).read_bytes()
    return msgspec.json.decode(data, type=dict[str, str])


def own_patterns(case: Case, heads: Mapping[str, Head]) -> list[Evidence]:
    """The patterns of a case that no rule is needed for, and the reports to check first."""
    found = []
    if case.pattern == BURST:
        note = "More on one way within weeks than the past of several administrations explains."
        found.append(Evidence("pattern", 0.0, "route-burst", "P03", note=note))
    if case.links:
        found += _network(case, heads)
    quiet = [s.country for s in case.silent if s.reports and s.ahead]
    if quiet:
        note = f"Nothing was heard from {', '.join(quiet)}, where the goods were to go or pass."
        found.append(Evidence("pattern", 0.0, "missing-sibling", "P24", note=note))
    return found


def _network(case: Case, heads: Mapping[str, Head]) -> list[Evidence]:
    loose = joints(case.members, case.links)
    if loose:
        return [
            Evidence(
                "joint",
                0.0,
                subject,
                note=f"One report of {heads[subject].issuer} alone ties {count(lost, 'alert')} to "
                f"the rest: check {subject} first.",
            )
            for subject, lost in loose[:2]
        ]
    every = (e for x in case.links for e in x.evidence if e.bits >= _STRONG)
    sources = sorted({_SOURCES[e.kind] for e in every if e.kind in _SOURCES})
    if len(sources) < 2 or len(case.members) < 4:
        return []
    note = (
        f"A network: it hangs together by things that do not depend on each other "
        f"({', '.join(sources)}), and no report alone holds it together."
    )
    return [Evidence("pattern", 0.0, "network", "P22", note=note)]
