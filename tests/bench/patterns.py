"""How often each rule fires on right and on wrong cases: the base rates that rules state.

    PYTHONPATH=tests python -m bench.patterns [--seeds 21-22] [--styles mixed,parcel] [--write]

Right: a case at least 70 % of which is one planted network. Bursts are not judged by rules.
"""

import argparse
import re
import time
from collections import Counter
from pathlib import Path

from bench.quality import heads_of, spans, world
from entente.correlate.bursting import PATTERN as BURST
from entente.correlate.engine import Engine
from entente.correlate.model import weights
from entente.correlate.rules import released, rules
from entente.exercise.score import PURITY, purest
from entente.exercise.style import STYLES


def main() -> None:
    """Print a table; with ``--write`` put the figures into the rules as well."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", default="21-22")
    parser.add_argument("--styles", default=",".join(STYLES))
    parser.add_argument("--alerts", type=int, default=3000)
    parser.add_argument("--write", action="store_true")
    asked = parser.parse_args()
    fired: dict[bool, Counter[str]] = {True: Counter(), False: Counter()}
    cases: Counter[bool] = Counter()
    spent = 0.0
    for style in asked.styles.split(","):
        for seed in spans(asked.seeds):
            lines, known = world(seed, style, asked.alerts)
            members = {alert: n.id for n in known.networks for alert in n.alerts}
            engine = Engine(weights())
            for head in heads_of(lines):
                engine.apply(head)
            engine.begin(whole=True)
            begun = time.process_time()
            for case in engine.cases(likely=False):
                if case.pattern != BURST:
                    right = purest(case.members, members)[1] >= PURITY
                    cases[right] += 1
                    fired[right].update(e.left for e in case.patterns)
            spent += time.process_time() - begun
            print(style, seed, dict(cases), flush=True)
    where = f"simulated worlds of seeds {asked.seeds}, all styles"
    for rule in rules():
        good, bad = fired[True][rule.id], fired[False][rule.id]
        rate = (
            f"Fired on {good} of {cases[True]} right cases and {bad} of {cases[False]} wrong ones"
        )
        print(f"{rule.pattern}  {rule.id:<24} {rate}")
        if asked.write:
            file = Path(str(released().joinpath(f"{rule.id}.yaml")))
            line = f"base_rate: {rate} in {where}."
            file.write_text(re.sub(r"(?m)^base_rate: .*$", line, file.read_text("utf-8")), "utf-8")
    print(f"{1000 * spent / max(1, cases.total()):.2f} ms a case, matching included")


if __name__ == "__main__":
    main()
