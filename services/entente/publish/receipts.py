"""What an administration was told of its own alerts: who received, read or followed them.

A fold of ``receipts.<region>``; table ``seen``: reader, topic, lane and act -> ranges of our own
lanes. Receipts are united, so their order does not matter and none takes another back.
"""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, get_args
from uuid import UUID

import msgspec

from entente import clock
from entente.alert.ranges import Ranges, contains, union
from entente.alert.receipt import LaneReceipt, Receipt
from entente.bus.connection import Connection
from entente.bus.judging import Judging
from entente.bus.membership import Membership
from entente.bus.receive import Receiving, topics
from entente.bus.reception import Reception
from entente.config import Settings
from entente.errors import AlertError
from entente.proof.record import Record
from entente.proof.rows import Rows
from entente.proof.verdict import Accepted, Verdict
from entente.publish.desk import OUTBOX
from entente.store.database import Database
from entente.store.reader import Reader, View
from entente.store.submission import Place
from entente.trust.administration import Administration
from entente.trust.audience import admits
from entente.trust.register import Register
from entente.wire.envelope import decode_envelope
from entente.wire.names import Origin
from entente.wire.statement import Statement, decode_statement

STORE, PROJECTION, SEEN = "received-receipts.sqlite", "receipts", "seen"
Act = Literal["delivered", "read", "withdrawn"]
ACTS: tuple[Act, ...] = get_args(Act)
_encode = msgspec.msgpack.Encoder().encode
_ranges = msgspec.msgpack.Decoder(Ranges)


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """How a version of a subject stands with one of those it was said to."""

    reader: str
    acts: tuple[Act, ...]
    """What it has acknowledged; empty: nothing yet."""


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """A version of a subject: where it was said, and how it stands with each reader."""

    version: int
    change: str
    issued_at: int
    places: tuple[str, ...]
    """Origin and index on each topic; without an index: not sent yet."""
    readers: tuple[Standing, ...]


class Receipts(Judging):
    """The fold, for a ``Projection``. What was counted stays counted."""

    def __init__(self, administration: str, reception: Reception) -> None:
        super().__init__(reception)
        self._me = administration

    def _apply(self, rows: Rows, record: Record, verdict: Verdict) -> None:
        if not isinstance(verdict, Accepted) or not isinstance(verdict.body, Receipt):
            return
        said = verdict.statement
        topic = said.topic.replace("receipts.", "alerts.")
        for lane in verdict.body.lanes:
            for act, ranges in _acts(lane) if lane.issuer == self._me else ():
                key = _key(said.issuer, topic, lane.lane, act)
                known = _ranges.decode(rows.get(SEEN, key) or _encode(()))
                rows.put(SEEN, key, _encode(union(known, ranges)))


async def run(
    settings: Settings, administration: str, caught_up: asyncio.Event | None = None
) -> None:
    """Receive the receipts of our regions until cancelled; errors as ``bus.receive.receive``."""
    folder = settings.party(administration)
    connection = Connection.of(settings.kafka.bootstrap, folder, settings.secret())
    membership = Membership(connection, folder, clock.now)
    await membership.refresh()
    with Database(folder / STORE) as database:
        receiving = Receiving(settings, administration, database, connection, membership)
        await receiving.run(
            PROJECTION,
            topics(membership.register(), administration, "receipts"),
            lambda reception: Receipts(administration, reception),
            caught_up=caught_up,
        )


def status(folder: Path, register: Register, subject: UUID, called: str = "") -> list[Status]:
    """Every version of a subject of ours, the newest first, and who has acknowledged it.

    It is ``called`` so in sentences, else by its subject.

    Raises AlertError: we have said nothing of it.
    """
    me = folder.name
    with Reader(folder / OUTBOX) as reader:
        places = [p for p in reader.places(subject.bytes) if p.origin.topic.startswith("alerts.")]
    if not places:
        raise AlertError(
            f"{me} has said nothing of {called or subject}.",
            advice="Give the subject of an alert of your own, or its national reference.",
        )
    if not (folder / STORE).exists():
        return [_status(None, version, register, me) for version in _versions(places)]
    with Reader(folder / STORE) as reader, reader.view(PROJECTION) as view:
        return [_status(view, version, register, me) for version in _versions(places)]


def _versions(places: list[Place]) -> Iterator[list[Place]]:
    for number in sorted({place.version for place in places}, reverse=True):
        yield [place for place in places if place.version == number]


def _status(view: View | None, places: list[Place], register: Register, me: str) -> Status:
    statement = _statement(places[0])
    readers = (
        member
        for member in register.administrations.values()
        if member.id != me and _concerns(member, places, statement)
    )
    return Status(
        version=places[0].version,
        change=places[0].change,
        issued_at=statement.issued_at,
        places=tuple(
            f"{_lane(place.origin)}{'' if place.at is None else f' {place.at}'}" for place in places
        ),
        readers=tuple(
            Standing(
                reader=member.id,
                acts=tuple(act for act in ACTS if view and _has(view, member.id, places, act)),
            )
            for member in sorted(readers, key=lambda member: member.id)
        ),
    )


def _concerns(member: Administration, places: list[Place], statement: Statement) -> bool:
    """Whether a member may read one of these topics, is spoken to, and gives receipts there."""
    if member.retired is not None or member.role not in ("administration", "liaison_office"):
        return False
    topics = {place.origin.topic for place in places}
    return not topics.isdisjoint(member.reads) and admits(
        statement.audience, statement.issuer, member
    )


def _has(view: View, reader: str, places: list[Place], act: Act) -> bool:
    for place in places:
        found = view.get(SEEN, _key(reader, place.origin.topic, place.origin.lane, act))
        if found and place.at is not None and contains(_ranges.decode(found), place.at):
            return True
    return False


def _acts(lane: LaneReceipt) -> Iterator[tuple[Act, Ranges]]:
    for act in ACTS:
        yield act, tuple((one.first, one.last) for one in getattr(lane, act))


def _statement(place: Place) -> Statement:
    signed = place.at is not None
    return decode_statement(decode_envelope(place.data).statement if signed else place.data)


def _lane(origin: Origin) -> str:
    return f"{origin.topic}/{origin.lane}"


def _key(reader: str, topic: str, lane: int, act: Act) -> bytes:
    return f"{reader}\0{topic}\0{lane}\0{act}".encode()
