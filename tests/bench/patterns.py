"""How often each rule fires on right and on wrong cases, and what is lost without it.

    PYTHONPATH=tests python -m bench.patterns [--seeds 21-25] [--styles mixed,parcel] [--write]

Right: a case at least 70 % of which is one planted network; of bursts (P03) nothing else is
counted, and rules do not judge them. What the engine sees without a rule (P03, P22, P24) is counted
too. The columns behind compare proposals as they stand at the end with those that stand when one
rule is off: what is found, what is false, and by how much probabilities err (ECE).
"""

import argparse
import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from bench.quality import heads_of, spans, world
from entente.correlate.bursts.bursting import PATTERN as BURST
from entente.correlate.engine import Engine
from entente.correlate.evidence import Case
from entente.correlate.head import Head, supersedes
from entente.correlate.propose.calibration import calibration
from entente.correlate.propose.own import RATES, base_rates, own_patterns
from entente.correlate.rules.rules import released, rules
from entente.correlate.weigh.model import weights
from entente.exercise.score import PURITY, ProposalLine, can_be_found, judge, purest
from entente.exercise.style import STYLES
from entente.exercise.truth import Truth, visible


class World(NamedTuple):
    """The cases of a world at the end, and what is true of it."""

    cases: list[Case]
    heads: dict[str, Head]
    targets: dict[str, frozenset[str]]
    members: dict[str, str]


def made(seed: int, style: str, alerts: int) -> World:
    """A world through the engine."""
    lines, known = world(seed, style, alerts)
    engine = Engine(weights())
    heads: dict[str, Head] = {}
    for head in heads_of(lines):
        engine.apply(head)
        if supersedes(head, heads.get(head.subject)):
            heads[head.subject] = head
    engine.begin(whole=True)
    members = {alert: n.id for n in known.networks for alert in n.alerts}
    return World(engine.cases(likely=False), heads, _targets(known, heads), members)


def _targets(known: Truth, heads: dict[str, Head]) -> dict[str, frozenset[str]]:
    versions = {subject: head.version for subject, head in heads.items()}
    seen = {n.id: visible(n, versions) for n in known.networks}
    return {n.id: seen[n.id] for n in known.networks if can_be_found(n, seen[n.id])}


def without(worlds: Iterable[World], rule: str | None) -> tuple[int, int, float]:
    """Found, false and ECE over all worlds when a rule is off."""
    found = false = 0
    right: list[tuple[float, bool]] = []
    least = weights().fold.likelihood
    for one in worlds:
        opened = []
        for case in one.cases:
            left = case._replace(patterns=tuple(e for e in case.patterns if e.left != rule))
            probability = round(calibration().probability(left), 3)
            if probability >= least or case.pattern not in ("network", BURST):
                name = "/".join(case.members)
                members = list(case.members)
                line = ProposalLine(name, 1, 0, "open", probability, members, case.bits)
                opened.append(line)
        labels = judge(opened, one.targets, one.members)
        found += sum(x.label == "found" for x in labels)
        false += sum(x.label == "false" for x in labels)
        right += [(x.probability, x.label != "false") for x in labels]
    return found, false, _ece(right)


def _ece(right: Sequence[tuple[float, bool]]) -> float:
    bins: dict[int, list[tuple[float, bool]]] = {}
    for p, good in right:
        bins.setdefault(min(9, int(p * 10)), []).append((p, good))
    gaps = (abs(sum(p for p, _ in b) - sum(g for _, g in b)) for b in bins.values())
    return sum(gaps) / max(1, len(right))


def main() -> None:
    """Print a table; with ``--write`` put the figures into the rules as well."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", default="21-25")
    parser.add_argument("--styles", default=",".join(STYLES))
    parser.add_argument("--alerts", type=int, default=3000)
    parser.add_argument("--write", action="store_true")
    asked = parser.parse_args()
    styles = asked.styles.split(",")
    worlds = [made(seed, style, asked.alerts) for style in styles for seed in spans(asked.seeds)]
    fired: dict[bool, Counter[str]] = {True: Counter(), False: Counter()}
    cases: Counter[bool] = Counter()
    for one in worlds:
        for case in one.cases:
            good = purest(case.members, one.members)[1] >= PURITY
            own = own_patterns(case, one.heads)
            if case.pattern != BURST:
                cases[good] += 1
                fired[good].update(e.left for e in (*case.patterns, *own))
            elif calibration().probability(case) >= weights().fold.likelihood:
                fired[good]["route-burst"] += 1
    where = f"in simulated worlds of seeds {asked.seeds}, {len(styles)} styles"
    print(f"{cases[True]} right cases, {cases[False]} wrong ones")
    print("".ljust(28), *(c.rjust(7) for c in ("right", "wrong", "found", "false", "ece")))
    _row("all rules", "", "", *without(worlds, None))
    for rule in rules():
        good, bad = fired[True][rule.id], fired[False][rule.id]
        _row(f"{rule.pattern}  {rule.id}", good, bad, *without(worlds, rule.id))
        if asked.write:
            rate = f"Fired on {good} of {cases[True]} right cases and {bad} of {cases[False]} wrong"
            file = Path(str(released().joinpath(f"{rule.id}.yaml")))
            line = f"base_rate: {rate} ones {where}."
            file.write_text(re.sub(r"(?m)^base_rate: .*$", line, file.read_text("utf-8")), "utf-8")
    rates = {}
    for id in base_rates():
        good, bad = fired[True][id], fired[False][id]
        _row(id, good, bad)
        rate = (
            f"Fired on {good} of {cases[True]} right cases and {bad} of {cases[False]} wrong ones"
        )
        if id == "route-burst":
            rate = f"{good} of {good + bad} bursts were right"
        rates[id] = f"{rate} {where}."
    if asked.write:
        text = json.dumps(rates, indent=2, sort_keys=True)
        Path(str(released())).with_name(RATES).write_text(text + "\n", "utf-8")


def _row(name: str, *cells: object) -> None:
    shown = (f"{c:.4f}" if isinstance(c, float) else str(c) for c in cells)
    print(name.ljust(28), *(c.rjust(7) for c in shown), flush=True)


if __name__ == "__main__":
    main()
