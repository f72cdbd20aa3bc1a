"""The released schemas: files ``schemas/<name>.<version>.avsc``, frozen once released.

A schema is named in two ways: by the SHA-256 of its file (bodies) and by its CRC-64-AVRO
fingerprint (single-object encoding, Avro 1.12). There is no runtime registry.
"""

import json
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
from fastavro import parse_schema
from fastavro.schema import fingerprint, to_parsing_canonical_form

from entente.errors import WireError

FOLDER = Path(__file__).parent.parent / "schemas"


class Schema(msgspec.Struct, frozen=True, eq=False):
    """One released schema. Each is loaded once, so identity is equality."""

    name: str
    """Of the file, e.g. ``seizure``."""
    version: int
    fullname: str
    """Of the record, e.g. ``entente.alert.Seizure``."""
    text: bytes
    """The file's bytes."""
    sha256: bytes
    """Of the file's bytes; 32 bytes."""
    fingerprint: bytes
    """CRC-64-AVRO as in single-object encoding: 8 bytes, little-endian."""
    json: dict[str, Any]
    """As written."""
    parsed: dict[str, Any]
    """As ``fastavro`` wants it."""


def load(name: str, version: int, text: bytes) -> Schema:
    """Make a schema of a file's bytes.

    Raises:
        WireError: they are not the Avro schema of a record.
    """
    try:
        written: dict[str, Any] = json.loads(text)
        parsed: Any = parse_schema(written)
        crc = fingerprint(to_parsing_canonical_form(written), "CRC-64-AVRO")
        return Schema(
            name, version, parsed["name"], text, sha256(text).digest(), bytes.fromhex(crc),
            written, parsed,
        )  # fmt: skip
    except Exception as error:  # fastavro has no common base for what it raises
        raise WireError(f"{name}.{version}.avsc is not an Avro record schema: {error}") from error


@cache
def released() -> tuple[Schema, ...]:
    """Every released schema, by name and version."""
    schemas = []
    for path in FOLDER.glob("*.avsc"):
        name, version = path.stem.rsplit(".", 1)
        schemas.append(load(name, int(version), path.read_bytes()))
    return tuple(sorted(schemas, key=lambda schema: (schema.name, schema.version)))


def by_sha256(digest: bytes) -> Schema | None:
    """The released schema whose file has this SHA-256, if we know it."""
    return _by_sha256().get(digest)


def by_fingerprint(crc: bytes) -> Schema | None:
    """The released schema with this CRC-64-AVRO (8 bytes, wire order), if we know it."""
    return _by_fingerprint().get(crc)


def latest(name: str) -> Schema:
    """The highest release of a name, e.g. ``latest("seizure")``: what new statements are made with.

    Raises:
        WireError: no schema of that name is released.
    """
    found = _latest().get(name)
    if found is None:
        raise WireError(f"no schema named {name!r} is released")
    return found


@cache
def _by_sha256() -> dict[bytes, Schema]:
    return {schema.sha256: schema for schema in released()}


@cache
def _by_fingerprint() -> dict[bytes, Schema]:
    return {schema.fingerprint: schema for schema in released()}


@cache
def _latest() -> dict[str, Schema]:
    return {schema.name: schema for schema in released()}
