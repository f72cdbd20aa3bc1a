"""Avro binary (1.12) in and out.

Records of ours are written by ``wire/encoder.py``, plain fields by ``fastavro``; all is read by
``wire/decoder.py``.
"""

import json
import struct
from collections.abc import Callable, Mapping
from functools import lru_cache
from io import BytesIO
from typing import Any

import msgspec
from fastavro import schemaless_writer

from entente.errors import WireError
from entente.wire.decoder import compile_reader
from entente.wire.encoder import Write, compile_writer
from entente.wire.making import Make
from entente.wire.primitives import MAX_ITEMS
from entente.wire.schemas import Schema, by_fingerprint

SINGLE_OBJECT = b"\xc3\x01"
"""Marker of Avro's single-object encoding; the schema's fingerprint follows."""
HEADER_SIZE = 10
"""Bytes of marker and fingerprint."""


def encode_record(schema: Schema, record: msgspec.Struct) -> bytes:
    """Avro binary of a record of ours, whose fields are the schema's.

    Raises:
        WireError: the record does not fit the schema, or a reader would refuse it for its size.
    """
    try:
        return _writer(schema)(record)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise _unfit(schema, error) from error


def _unfit(schema: Schema, error: Exception) -> WireError:
    return WireError(
        f"a value does not fit {schema.fullname}: {error}",
        advice="Mend the value; nothing was sent.",
    )


def encode(schema: Schema, value: Mapping[str, Any]) -> bytes:
    """Avro binary of plain fields.

    Raises:
        WireError: the value does not fit the schema, or a reader would refuse it for its size.
    """
    buffer = BytesIO()
    try:
        schemaless_writer(
            buffer, schema.parsed, value, strict_allow_default=True, disable_tuple_notation=True
        )
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, struct.error) as error:
        raise _unfit(schema, error) from error
    data = buffer.getvalue()
    # fastavro writes ints above 32 bits and knows no bounds; too few bytes cannot pass one.
    if len(data) >= MAX_ITEMS or _has_ints(schema):
        decode(schema, data)
    return data


def decode(schema: Schema, data: bytes, start: int = 0) -> dict[str, Any]:
    """The record that ``data`` holds from ``start`` on, and nothing else.

    Raises:
        WireError: a bound is passed, bytes are missing, or bytes are left over.
    """
    record: dict[str, Any] = _plain_reader(schema)(data, start)
    return record


def reader(schema: Schema, makes: Mapping[str, Make] | None = None) -> Callable[[bytes, int], Any]:
    """What reads the record that ends ``data`` from an offset on, as ``compile_reader`` says.

    Keep it: it is compiled here. It raises WireError as ``decode``, and what converting raises.
    """
    read = compile_reader(schema.json, makes)

    def read_all(data: bytes, start: int) -> Any:
        try:
            value, end = read(data, start)
        except (IndexError, msgspec.DecodeError) as error:  # a UUID's end is missing
            raise WireError(f"the bytes end within {schema.fullname}") from error
        except UnicodeDecodeError as error:
            raise WireError(f"a string in {schema.fullname} is not UTF-8") from error
        if end > len(data):
            raise WireError(f"the bytes end within {schema.fullname}")
        if end < len(data):
            raise WireError(f"{len(data) - end} bytes are left over after {schema.fullname}")
        return value

    return read_all


def single_object(schema: Schema, value: Mapping[str, Any] | msgspec.Struct) -> bytes:
    """Avro single-object encoding of a record of ours, or of plain fields.

    Raises:
        WireError: as ``encode_record`` and ``encode``.
    """
    if isinstance(value, msgspec.Struct):
        return SINGLE_OBJECT + schema.fingerprint + encode_record(schema, value)
    return SINGLE_OBJECT + schema.fingerprint + encode(schema, value)


def schema_of(data: bytes) -> Schema | None:
    """The released schema that single-object bytes name, or None if we do not know it.

    Raises:
        WireError: the bytes are no single-object encoding.
    """
    if data[:2] != SINGLE_OBJECT or len(data) < HEADER_SIZE:
        raise WireError("the bytes do not start with Avro's marker C3 01 and a fingerprint")
    return by_fingerprint(data[2:HEADER_SIZE])


@lru_cache(maxsize=256)
def _has_ints(schema: Schema) -> bool:
    return '"int"' in json.dumps(schema.json)


@lru_cache(maxsize=256)
def _writer(schema: Schema) -> Write:
    return compile_writer(schema.json)


_plain_reader = lru_cache(maxsize=256)(reader)
