"""Avro binary (1.12) in and out: written by ``fastavro``, read by ``wire/decoder.py``."""

import json
import struct
from collections.abc import Mapping
from functools import lru_cache
from io import BytesIO
from typing import Any

from fastavro import schemaless_writer

from entente.errors import WireError
from entente.wire.decoder import MAX_ITEMS, Read, compile_reader
from entente.wire.schemas import Schema, by_fingerprint

SINGLE_OBJECT = b"\xc3\x01"
"""Marker of Avro's single-object encoding; the schema's fingerprint follows."""
HEADER_SIZE = 10
"""Bytes of marker and fingerprint."""


def encode(schema: Schema, value: Mapping[str, Any]) -> bytes:
    """Avro binary of a record.

    Raises:
        WireError: the value does not fit the schema, or a reader would refuse it for its size.
    """
    buffer = BytesIO()
    try:
        schemaless_writer(
            buffer, schema.parsed, value, strict_allow_default=True, disable_tuple_notation=True
        )
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, struct.error) as error:
        raise WireError(
            f"a value does not fit {schema.fullname}: {error}",
            advice="Mend the value; nothing was sent.",
        ) from error
    data = buffer.getvalue()
    # fastavro writes ints above 32 bits and knows no bounds; too few bytes cannot pass one.
    if len(data) >= MAX_ITEMS or _has_ints(schema):
        decode(schema, data)
    return data


def decode(schema: Schema, data: bytes) -> dict[str, Any]:
    """The record in ``data``, which must hold it and nothing else.

    Raises:
        WireError: a bound is passed, bytes are missing, or bytes are left over.
    """
    return decode_from(schema, data, 0)


def decode_from(schema: Schema, data: bytes, start: int) -> dict[str, Any]:
    """As ``decode``, from an offset on."""
    try:
        value, end = _reader(schema)(data, start)
    except IndexError as error:
        raise WireError(f"the bytes end within {schema.fullname}") from error
    except UnicodeDecodeError as error:
        raise WireError(f"a string in {schema.fullname} is not UTF-8") from error
    if end > len(data):
        raise WireError(f"the bytes end within {schema.fullname}")
    if end < len(data):
        raise WireError(f"{len(data) - end} bytes are left over after {schema.fullname}")
    record: dict[str, Any] = value
    return record


def single_object(schema: Schema, value: Mapping[str, Any]) -> bytes:
    """Avro single-object encoding of a record.

    Raises:
        WireError: as ``encode``.
    """
    return SINGLE_OBJECT + schema.fingerprint + encode(schema, value)


def schema_of(data: bytes) -> Schema | None:
    """The released schema that single-object bytes name, or None if we do not know it.

    Raises:
        WireError: the bytes are no single-object encoding.
    """
    if not data.startswith(SINGLE_OBJECT) or len(data) < HEADER_SIZE:
        raise WireError("the bytes do not start with Avro's marker C3 01 and a fingerprint")
    return by_fingerprint(data[2:HEADER_SIZE])


@lru_cache(maxsize=256)
def _has_ints(schema: Schema) -> bool:
    return '"int"' in json.dumps(schema.json)


@lru_cache(maxsize=256)
def _reader(schema: Schema) -> Read:
    return compile_reader(schema.json)
