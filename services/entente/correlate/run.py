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

import codecs
import hashlib
import hmac
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import datetime
from functools import partial
from itertools import islice
from multiprocessing import get_context
from pathlib import Path

import msgspec

from entente.alert.form import parse
from entente.alert.problem import AlertRefused
from entente.alert.record import AnyAlert, Consignment
from entente.correlate.collecting import collected_seldom
from entente.correlate.engine import EVERY, Read, run
from entente.correlate.features import Features, features
from entente.correlate.head import Change, Head, Token
from entente.correlate.model import Weights, weights
from entente.correlate.rule import Rule
from entente.correlate.rules import rules as load_rules
from entente.correlate.trials import check
from entente.errors import FileError, InputError
from entente.seal.normalise import nominal_values


class Line(msgspec.Struct):
    """One line of the stream. Fields that are not named here are passed over."""

    subject: str
    issuer: str
    version: int = 1
    change: Change = "NEW"
    issued_at: int | str = 0
    received_at: int | str = 0
    alert: AnyAlert | None = None


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


_decoder = msgspec.json.Decoder(Line)
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

    ``rules``: a folder of rules in the place of the released ones. ``workers``: processes that
    read and normalise ahead of the one that weighs. ``sealed``: the nominal part of each alert is
    turned into link tokens and forgotten.

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
        with alerts.open("rb") as source, out.open("wb") as target, collected_seldom():
            read = read_ahead(source, received, workers, sealed=sealed)
            for said in proposals(read, received, weights(), every, chosen):
                target.write(_encoder.encode(said) + b"\n")
                written += 1
    except OSError as error:
        raise FileError(f"{error.filename or alerts}: {error.strerror}.") from error
    return len(received), written


def proposals(
    heads: Iterable[Head | Read],
    received: list[int],
    given: Weights,
    every: int = EVERY,
    chosen: tuple[Rule, ...] | None = None,
) -> Iterator[Said]:
    """Every proposal version as a line out. ``received`` holds when each head arrived."""
    for after, version, proposal in run(heads, given, every, chosen):
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
    """Heads with their features, in the order of their lines."""
    numbered = enumerate(source, 1)

    def decoded(number: int, raw: bytes) -> Head:
        at, head = _read(number, raw, sealed=sealed)
        received.append(at)
        return head

    if workers < 2:
        for number, raw in numbered:
            head = decoded(number, raw)
            yield head, features(head)
        return
    portions = iter(lambda: list(islice(numbered, _PORTION)), [])
    made = partial(_features, sealed=sealed)
    with ProcessPoolExecutor(workers - 1, mp_context=get_context("spawn")) as pool:
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
    return [features(_read(number, raw, sealed=sealed)[1]) for number, raw in lines]


def _read(number: int, raw: bytes, *, sealed: bool) -> tuple[int, Head]:
    at, head = _head(number, raw)
    return at, seal(head) if sealed else head


def _head(number: int, raw: bytes) -> tuple[int, Head]:
    text = raw.removeprefix(codecs.BOM_UTF8) if number == 1 else raw
    if not text.strip():
        raise InputError(f"Line {number} is empty.", advice="Remove it and run again.")
    try:
        line = _decoder.decode(text)
        times = _micros(line.issued_at), _micros(line.received_at)
    except (msgspec.MsgspecError, ValueError) as error:
        reason, advice = _explain(text, f"{error}.")
        raise InputError(f"Line {number}: {reason}", advice=advice) from error
    if line.version < 1:
        raise InputError(f"Line {number}: versions count from 1, not {line.version}.")
    if line.alert is None and line.change != "WITHDRAWAL":
        raise InputError(
            f"Line {number} has no alert.", advice="Only a withdrawal (change) has none."
        )
    head = Head(
        subject=line.subject,
        issuer=line.issuer,
        version=line.version,
        change=line.change,
        issued_at=times[0],
        alert=None if line.change == "WITHDRAWAL" else line.alert,
    )
    return times[1], head


def _explain(text: bytes, reason: str) -> tuple[str, str]:
    """Why a line is none, and a repair: of the alert in it, if that is at fault."""
    try:
        alert = msgspec.json.decode(text, type=dict[str, object]).get("alert")
        if isinstance(alert, dict):
            parse(alert)
    except AlertRefused as refused:
        problem = refused.problems[0]
        return f"alert{problem.pointer}: {problem.reason}", problem.repair
    except (msgspec.MsgspecError, RecursionError):
        pass
    return (
        reason,
        "The README of correlate/ says what a line is; `entente alert check` checks alerts.",
    )


def _micros(value: int | str) -> int:
    if isinstance(value, int):
        return value
    return round(datetime.fromisoformat(value.replace("Z", "+00:00")).timestamp() * 1_000_000)


_KEY = hashlib.sha256(b"entente correlate run --sealed").digest()


def seal(head: Head) -> Head:
    """The head as a correlator sees it that may not read who: tokens in the nominal part's place.

    The key is fixed and public here: it is a way to judge, not to protect.
    """
    alert = head.alert
    if not isinstance(alert, Consignment) or alert.nominal is None:
        return head
    tokens = tuple(
        sorted(
            Token(
                v.kind,
                "judged",
                hmac.digest(_KEY, f"{v.kind}\0{v.text}".encode(), "sha256").hex()[:32],
            )
            for v in nominal_values(alert.nominal)
        )
    )
    blind = msgspec.structs.replace(alert, nominal=None)
    return msgspec.structs.replace(head, alert=blind, tokens=tokens)
