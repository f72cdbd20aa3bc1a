"""What an administration has granted: given at publishing or later, taken back, swept when it ends.

Tables, in the projection ``grants`` of its outbox: ``kept`` (granted statement -> its content key,
wrapped to ourselves, so that it can be granted later), ``given`` (statement and recipient -> the
grant), ``ending`` (time and statement, for those that end) and ``clearing`` (the record keys that
wait for their tombstone). They change with the statements that say so, in one transaction.

What can be undone, and what not: a grant taken back is cleared from its topic, and a recipient's
office that follows these rules forgets it. Who has opened a sealed part knows what it read, may
have copied key and names, and nothing makes it unread.
"""

import hashlib
from collections.abc import Iterable, Iterator
from itertools import takewhile
from typing import NamedTuple
from uuid import UUID

import msgspec

from entente.alert.handling import Handling
from entente.errors import AlertError, TrustError
from entente.proof.rows import Rows
from entente.publish import say
from entente.publish.say import Voice
from entente.seal.grant import TYPE, Grant, PrivateKeys, grant, national_ref, open_grant
from entente.store.database import Tx
from entente.store.submission import Submission as Stored
from entente.wire import names
from entente.wire.avro import encode
from entente.wire.schemas import latest
from entente.wire.statement import Change, Statement, decode_statement

PROJECTION = "grants"
KEPT, GIVEN, ENDING, CLEARING = "kept", "given", "ending", "clearing"


class Kept(msgspec.Struct, frozen=True, array_like=True):
    """A content key of ours and the marks of the statement that it opens."""

    own: Grant
    handling: Handling


class Given(msgspec.Struct, frozen=True, array_like=True):
    """The last version of a grant. Not ``live``: it was taken back."""

    version: int
    live: bool
    handling: Handling
    at: int = 0
    """When it was said, in microseconds."""


_kept = msgspec.msgpack.Decoder(Kept)
_given = msgspec.msgpack.Decoder(Given)
_encode = msgspec.msgpack.Encoder().encode


class To(NamedTuple):
    """A granted statement and who may open it."""

    statement: UUID
    recipient: str

    @property
    def row(self) -> bytes:
        """The key in ``given``."""
        return self.statement.bytes + self.recipient.encode()


def wrapped(voice: Voice, to: To, key: bytes, now: int) -> Grant:
    """A content key for a recipient, or for ourselves. Raises TrustError: it may not have it."""
    me = voice.administration
    if to.recipient != me and not voice.register.may_share_nominal(me, to.recipient, now):
        raise TrustError(
            f"No agreement lets {me} share names with {to.recipient}.",
            advice="The secretariat enters one with `entente network agree --nominal`; until then"
            f" leave {to.recipient} out of `recipients`.",
        )
    if names.GRANTS not in voice.member.duties:
        raise TrustError(f"{me} may not write {names.GRANTS}.")
    hpke = voice.register.hpke_key(to.recipient, now)
    return grant(key, statement=to.statement, recipient=to.recipient, recipient_key=hpke.public)


def keep(tx: Tx, own: Grant, handling: Handling) -> None:
    """Keep a content key, wrapped to ourselves."""
    rows, id = tx.rows(PROJECTION), UUID(bytes=own.statement)
    rows.put(KEPT, id.bytes, _encode(Kept(own, handling)))
    if handling.expires_at is not None:
        rows.put(ENDING, _ending(handling.expires_at, id), b"")


def give(tx: Tx, voice: Voice, body: Grant, handling: Handling, now: int) -> Stored:
    """The statement that gives a grant, or gives it again."""
    to = To(UUID(bytes=body.statement), body.recipient)
    rows = tx.rows(PROJECTION)
    before = rows.get(GIVEN, to.row)
    version = _given.decode(before).version + 1 if before else 1
    rows.put(GIVEN, to.row, _encode(Given(version, True, handling, now)))
    rows.delete(CLEARING, _record_key(voice, to))
    said = _statement(voice, to, version, "NEW", handling=handling, now=now)
    said = msgspec.structs.replace(said, body=encode(latest("grant"), body.fields()))
    digest = hashlib.sha256(to.statement.bytes).digest()
    return say.stored(said, digest, voice, _record_key(voice, to))


def give_later(
    tx: Tx, voice: Voice, to: To, keys: PrivateKeys, now: int, *, called: str
) -> Stored | None:
    """The same for a statement said before; None if that grant holds already.

    What was given before a key of ours was reported stolen can be given again: the thief may have
    taken it back, and who had read that has forgotten it.

    Raises AlertError: its key is not kept here (nothing was sealed, it has ended, was corrected or
    withdrawn, or the disk was lost); TrustError.
    """
    rows = tx.rows(PROJECTION)
    found, before = rows.get(KEPT, to.statement.bytes), rows.get(GIVEN, to.row)
    if found is None:
        raise AlertError(
            f"There is nothing to grant of {called}: no key of it is kept here.",
            advice="Nothing was sealed, or it has ended, was replaced or withdrawn, or a disk with"
            " the key is lost; a correction with `recipients` seals the names anew.",
        )
    if before is not None and _stands(_given.decode(before), voice):
        return None
    kept = _kept.decode(found)
    body = wrapped(voice, to, open_grant(kept.own, keys), now)
    return give(tx, voice, body, kept.handling, now)


def take_back(
    tx: Tx, voice: Voice, statement: UUID, *, reason: str, now: int, recipient: str = ""
) -> list[Stored]:
    """The withdrawals of all live grants of a statement, or of the one to ``recipient``."""
    rows = tx.rows(PROJECTION)
    said = []
    for row, value in list(rows.scan(GIVEN, statement.bytes)):
        to, before = To(statement, row[16:].decode()), _given.decode(value)
        if not before.live or (recipient and to.recipient != recipient):
            continue
        rows.put(GIVEN, row, _encode(Given(before.version + 1, False, before.handling, now)))
        rows.put(CLEARING, _record_key(voice, to), b"")
        withdrawal = msgspec.structs.replace(
            _statement(
                voice, to, before.version + 1, "WITHDRAWAL", handling=before.handling, now=now
            ),
            reason=reason,
        )
        digest = say.content_seen(withdrawal)
        said.append(say.stored(withdrawal, digest, voice, _record_key(voice, to)))
    return said


def end(tx: Tx, voice: Voice, statement: UUID, *, reason: str, now: int) -> list[Stored]:
    """Take back all grants of a statement, and forget its content key: it can be given no more."""
    tx.rows(PROJECTION).delete(KEPT, statement.bytes)
    return take_back(tx, voice, statement, reason=reason, now=now)


def sweep(tx: Tx, voice: Voice, now: int) -> Iterator[Stored]:
    """The withdrawals that are due, since ``expires_at`` of what they open has come."""
    rows = tx.rows(PROJECTION)
    ended = takewhile(lambda row: int.from_bytes(row[0][:8], "big") <= now, rows.scan(ENDING))
    for row, _ in list(ended):
        yield from end(tx, voice, UUID(bytes=row[8:]), reason="expired", now=now)
        rows.delete(ENDING, row)


def remember(tx: Tx, to: To, said: Statement, *, cleared: bool, voice: Voice) -> None:
    """Take a grant of ours from its topic into the rows, where these lack it: the disk was lost."""
    rows = tx.rows(PROJECTION)
    before = rows.get(GIVEN, to.row)
    if before is not None and _given.decode(before).version >= said.version:
        return
    live = said.change != "WITHDRAWAL"
    rows.put(GIVEN, to.row, _encode(Given(said.version, live, said.handling, said.issued_at)))
    if live and said.handling.expires_at is not None:
        rows.put(ENDING, _ending(said.handling.expires_at, to.statement), b"")
    if not live and not cleared:
        rows.put(CLEARING, _record_key(voice, to), b"")


def unsay(rows: Rows, waiting: Iterable[tuple[bytes, bytes]]) -> None:
    """Let grants stand as before what ``waiting`` says of them, which is forgotten unsaid.

    Record key and statement of each, in the order in which they were accepted.
    """
    first: dict[bytes, Statement] = {}
    for key, data in waiting:
        first.setdefault(key, decode_statement(data))
    for key, said in first.items():
        _, granted, recipient = names.parse_grant_key(key)
        to, live = To(granted, recipient), said.change == "WITHDRAWAL"
        until = said.handling.expires_at
        rows.delete(CLEARING, key)
        if said.version == 1:
            rows.delete(GIVEN, to.row)
            continue
        rows.put(GIVEN, to.row, _encode(Given(said.version - 1, live, said.handling)))
        if not live:
            rows.put(CLEARING, key, b"")
        elif until is not None:
            rows.put(ENDING, _ending(until, granted), b"")


def clearing(rows: Rows) -> list[bytes]:
    """The record keys that wait for a tombstone, once their withdrawals are on the topic."""
    return [key for key, _ in rows.scan(CLEARING)]


def _stands(given: Given, voice: Voice) -> bool:
    """Whether a grant is given, and under no key that was stolen later."""
    ended = [key.ended for key in voice.member.signing if key.ended is not None]
    return given.live and all(one.why != "compromised" or one.at < given.at for one in ended)


def _ending(at: int, statement: UUID) -> bytes:
    return max(at, 0).to_bytes(8, "big") + statement.bytes


def _record_key(voice: Voice, to: To) -> bytes:
    return names.grant_key(voice.administration, to.statement, to.recipient)


def _statement(
    voice: Voice, to: To, version: int, change: Change, *, handling: Handling, now: int
) -> Statement:
    network = voice.register.network
    about = names.subject_id(network, voice.administration, national_ref(*to))
    return Statement(
        id=names.statement_id(about, version, change),
        subject=about,
        version=version,
        change=change,
        type=TYPE,
        schema=latest("grant").sha256,
        network=network,
        issuer=voice.administration,
        topic=names.GRANTS,
        issued_at=now,
        handling=handling,
    )
