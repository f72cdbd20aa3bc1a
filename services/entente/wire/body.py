"""The body of a statement: a record of ``alert`` in the Avro of its released schema.

A body is the record's JSON form without ``kind`` (the schema says it) and ``nominal`` (it is
sealed). A released record that has no Python type here, such as a grant, stays plain fields.
"""

from collections.abc import Callable
from functools import cache
from typing import Any

from entente.errors import WireError
from entente.wire.avro import encode_record, reader
from entente.wire.records import RECORDS, Body, Plain
from entente.wire.schemas import Schema, by_sha256, latest
from entente.wire.statement import Statement


def encode_body(record: Body) -> tuple[Schema, bytes]:
    """The newest released schema of a record, and its Avro binary. The nominal part is left out.

    Raises:
        WireError: the record does not fit the schema.
    """
    schema = latest(type(record).__name__.lower())
    return schema, encode_record(schema, record)


def decode_body(statement: Statement) -> Body | dict[str, Any]:
    """The record in a statement's body.

    Raises:
        WireError: the schema is unknown or not of this type, or the body does not decode.
    """
    schema = by_sha256(statement.schema)
    if schema is None:
        raise WireError(f"no schema with SHA-256 {statement.schema.hex()} is known")
    if schema.fullname != statement.type:
        raise WireError(f"the schema is of {schema.fullname}, not {statement.type}")
    body: Body | dict[str, Any] = _reader(schema)(statement.body, 0)
    return body


@cache
def _reader(schema: Schema) -> Callable[[bytes, int], Any]:
    record = RECORDS.get(schema.fullname)
    return reader(schema, None if record is None else Plain().all(record))
