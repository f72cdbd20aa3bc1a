"""An office says what has reached it: signed receipts on ``receipts.<region>``, many in one.

Every few seconds at most one receipt a region names what is new since the last one, so receipts
cost a fraction of what they acknowledge. An office that is a witness co-signs in them what it has
read (``office.witness``). They have a store of their own: it holds the lanes that
say them, and so it must stay when the inbox is deleted to be read anew.

Tables, in the projection ``receipts``: ``said`` (topic, issuer, lane and act -> ranges said) and
``cursor`` (how far into which inbox).
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import NamedTuple, TypeVar

import msgspec
import structlog

from entente import clock
from entente.alert.handling import Handling
from entente.alert.ranges import Ranges, contains, union
from entente.alert.receipt import LaneReceipt, Range, Receipt
from entente.bus import admitted, inbox
from entente.bus.arrivals import Cursor, arrivals
from entente.bus.connection import Connection
from entente.bus.dispatch import Dispatch
from entente.bus.membership import Membership
from entente.bus.reception import held
from entente.bus.serve import together
from entente.config import Settings
from entente.errors import FileError, StoreError, TrustError
from entente.office import witness as witnesses
from entente.office.follow import PROJECTION, store
from entente.office.witness import Witness
from entente.proof.record import Record
from entente.proof.rows import Rows
from entente.store.database import Database, Tx
from entente.store.outbox import Outbox
from entente.store.reader import Reader, View
from entente.store.submission import Submission
from entente.trust import files, party
from entente.trust.administration import Administration
from entente.trust.audience import admits
from entente.wire.body import encode_body
from entente.wire.envelope import decode_envelope
from entente.wire.names import parse_record_key, statement_id, subject_id
from entente.wire.statement import Statement, decode_statement

STORE = "receipts.sqlite"
EVERY = 10.0
"""Seconds between two receipts."""
SLICE = 20
"""Records looked at without a pause, some 3 ms."""
REST = 3
"""A pause takes so many times as long as what came before it: alerts are folded, and handed out, by
the same thread, and nobody waits for a receipt."""
MOST = 4_000
"""Ranges that one receipt names."""
NOTES = 500
"""Co-signed checkpoints in one receipt; a lane's has some 500 bytes."""
NAME, SAID, CURSOR = "receipts", "said", "cursor"
HANDLING = Handling(tlp="GREEN", purpose="receipt", source_grade="A", information_grade=1)
ACTS = ("delivered", "read", "withdrawn")
_log = structlog.get_logger(__name__)
_encode = msgspec.msgpack.Encoder().encode
_ranges = msgspec.msgpack.Decoder(Ranges)


_T = TypeVar("_T")


class Place(NamedTuple):
    """What a receipt speaks of: an act on one lane."""

    topic: str
    issuer: str
    lane: int
    act: str

    @property
    def row(self) -> bytes:
        """The key in ``said``."""
        return "\0".join(map(str, self)).encode()


class _Progress(msgspec.Struct, frozen=True):
    """How far receipts go into the inbox of this name."""

    instance: str = ""
    delivered: Cursor = {}
    read: Cursor = {}


async def run(
    settings: Settings,
    office: str,
    membership: Membership,
    every: float = EVERY,
    witness_every: int = witnesses.EVERY,
) -> None:
    """Say receipts until cancelled. A lost store ends them, with a word in the log: no alert waits.

    Raises StoreBusy, KeyMissing.
    """
    folder = settings.party(office)
    secret = settings.secret()
    connection = Connection.of(settings.kafka.bootstrap, folder, secret)
    with Database(folder / STORE) as database:
        key = files.signing_key(folder / "signing.key", secret)
        outbox = Outbox(database, key)

        async def say(tx: Tx) -> list[Submission]:
            register, now = membership.register(), clock.now()
            party.check_signing(register, office, key.public.raw, now)
            by = witnesses.witness(folder, register, secret)
            return await new(
                folder, tx, membership, office, now, by=by, witness_every=witness_every
            )

        async with Dispatch(outbox, connection) as dispatch:
            try:
                await together(_say(database, say, every), dispatch.run())
            except StoreError as error:
                _log.error("no more receipts are sent", error=str(error), advice=error.advice)
        await asyncio.Event().wait()


async def _say(
    database: Database, say: Callable[[Tx], Awaitable[list[Submission]]], every: float
) -> None:
    told = ""
    while True:
        try:
            with database.transaction() as tx:
                for submission in await say(tx):
                    tx.submit(submission)
        except TrustError as error:  # a key that has ended: what is read waits for the next one
            if str(error) != told:
                _log.error("no receipts now", reason=str(error), advice=error.advice)
            told = str(error)
        await asyncio.sleep(every)


async def new(
    folder: Path,
    tx: Tx,
    membership: Membership,
    office: str,
    now: int,
    *,
    by: Witness | None = None,
    witness_every: int = witnesses.EVERY,
) -> list[Submission]:
    """The receipts for what is in the inbox and not acknowledged yet; co-signed ``by`` us.

    It looks through all that came since the last time, and gives way to others meanwhile.
    """
    if not store(folder).exists():
        return []
    register = membership.register()
    me = register.administration(office)
    rows = tx.rows(NAME)
    notes: dict[str, list[str]] = defaultdict(list)
    with Reader(store(folder)) as reader, reader.view(PROJECTION) as view:
        found = await _arrived(rows, reader.instance, view, folder, me, witnessing=by is not None)
        for topic, note in witnesses.cosigned(rows, view, by, now, witness_every) if by else ():
            notes[topic].append(note)
    fresh = _fresh(rows, found, me)
    receipts = []
    for topic in sorted(fresh.keys() | notes.keys()):
        ranges, words = iter(fresh[topic]), iter(notes[topic])
        while True:
            portion, said = list(islice(ranges, MOST)), tuple(islice(words, NOTES))
            if not portion and not said:
                break
            receipt = _receipt(portion, said)
            receipts.append(_submission(receipt, topic, me, register.network, now))
    return receipts


Found = dict[Place, set[int]]
"""Indexes by what is said of them."""


async def _arrived(
    rows: Rows, instance: str, view: View, folder: Path, me: Administration, *, witnessing: bool
) -> Found:
    """What has come, and was handed out, since the last look."""
    progress = msgspec.json.decode(rows.get(CURSOR, b"") or b"{}", type=_Progress)
    if progress.instance != instance:  # the inbox was read anew: so do we
        progress = _Progress(instance)
    delivered, read = dict(progress.delivered), dict(progress.read)
    found: Found = defaultdict(set)
    async for came in _giving_way(arrivals(view, delivered)):
        if witnessing and came.record is not None:
            witnesses.remember(rows, decode_envelope(came.record.value or b"").checkpoint)
        for place, index in _told(view, came.record, me):
            found[place].add(index)
            if place.act == "withdrawn":
                found[place._replace(act="delivered")].add(index)
    async for record in _giving_way(_handed_out(folder, view, read)):
        for place, index in _told(view, record, me):
            found[place._replace(act="read")].add(index)
    done = _Progress(progress.instance, delivered, read)
    if done != progress:
        rows.put(CURSOR, b"", msgspec.json.encode(done))
    return found


async def _giving_way(items: Iterable[_T]) -> AsyncIterator[_T]:
    since = time.monotonic()
    for number, item in enumerate(items):
        if number % SLICE == SLICE - 1:
            await asyncio.sleep(REST * (time.monotonic() - since))
            since = time.monotonic()
        yield item


def _fresh(rows: Rows, found: Found, me: Administration) -> dict[str, list[tuple[Place, Range]]]:
    """What was not said before, by topic of the alerts; now it counts as said."""
    fresh: dict[str, list[tuple[Place, Range]]] = defaultdict(list)
    for place, indexes in sorted(found.items()):
        known = _ranges.decode(rows.get(SAID, place.row) or _encode(()))
        add = union((index, index) for index in indexes if not contains(known, index))
        if add and place.topic.replace("alerts.", "receipts.") in me.duties:
            rows.put(SAID, place.row, _encode(union(known, add)))
            fresh[place.topic] += [(place, Range(first=first, last=last)) for first, last in add]
    return fresh


def _told(view: View, record: Record | None, me: Administration) -> Iterator[tuple[Place, int]]:
    """Where a record stands, if it is another's and shown to us."""
    if record is None:
        return
    envelope = decode_envelope(record.value or b"")
    statement = decode_statement(envelope.statement)

    def admit(record: Record) -> bool:
        other = decode_statement(decode_envelope(record.value or b"").statement)
        return admits(other.audience, other.issuer, me)

    if statement.issuer == me.id or not admitted.shown(view, record, statement, admit):
        return
    _, lane = parse_record_key(record.key or b"")
    act = "withdrawn" if statement.change == "WITHDRAWAL" else "delivered"
    yield Place(record.topic, statement.issuer, lane, act), envelope.index


def _handed_out(folder: Path, view: View, read: Cursor) -> Iterator[Record]:
    """What any subscriber of this office was handed since ``read``, which moves on."""
    until: Cursor = {}
    for path in folder.glob("*.cursor.json"):
        try:
            cursor = msgspec.json.decode(files.read(path), type=Cursor)
        except (FileError, msgspec.DecodeError):
            continue  # its subscriber will say so
        until |= {p: max(number, until.get(p, 0)) for p, number in cursor.items()}
    for partition, end in until.items():
        for number in range(read.get(partition, 0), end):
            key = partition.to_bytes(4, "big") + number.to_bytes(8, "big")
            value = view.get(inbox.ARRIVAL, key)
            if value is None:
                break  # a cursor of another inbox
            read[partition] = number + 1
            one = inbox.holding(view, inbox.arrival(value).key)
            if one is not None:
                yield held(view, one.place)


def _receipt(portion: Iterable[tuple[Place, Range]], notes: tuple[str, ...]) -> Receipt:
    lanes: dict[tuple[str, int], dict[str, list[Range]]] = defaultdict(lambda: defaultdict(list))
    for place, one in portion:
        lanes[place.issuer, place.lane][place.act].append(one)
    return Receipt(
        lanes=tuple(
            LaneReceipt(
                issuer=issuer, lane=lane, **{act: tuple(acts[act]) for act in ACTS if act in acts}
            )
            for (issuer, lane), acts in sorted(lanes.items())
        ),
        witnessed=notes,
    )


def _submission(
    receipt: Receipt, topic: str, me: Administration, network: str, now: int
) -> Submission:
    schema, body = encode_body(receipt)
    digest = sha256(body).digest()
    receipts = topic.replace("alerts.", "receipts.")
    about = subject_id(network, me.id, f"receipt/{digest.hex()[:32]}")
    statement = Statement(
        id=statement_id(about, 1, "NEW"),
        subject=about,
        version=1,
        change="NEW",
        type=schema.fullname,
        schema=schema.sha256,
        network=network,
        issuer=me.id,
        topic=receipts,
        issued_at=now,
        handling=HANDLING,
        body=body,
    )
    return Submission.of(statement, digest, me.duties[receipts])
