"""``make quality``: how well planted networks are found, on worlds that nothing was tuned on.

    PYTHONPATH=tests python -m bench.quality [--seeds 301-305] [--styles mixed,parcel] [--sealed]
    PYTHONPATH=tests python -m bench.quality --without phone.1,name

Weights and calibration were set on seeds below 300; report on others.
"""

import argparse
import time
from collections.abc import Iterable, Iterator, Sequence
from statistics import mean

import msgspec

from entente.alert.record import AnyAlert
from entente.correlate.head import Change, Head
from entente.correlate.model import Weights, weights
from entente.correlate.run import proposals, seal
from entente.exercise.score import ProposalLine, Score, score
from entente.exercise.stream import line, stream
from entente.exercise.truth import Truth, truth
from entente.exercise.world import Spec, World

AIMS = {
    "f1": 0.90, "pairwise_f1": 0.87, "bcubed_f1": 0.87, "precision_at_10": 0.95,
    "false_per_1000": 0.7, "ece": 0.06, "delay": 30, "ids_per_found": 1.05, "withdrawn_shown": 0,
}  # fmt: skip
"""What to reach, of each; the last five at most, the others at least."""


class Line(msgspec.Struct):
    """One line of the stream."""

    subject: str
    issuer: str
    version: int
    change: Change
    issued_at: int
    received_at: int
    alert: AnyAlert | None = None


def world(seed: int, style: str, alerts: int) -> tuple[list[Line], Truth]:
    """A world's stream and its truth."""
    made = World(Spec(seed=seed, alerts=alerts, style=style))
    decoder = msgspec.json.Decoder(Line)
    return [decoder.decode(line(message)) for message in stream(made)], truth(made)


def heads_of(lines: Iterable[Line]) -> Iterator[Head]:
    """The stream as the engine takes it."""
    for x in lines:
        yield Head(
            subject=x.subject,
            issuer=x.issuer,
            version=x.version,
            change=x.change,
            issued_at=x.issued_at,
            alert=x.alert,
        )


def without(given: Weights, kinds: Sequence[str]) -> Weights:
    """The weights with some kinds of evidence worth nothing, to see what each is good for."""
    link = given.link
    ids = {
        k: msgspec.structs.replace(v, bits=0.0 if k in kinds else v.bits)
        for k, v in link.ids.items()
    }
    around = {
        k: msgspec.structs.replace(v, most=0.0 if k in kinds else v.most)
        for k, v in link.circumstances.items()
    }
    changed = {"ids": ids, "circumstances": around}
    if "name" in kinds:
        changed["name_most"] = 0.0  # type: ignore[assignment]
    if "middlemen" in kinds:
        changed |= {"serves_alerts": 10**9}  # type: ignore[dict-item]
    return msgspec.structs.replace(given, link=msgspec.structs.replace(link, **changed))


def judge(
    lines: Sequence[Line], known: Truth, given: Weights, *, sealed: bool = False
) -> tuple[Score, float]:
    """The score of the engine on a stream, and lines per second of processor time."""
    heads = heads_of(lines)
    begun = time.process_time()
    said = list(proposals(map(seal, heads) if sealed else heads, [], given))
    taken = time.process_time() - begun
    emitted = [msgspec.convert(msgspec.to_builtins(x), ProposalLine) for x in said]
    return score(lines, known, emitted), len(lines) / taken  # type: ignore[arg-type]  # same fields


def spans(text: str) -> list[int]:
    """``301-303,310`` as numbers."""
    found = []
    for part in text.split(","):
        first, _, last = part.partition("-")
        found += range(int(first), int(last or first) + 1)
    return found


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", default="301-305")
    parser.add_argument("--styles", default="mixed")
    parser.add_argument("--alerts", type=int, default=7600)
    parser.add_argument("--without", default="")
    parser.add_argument("--sealed", action="store_true")
    asked = parser.parse_args()
    given = without(weights(), asked.without.split(",")) if asked.without else weights()
    columns = (*AIMS, "found", "networks", "false", "duplicates", "fragments")
    print("world".ljust(16), *(c[:9].rjust(9) for c in columns), "per s".rjust(7))
    scores = []
    for style in asked.styles.split(","):
        for seed in spans(asked.seeds):
            lines, known = world(seed, style, asked.alerts)
            result, speed = judge(lines, known, given, sealed=asked.sealed)
            scores.append(result)
            _row(f"{style} {seed}", [getattr(result, c) for c in columns], speed)
    means = [mean([getattr(s, c) or 0.0 for s in scores]) for c in columns]
    _row("mean", means, 0.0)
    _row("aim", list(AIMS.values()), 0.0)


def _row(title: str, values: Sequence[float | None], speed: float) -> None:
    cells = ("-".rjust(9) if v is None else f"{v:9.3f}" for v in values)
    print(title.ljust(16), *cells, f"{speed:7.0f}" if speed else "", flush=True)


if __name__ == "__main__":
    main()
