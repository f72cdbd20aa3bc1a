"""From a record to what is submitted to the outbox: one statement for each topic it is said on.

The copies differ in ``topic`` alone; they share id, ``issued_at`` and sealed part (wire format,
section 4). A lane is chosen by the subject, so that all versions of a thing stay in order.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from uuid import UUID

import msgspec

from entente.alert.handling import Handling
from entente.alert.proposal import Proposal
from entente.alert.record import AnyAlert
from entente.store.submission import Submission
from entente.wire.body import encode_body
from entente.wire.names import Origin, record_key, statement_id
from entente.wire.schemas import latest
from entente.wire.statement import (
    Audience,
    Change,
    LinkToken,
    Sealed,
    Statement,
    encode_statement,
)


class Saying(msgspec.Struct, frozen=True, kw_only=True):
    """One version of a subject, and how it may be used."""

    subject: UUID
    version: int = 1
    change: Change = "NEW"
    kind: str
    """Name of the record's schema, e.g. ``seizure``: a withdrawal has no record to tell it."""
    record: AnyAlert | Proposal | None
    """None in a withdrawal."""
    handling: Handling
    audience: Audience = Audience()
    reason: str | None = None
    sealed: Sealed | None = None
    link_tokens: tuple[LinkToken, ...] = ()
    secret: bytes = b""
    """What was sealed, before it was: part of what makes two sayings the same."""


def submissions(
    saying: Saying, network: str, issuer: str, lanes: Mapping[str, int], issued_at: int
) -> list[Submission]:
    """What to submit: one statement for each topic of ``lanes``, which gives its number of lanes.

    ``issued_at`` is in microseconds since the epoch. Raises WireError: a value does not fit.
    """
    if saying.record is None:
        schema, body = latest(saying.kind), b""
    else:
        schema, body = encode_body(saying.record)
    found = []
    for topic, count in sorted(lanes.items()):
        origin = Origin(network, issuer, topic, saying.subject.int % count)
        statement = Statement(
            id=statement_id(saying.subject, saying.version, saying.change),
            subject=saying.subject,
            version=saying.version,
            change=saying.change,
            type=schema.fullname,
            schema=schema.sha256,
            network=network,
            issuer=issuer,
            topic=topic,
            issued_at=issued_at,
            audience=saying.audience,
            handling=saying.handling,
            body=body,
            reason=saying.reason,
            sealed=saying.sealed,
            link_tokens=saying.link_tokens,
        )
        found.append(
            Submission(
                origin=origin,
                subject=saying.subject,
                version=saying.version,
                change=saying.change,
                content=_content(statement, saying.secret),
                statement=encode_statement(statement),
                key=record_key(issuer, origin.lane),
                headers=_headers(statement),
            )
        )
    return found


def _content(statement: Statement, secret: bytes) -> bytes:
    bare = msgspec.structs.replace(statement, issued_at=0, sealed=None, link_tokens=())
    return sha256(encode_statement(bare) + secret).digest()


def _headers(statement: Statement) -> tuple[tuple[str, bytes], ...]:
    """CloudEvents 1.0, Kafka binary mode: for tools, never trusted."""
    time = datetime.fromtimestamp(statement.issued_at / 1_000_000, UTC)
    source = f"/{statement.network}/{statement.issuer}/{statement.topic}"
    return (
        ("content-type", b"application/avro"),
        ("ce_specversion", b"1.0"),
        ("ce_id", str(statement.id).encode()),
        ("ce_source", source.encode()),
        ("ce_type", statement.type.encode()),
        ("ce_time", time.isoformat(timespec="microseconds").replace("+00:00", "Z").encode()),
    )
