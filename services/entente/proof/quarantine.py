"""What fails goes to the ``quarantine`` topic, whole: a record, and why it was refused."""

from typing import Any

import msgspec

from entente.errors import WireError
from entente.proof.record import Record
from entente.proof.verdict import Refused
from entente.wire.avro import HEADER_SIZE, decode, schema_of, single_object
from entente.wire.schemas import latest


class QuarantinedRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A refused record with the verdict on it (schema ``quarantined``)."""

    record: Record
    reader: str
    """Who judged."""
    judged_at: int
    """Microseconds since the epoch, by the reader's clock."""
    step: int
    code: str
    """One of ``verdict.Code``, or of a later release: unknown codes are kept."""
    temporary: bool
    message: str
    advice: str


def quarantined(record: Record, refused: Refused, reader: str, judged_at: int) -> QuarantinedRecord:
    """A record with the verdict on it."""
    return QuarantinedRecord(
        record=record,
        reader=reader,
        judged_at=judged_at,
        step=refused.step,
        code=refused.code.value,
        temporary=refused.temporary,
        message=refused.message,
        advice=refused.advice,
    )


def encode_quarantined(quarantined: QuarantinedRecord) -> bytes:
    """The value for the ``quarantine`` topic, whose records may have 2 MiB.

    Raises:
        WireError: a value does not fit the schema, e.g. a header's name above 64 KiB.
    """
    fields = msgspec.structs.asdict(quarantined)
    record: Record = fields.pop("record")
    fields |= record._asdict()
    fields["headers"] = [{"name": name, "value": value} for name, value in record.headers]
    return single_object(latest("quarantined"), fields)


def decode_quarantined(data: bytes) -> QuarantinedRecord:
    """The refused record in a value of the ``quarantine`` topic.

    Raises:
        WireError: another or unknown schema, a bound passed, bytes missing or left over.
    """
    schema = schema_of(data)
    if schema is None or schema.name != "quarantined":
        raise WireError("the bytes name a schema that is no known release of Quarantined")
    fields: dict[str, Any] = decode(schema, data, HEADER_SIZE)
    headers = tuple((header["name"], header["value"]) for header in fields.pop("headers"))
    place = {name: fields.pop(name) for name in Record._fields if name != "headers"}
    return QuarantinedRecord(record=Record(**place, headers=headers), **fields)
