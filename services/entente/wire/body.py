"""The body of a statement: a record of ``alert`` in the Avro of its released schema.

A body is the record's JSON form without ``kind`` (the schema says it) and ``nominal`` (it is
sealed). A released record that has no Python type here, such as a grant, stays plain fields.
"""

from typing import Any, get_args

import msgspec

from entente.alert.decision import Decision
from entente.alert.proposal import Proposal
from entente.alert.receipt import Receipt
from entente.alert.record import AnyAlert
from entente.errors import WireError
from entente.wire.avro import decode, encode
from entente.wire.schemas import Schema, by_sha256, latest
from entente.wire.statement import Statement

Body = AnyAlert | Proposal | Receipt | Decision
"""Every record that has a type here."""
_RECORDS: dict[str, Any] = {f"entente.alert.{record.__name__}": record for record in get_args(Body)}


def encode_body(record: Body) -> tuple[Schema, bytes]:
    """The newest released schema of a record, and its Avro binary. The nominal part is left out.

    Raises:
        WireError: the record does not fit the schema.
    """
    schema = latest(type(record).__name__.lower())
    fields = msgspec.to_builtins(record)
    fields.pop("kind", None)
    fields.pop("nominal", None)
    return schema, encode(schema, fields)


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
    fields = decode(schema, statement.body)
    record = _RECORDS.get(schema.fullname)
    if record is None:
        return fields
    try:
        body: Body = msgspec.convert(fields, record)
    except msgspec.ValidationError as error:
        raise WireError(f"the body is not a record of {schema.fullname}: {error}") from error
    return body
