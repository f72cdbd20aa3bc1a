"""The Statement: what an issuer says, to whom, and how it may be used (schema ``statement``)."""

from collections.abc import Callable
from functools import cache
from typing import Any, Literal
from uuid import UUID

import msgspec

from entente.alert.handling import Handling
from entente.errors import WireError
from entente.wire.avro import HEADER_SIZE, reader, schema_of, single_object
from entente.wire.making import Group, Make, Then
from entente.wire.names import uuid_of
from entente.wire.schemas import Schema, latest

Change = Literal["NEW", "CORRECTION", "WITHDRAWAL"]


class Audience(msgspec.Struct, frozen=True, kw_only=True):
    """Whom a statement is for. Both empty: everyone who may read the topic."""

    regions: tuple[str, ...] = ()
    administrations: tuple[str, ...] = ()


class Sealed(msgspec.Struct, frozen=True, kw_only=True):
    """The nominal part, AES-256-GCM under a key that its recipients are granted."""

    schema: bytes
    """SHA-256 of the sealed record's released schema; 32 bytes."""
    nonce: bytes
    """12 bytes."""
    ciphertext: bytes


class LinkToken(msgspec.Struct, frozen=True, kw_only=True):
    """A blinded value: equal values of one epoch match, and neither can be read."""

    kind: str
    """What is matched and how it was normalised, e.g. ``phone.1``."""
    epoch: str
    """Which community key, e.g. ``2026Q4``."""
    token: bytes
    """16 bytes."""


class Statement(msgspec.Struct, frozen=True, kw_only=True):
    """What an issuer says. The fields are those of the schema, in its order."""

    id: UUID
    subject: UUID
    version: int
    change: Change
    type: str
    """Full name of the body's schema, e.g. ``entente.alert.Seizure``."""
    schema: bytes
    """SHA-256 of the body's released schema file; 32 bytes."""
    network: str
    issuer: str
    topic: str
    issued_at: int
    """Microseconds since the epoch, by the issuer's clock."""
    audience: Audience = Audience()
    handling: Handling
    body: bytes = b""
    """Avro binary; empty in a withdrawal."""
    reason: str | None = None
    """Required in a correction or withdrawal."""
    sealed: Sealed | None = None
    link_tokens: tuple[LinkToken, ...] = ()


def encode_statement(statement: Statement) -> bytes:
    """Single-object encoding: the leaf of a lane. Encode once; these bytes are stored and sent.

    Raises:
        WireError: a value does not fit the schema.
    """
    return single_object(latest("statement"), statement)


def decode_statement(data: bytes) -> Statement:
    """The Statement in single-object bytes.

    Raises:
        WireError: another or unknown schema, a bound passed, bytes missing or left over.
    """
    schema = schema_of(data)
    if schema is None or schema.name != "statement":
        raise WireError("the bytes name a schema that is no known release of the Statement")
    return read_statement(schema, data)


def read_statement(schema: Schema, data: bytes) -> Statement:
    """As ``decode_statement``, of bytes that name ``schema``, a release of the Statement."""
    found: Statement = _reader(schema)(data, HEADER_SIZE)
    return found


_UUID = Then(("$ = {uuid_of}($)",), {"uuid_of": uuid_of})
_MAKES = {
    f"entente.wire.{record.__name__}": Make(record)
    for record in (Audience, Handling, Sealed, LinkToken)
} | {
    "entente.wire.Statement": Make(
        Statement,
        {"id": _UUID, "subject": _UUID},
        groups=(Group(96, "version", "topic"), Group(48, "audience", "handling")),
    )
}
"""What an issuer says has much in common: all but ids, time and body is read once."""


@cache
def _reader(schema: Schema) -> Callable[[bytes, int], Any]:
    return reader(schema, _MAKES)
