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

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from functools import partial
from itertools import islice
from multiprocessing import get_context
from pathlib import Path

import msgspec

from entente.correlate.ahead import Ahead, keep
from entente.correlate.collecting import collected_seldom
from entente.correlate.engine import intake
from entente.correlate.features import Features, features
from entente.correlate.head import Head
from entente.correlate.intake import Read
from entente.correlate.line import read, seal
from entente.correlate.loop import EVERY, run
from entente.correlate.model import Weights, weights
from entente.correlate.rule import Rule
from entente.correlate.rules import rules as load_rules
from entente.correlate.trials import check
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


_encoder = msgspec.json.Encoder()


def correlate_run(
    alerts: Path,
    out: Path,
    *,
    rules: Path | None = None,
    workers: int = 1,
    sealed: bool = False,
    every: int = EVERY,
) -> tuple[int, int]:
    """Read ``alerts``, write every proposal version to ``out``; lines read and written.

    ``rules``: a folder of rules in the place of the released ones. ``workers``: processes; the
    second one weighs and folds, further ones normalise ahead. ``sealed``: the nominal part of each
    alert is turned into link tokens and forgotten.

    Raises FileError when a file cannot be read or written, InputError with its number at the first
    line that is none.
    """
    if not alerts.is_file():
        raise FileError(f"{alerts} is not a file.")
    chosen = None if rules is None else load_rules(rules)
    if chosen is not None and rules is not None:
        check(chosen, rules)
    received: list[int] = []
    written = 0
    try:
        with (
            alerts.open("rb") as source,
            out.open("wb") as target,
            collected_seldom(),
            _kept(workers) as other,
        ):
            heads = read_ahead(source, received, workers - 2, sealed=sealed)
            network = None
            if other is not None:
                network = Ahead(weights())
                heads = network.feed(heads, intake(weights()), every, other)
            for said in proposals(
                heads, received, weights(), every, chosen=chosen, network=network
            ):
                target.write(_encoder.encode(said) + b"\n")
                written += 1
    except OSError as error:
        raise FileError(f"{error.filename or alerts}: {error.strerror}.") from error
    return len(received), written


@contextmanager
def _kept(workers: int) -> Iterator[ProcessPoolExecutor | None]:
    """A process that keeps the network, where there is to be more than one."""
    if workers < 2:
        yield None
        return
    with ProcessPoolExecutor(1, get_context("spawn"), keep, (weights(),)) as other:
        yield other


def proposals(
    heads: Iterable[Head | Read],
    received: list[int],
    given: Weights,
    every: int = EVERY,
    *,
    chosen: tuple[Rule, ...] | None = None,
    network: Ahead | None = None,
) -> Iterator[Said]:
    """Every proposal version as a line out. ``received`` holds when each head arrived."""
    for after, version, proposal in run(heads, given, every, chosen, network):
        yield Said(
            proposal=proposal.case,
            version=version,
            at=received[after] if after < len(received) else 0,
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


def read_ahead(
    source: Iterable[bytes], received: list[int], workers: int, *, sealed: bool
) -> Iterator[Read]:
    """Heads with their features, in the order of their lines; ``workers`` beside this process make
    the features."""
    numbered = enumerate(source, 1)

    def decoded(number: int, raw: bytes) -> Head:
        at, head = read(number, raw)
        received.append(at)
        return seal(head) if sealed else head

    if workers < 1:
        for number, raw in numbered:
            head = decoded(number, raw)
            yield head, features(head)
        return
    portions = iter(lambda: list(islice(numbered, _PORTION)), [])
    made = partial(_features, sealed=sealed)
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        waiting = deque((some, pool.submit(made, some)) for some in islice(portions, 2 * workers))
        while waiting:
            lines, found = waiting.popleft()
            waiting.extend((some, pool.submit(made, some)) for some in islice(portions, 1))
            for (number, raw), known in zip(lines, found.result(), strict=True):
                yield decoded(number, raw), known


_PORTION = 64
"""Lines that a worker is given at a time."""


def _features(lines: list[tuple[int, bytes]], *, sealed: bool) -> list[Features | None]:
    """Features alone: to decode a line again costs less than to be handed its record."""
    heads = (read(number, raw)[1] for number, raw in lines)
    return [features(seal(head) if sealed else head) for head in heads]
