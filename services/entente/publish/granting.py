"""Grants added and taken back later, each step in one transaction of the publisher's store."""

import contextlib
from uuid import UUID

from entente.bus.connection import Connection
from entente.bus.producer import Outgoing, Producer
from entente.bus.replay import replay
from entente.errors import AlertError
from entente.proof.read import read
from entente.proof.rows import MemoryRows
from entente.proof.verdict import Accepted
from entente.publish import grants
from entente.publish.say import Voice
from entente.seal.grant import PrivateKeys
from entente.store.database import Database, Tx
from entente.wire.names import GRANTS, parse_grant_key, statement_id
from entente.wire.statement import Statement


def grant(
    database: Database,
    voice: Voice,
    subject: UUID,
    recipient: str,
    *,
    keys: PrivateKeys,
    now: int,
    called: str = "",
) -> UUID:
    """Grant what holds of a subject; the statement's id. Granting again is harmless.

    It is ``called`` so in sentences, else by its subject.

    ``keys`` are our own HPKE keys. Raises AlertError: it was withdrawn, or no key of it is kept;
    TrustError: no agreement covers it.
    """
    with database.transaction() as tx:
        id = _holds(tx, voice, subject, called or str(subject))
        stored = grants.give_later(
            tx, voice, grants.To(id, recipient), keys, now, called=called or str(subject)
        )
        if stored is not None:
            tx.submit(stored)
    return id


def ungrant(
    database: Database,
    voice: Voice,
    subject: UUID,
    recipient: str,
    *,
    reason: str,
    now: int,
    called: str = "",
) -> int:
    """Take back what ``recipient`` was granted of a subject, every version; how many.

    It is ``called`` so in sentences, else by its subject. Raises AlertError: we have said nothing
    of it.
    """
    with database.transaction() as tx:
        taken = [
            stored
            for version, change in sorted(_said(tx, voice, subject, called or str(subject)))
            for stored in grants.take_back(
                tx, voice, statement_id(subject, version, change),
                reason=reason, now=now, recipient=recipient,
            )
        ]  # fmt: skip
        for stored in taken:
            tx.submit(stored)
    return len(taken)


def sweep(database: Database, voice: Voice, now: int) -> int:
    """Take back every grant whose ``expires_at`` has come; how many."""
    with database.transaction() as tx:
        due = list(grants.sweep(tx, voice, now))
        for stored in due:
            tx.submit(stored)
    return len(due)


async def recall(database: Database, voice: Voice, connection: Connection, now: int) -> None:
    """Take from the topic what the store lacks of our own grants: a disk may have been lost.

    Raises BusError and its kind.
    """
    own = f"{voice.administration}/".encode()
    said: dict[bytes, Statement] = {}
    cleared: set[bytes] = set()
    async with contextlib.aclosing(replay(connection, GRANTS)) as records:
        async for record in records:
            key = record.key or b""
            if not key.startswith(own):
                continue
            verdict = read(record, MemoryRows(), voice.register, voice.register.network, now)
            if isinstance(verdict, Accepted):
                said[key] = verdict.statement
            (cleared.add if record.value is None else cleared.discard)(key)
    with database.transaction() as tx:
        for key, statement in said.items():
            _, granted, recipient = parse_grant_key(key)
            to = grants.To(granted, recipient)
            grants.remember(tx, to, statement, cleared=key in cleared, voice=voice)


def clearing(database: Database) -> list[bytes]:
    """The record keys that wait for a tombstone: their withdrawals are accepted."""
    with database.transaction() as tx:
        return grants.clearing(tx.rows(grants.PROJECTION))


async def clear(database: Database, connection: Connection, due: list[bytes]) -> None:
    """Write tombstones for those of ``due`` that still wait; their withdrawals must be sent.

    What was granted again meanwhile is left alone. Raises BusError and its kind.
    """
    still = set(clearing(database)).intersection(due) if due else ()
    if not still:
        return
    async with Producer(connection) as producer:
        await producer.send(Outgoing(GRANTS, key, None) for key in sorted(still))
    with database.transaction() as tx:
        for key in still:
            tx.rows(grants.PROJECTION).delete(grants.CLEARING, key)


def _holds(tx: Tx, voice: Voice, subject: UUID, called: str) -> UUID:
    """The id of the statement that holds of a subject of ours. Raises AlertError."""
    version, change = max(_said(tx, voice, subject, called))
    if change == "WITHDRAWAL":
        raise AlertError(
            f"{called} was withdrawn.", advice="Nothing of it can be granted any more."
        )
    return statement_id(subject, version, change)


def _said(tx: Tx, voice: Voice, subject: UUID, called: str) -> set[tuple[int, str]]:
    """The versions of a subject of ours, each with its change. Raises AlertError: there is none."""
    found = tx.versions(subject.bytes)
    if not found:
        raise AlertError(
            f"{voice.administration} has said nothing of {called}.",
            advice="Give the subject of an alert of your own, or its national reference.",
        )
    return found
