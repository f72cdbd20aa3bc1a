"""An office says what has reached it: signed receipts on ``receipts.<region>``, many in one.

Every few seconds at most one receipt a region names what is new since the last one, so receipts
cost a fraction of what they acknowledge. An office that is a witness co-signs in them what it has
read (``office.witness``). They have a store of their own: it holds the lanes that
say them, and so it must stay when the inbox is deleted to be read anew.

Tables, in the projection ``receipts``: ``said`` (topic, issuer, lane and act -> ranges said) and
``cursor`` (how far into which inbox).
"""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from hashlib import sha256
from itertools import islice
from pathlib import Path

import msgspec
import structlog

from entente import clock
from entente.alert.handling import Handling
from entente.alert.ranges import Ranges, contains, union
from entente.alert.receipt import LaneReceipt, Range, Receipt
from entente.bus.connection import Connection
from entente.bus.dispatch import Dispatch
from entente.bus.membership import Membership
from entente.bus.serve import together
from entente.config import Settings
from entente.errors import StoreError, TrustError
from entente.office import witness as witnesses
from entente.office.acknowledging import ACTS, Acknowledging, Found, Place, Progress
from entente.office.follow import PROJECTION, store
from entente.office.witness import Witness
from entente.proof.rows import Rows
from entente.store.database import Database, Tx
from entente.store.outbox import Outbox
from entente.store.reader import Reader
from entente.store.submission import Submission
from entente.trust import files, party
from entente.trust.administration import Administration
from entente.wire.body import encode_body
from entente.wire.names import statement_id, subject_id
from entente.wire.statement import Statement

STORE = "receipts.sqlite"
EVERY = 10.0
"""Seconds between two receipts."""
MOST = 4_000
"""Ranges that one receipt names."""
NOTES = 500
"""Co-signed checkpoints in one receipt; a lane's has some 500 bytes."""
NAME, SAID, CURSOR = "receipts", "said", "cursor"
HANDLING = Handling(tlp="GREEN", purpose="receipt", source_grade="A", information_grade=1)
_log = structlog.get_logger(__name__)
_encode = msgspec.msgpack.Encoder().encode
_ranges = msgspec.msgpack.Decoder(Ranges)


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
        look = Acknowledging(view, folder, me, partial(witnesses.remember, rows) if by else None)
        before = msgspec.json.decode(rows.get(CURSOR, b"") or b"{}", type=Progress)
        if before.instance != reader.instance or (by and not witnesses.begun(rows)):
            # The inbox was read anew, or we were no witness when we looked at it: so do we.
            before = Progress(reader.instance)
        found, done = await look.since(before)
        if done != before:
            rows.put(CURSOR, b"", msgspec.json.encode(done))
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
