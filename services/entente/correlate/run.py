"""The door for outside judges: a stream of alerts in order of arrival in, every proposal out.

The same engine as behind the broker. A line in::

    {"subject": ..., "issuer": ..., "version": ..., "change": "NEW", "issued_at": ...,
     "received_at": ..., "alert": {...}}

``alert`` is the alert's JSON form, nominal part included, and absent in a withdrawal. Times are
microseconds since the epoch or RFC 3339. A line out::

    {"proposal": ..., "version": ..., "at": ..., "after": <index of the line in>, "status": ...,
     "probability": ..., "bits": ..., "administrations": [...], "alerts": [...], "claim": ...,
     "patterns": ["P01", ...], "links": [...]}

The README of this room says more, and ``entente alert schema`` prints the alert's JSON Schema.
"""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

import msgspec

from entente.correlate.ahead import Ahead, keep, take
from entente.correlate.collecting import uncollected
from entente.correlate.engine import intake
from entente.correlate.head import Head
from entente.correlate.intake.intake import Read
from entente.correlate.lines import Arrived, read_ahead
from entente.correlate.loop import EVERY, run
from entente.correlate.rejects import Rejects
from entente.correlate.rules.rule import Rule
from entente.correlate.rules.rules import rules as load_rules
from entente.correlate.rules.trials import check
from entente.correlate.weigh.model import Weights, weights
from entente.errors import FileError


class Linked(msgspec.Struct):
    """A link of a proposal, for a judge."""

    a: str
    b: str
    bits: float
    evidence: list[str]


class Said(msgspec.Struct):
    """One line out: a version of a proposal."""

    proposal: str
    version: int
    at: int
    after: int
    status: str
    probability: float
    bits: float
    administrations: tuple[str, ...]
    alerts: list[str]
    claim: str
    patterns: list[str]
    """Of the catalogue, e.g. ``P09``: what the case looks like."""
    links: list[Linked]


class Outcome(NamedTuple):
    """What came of a stream."""

    read: int
    """Alert versions taken;"""
    written: int
    """proposal versions said;"""
    rejected: int
    """lines that were none, set aside."""


_encoder = msgspec.json.Encoder()


def correlate_run(
    alerts: Path,
    out: Path,
    *,
    rules: Path | None = None,
    workers: int = 1,
    sealed: bool = False,
    every: int = EVERY,
) -> Outcome:
    """Read ``alerts``, write every proposal version to ``out``.

    Empty lines are passed over. A line that is none is set aside in ``rejects_of(out)``, with its
    number and a repair, and the others go on without it.

    ``rules``: a folder of rules in the place of the released ones. ``workers``: processes; the
    second one weighs and folds, further ones normalise ahead. ``sealed``: the nominal part of each
    alert is turned into link tokens and forgotten.

    Raises FileError when a file cannot be read or written.
    """
    if not alerts.is_file():
        raise FileError(f"{alerts} is not a file.")
    for place in (out, rejects_of(out)):
        if place.exists() and place.samefile(alerts):
            raise FileError(
                f"{place} is the stream itself.", advice="Name another place with --out."
            )
    chosen = None if rules is None else load_rules(rules)
    if chosen is not None and rules is not None:
        check(chosen, rules)
    arrived: list[Arrived] = []
    written = 0
    try:
        with (
            alerts.open("rb") as source,
            out.open("wb") as target,
            Rejects(rejects_of(out)) as rejects,
            uncollected(),
            _kept(workers) as other,
        ):
            heads = read_ahead(source, arrived, workers - 2, sealed=sealed, aside=rejects.add)
            network = None
            if other is not None:
                network = Ahead(weights())
                heads = network.feed(heads, intake(weights()), every, other)
            for said in proposals(heads, arrived, weights(), every, chosen=chosen, network=network):
                target.write(_encoder.encode(said) + b"\n")
                written += 1
    except OSError as error:
        raise FileError(f"{error.filename or alerts}: {error.strerror}.") from error
    return Outcome(len(arrived), written, rejects.count)


def rejects_of(out: Path) -> Path:
    """Where the lines are kept that made no part of ``out``."""
    return out.with_name(f"{out.name}.rejects")


@contextmanager
def _kept(workers: int) -> Iterator[ProcessPoolExecutor | None]:
    """A process that keeps the network, where there is to be more than one."""
    if workers < 2:
        yield None
        return
    with ProcessPoolExecutor(1, get_context("spawn"), keep, (weights(),)) as other:
        other.submit(take, ())  # so that it starts while this one still reads its rules
        yield other


def proposals(
    heads: Iterable[Head | Read],
    arrived: Sequence[Arrived],
    given: Weights,
    every: int = EVERY,
    *,
    chosen: tuple[Rule, ...] | None = None,
    network: Ahead | None = None,
) -> Iterator[Said]:
    """Every proposal version as a line out. ``arrived`` has grown by each head that was taken."""
    for number, version, proposal in run(heads, given, every, chosen, network):
        after, at = arrived[number] if arrived else Arrived(0, 0)
        yield Said(
            proposal=proposal.case,
            version=version,
            at=at,
            after=after,
            status=proposal.status,
            probability=float(proposal.probability),
            bits=float(proposal.bits),
            administrations=proposal.administrations,
            alerts=[a.subject for a in proposal.alerts],
            claim=proposal.claim,
            patterns=sorted({e.pattern for e in proposal.evidence if e.pattern}),
            links=[
                Linked(x.a, x.b, float(x.bits), [e.sentence for e in x.evidence])
                for x in proposal.links
            ],
        )
