"""Rebuild lanes from what is on their topic, for a writer that has lost its own store.

The eight steps are the judge here too: only what every reader accepts becomes the writer's past.
"""

from collections.abc import Iterable
from typing import NamedTuple

from entente.errors import ProofError
from entente.proof import lane as lanes
from entente.proof.checkpoint import parse
from entente.proof.keyring import Register
from entente.proof.merkle import append, leaf_hash, left_siblings
from entente.proof.read import rejudge
from entente.proof.record import Record
from entente.proof.rows import MemoryRows
from entente.proof.verdict import Accepted, Code, Refused
from entente.proof.writer import Writer
from entente.wire.names import GRANTS, Origin

_END_KEY = (
    "Make new keys (`entente party rekey`), and let the secretariat end the old one with the last"
    " checkpoint that is whole; then recover again."
)


class Written(NamedTuple):
    """A statement of ours as it stands on the topic."""

    record: Record
    accepted: Accepted


class Rebuilt(NamedTuple):
    """Where a lane stands, and what was said in it, by rising index."""

    writer: Writer
    written: tuple[Written, ...]


def rebuild(
    records: Iterable[Record], register: Register, network: str, now: int
) -> dict[Origin, Rebuilt]:
    """The lanes in all records of one issuer on one topic; a lane without any is not named.

    What no reader takes to be the issuer's (steps 1 to 5) is passed over: others may write to the
    topic too. On ``grants``, which is compacted, a lane goes on after the last index still there;
    readers do not judge its order. Raises ProofError where going on would contradict what was
    signed: the lane is forked, its end was signed and is not on the topic, or something of it
    cannot be judged yet.
    """
    rows = MemoryRows()
    found: dict[Origin, list[Written]] = {}
    for record, verdict in rejudge(records, rows, register, network, now):
        if isinstance(verdict, Accepted):
            found.setdefault(verdict.origin, []).append(Written(record, verdict))
        elif isinstance(verdict, Refused) and verdict.step >= 6 and verdict.origin is not None:
            _stop(verdict)
            found.setdefault(verdict.origin, [])
    return {
        origin: Rebuilt(_writer(origin, written, rows), _in_order(written))
        for origin, written in found.items()
    }


def _stop(refused: Refused) -> None:
    """Our own signature is on it: it may be left out of what was said, but not out of the lane."""
    code = refused.code
    where = f"index {refused.index} of {refused.origin}"
    if code in (Code.FORK, Code.SUSPENDED):
        raise ProofError(f"{where}: the lane is forked ({refused.message})", advice=_END_KEY)
    if code.temporary or (code.step < 8 and code is not Code.NOT_BELIEVED):
        raise ProofError(f"{where}: {refused.message}", advice=code.advice)


def _writer(origin: Origin, written: list[Written], rows: MemoryRows) -> Writer:
    if origin.topic == GRANTS and written:
        last = max(written, key=lambda one: one.accepted.index).accepted.envelope
        size = parse(last.checkpoint).checkpoint.size
        left = left_siblings(last.index, size, last.proof)
        return Writer(origin, last.index + 1, append(left, last.index, leaf_hash(last.statement)))
    lane = lanes.load(rows, origin)
    if not lane.runs:
        return Writer(origin)
    end, after = lane.runs[-1].end, lane.runs[-1].after
    if end < lane.size:
        raise ProofError(
            f"{origin}: indexes {end} to {lane.size - 1} were signed and are not on the topic",
            advice=_END_KEY,
        )
    return Writer(origin, end, after)


def _in_order(written: list[Written]) -> tuple[Written, ...]:
    return tuple(sorted(written, key=lambda one: one.accepted.index))
