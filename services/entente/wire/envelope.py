"""The Envelope: a statement, with the proof that its issuer put it in a lane."""

from collections.abc import Callable
from functools import cache
from typing import Any

import msgspec

from entente.errors import WireError
from entente.wire.avro import HEADER_SIZE, reader, schema_of, single_object
from entente.wire.making import Group, Make
from entente.wire.schemas import Schema, latest

MAX_RECORD = 900_000
"""Bytes in the value of a Kafka record: every client's default limit lets it through."""


class Envelope(msgspec.Struct, frozen=True):
    """What a Kafka record of a signed topic holds."""

    statement: bytes
    """The leaf, exactly as its issuer encoded it."""
    index: int
    """Zero-based position of the leaf in its lane."""
    proof: bytes
    """RFC 6962 inclusion proof: 32-byte hashes, from the leaf's sibling up."""
    checkpoint: str
    """C2SP tlog-checkpoint as a signed note."""


def encode_envelope(envelope: Envelope) -> bytes:
    """The value of the Kafka record.

    Raises:
        WireError: it would be larger than a record may be.
    """
    data = single_object(latest("envelope"), envelope)
    if len(data) > MAX_RECORD:
        raise WireError(
            f"the record has {len(data)} bytes; {MAX_RECORD} is the bound",
            advice="Name attachments by SHA-256 instead of carrying them, or say less.",
        )
    return data


def decode_envelope(data: bytes) -> Envelope:
    """The Envelope in the value of a Kafka record.

    Raises:
        WireError: another or unknown schema, a bound passed, bytes missing or left over.
    """
    schema = schema_of(data)
    if schema is None or schema.name != "envelope":
        raise WireError("the bytes name a schema that is no known release of the Envelope")
    return read_envelope(schema, data)


def read_envelope(schema: Schema, data: bytes) -> Envelope:
    """As ``decode_envelope``, of bytes that name ``schema``, a release of the Envelope."""
    found: Envelope = _reader(schema)(data, HEADER_SIZE)
    return found


@cache
def _reader(schema: Schema) -> Callable[[bytes, int], Any]:
    return reader(
        schema, {schema.fullname: Make(Envelope, groups=(Group(96, "checkpoint", "checkpoint"),))}
    )
