"""Apache Avro's own Python library reads what we write."""

import json
from io import BytesIO
from typing import Any

import avro.io
import avro.schema
import msgspec
import pytest

from entente.alert.handling import Handling
from entente.alert.record import Event, Goods, Leg, Route, Seizure
from entente.proof.key import SigningKey
from entente.proof.writer import Writer
from entente.wire.body import encode_body
from entente.wire.envelope import encode_envelope
from entente.wire.names import Origin, statement_id, subject_id
from entente.wire.schemas import Schema, latest, released
from entente.wire.statement import LinkToken, Sealed, Statement, encode_statement

ORIGIN = Origin("demo.entente.example", "JP", "alerts.asia-pacific", 0)
SEIZURE = Seizure(
    national_ref="JP-1",
    event=Event(date="2026-01-01", detection=("x_ray", "dog")),
    route=Route(departure=Leg(country="CN"), transit=(Leg(country="KR"), Leg(country="HK"))),
    goods=(Goods(group="ipr"), Goods(group="other")),
)


def parse(schema: Schema) -> avro.schema.Schema:
    return avro.schema.parse(schema.text.decode())


def read(schema: Schema, data: bytes) -> Any:
    stream = BytesIO(data)
    value = avro.io.DatumReader(parse(schema)).read(avro.io.BinaryDecoder(stream))
    assert stream.tell() == len(data)
    return value


@pytest.mark.parametrize("schema", released(), ids=lambda s: f"{s.name}.{s.version}")
def test_it_knows_our_schemas(schema: Schema) -> None:
    assert json.loads(str(parse(schema)))["type"] == "record"


def test_it_reads_envelope_statement_and_body() -> None:
    schema, body = encode_body(SEIZURE)
    subject = subject_id(ORIGIN.network, "JP", SEIZURE.national_ref)
    statement = Statement(
        id=statement_id(subject, 1, "NEW"),
        subject=subject,
        version=1,
        change="NEW",
        type=schema.fullname,
        schema=schema.sha256,
        network=ORIGIN.network,
        issuer="JP",
        topic=ORIGIN.topic,
        issued_at=1_767_225_600_000_000,
        handling=Handling(tlp="RED", purpose="p", source_grade="A", information_grade=1),
        body=body,
        sealed=Sealed(schema=bytes(32), nonce=bytes(12), ciphertext=b"secret"),
        link_tokens=(LinkToken(kind="phone.1", epoch="2026Q1", token=bytes(16)),),
    )
    _, (envelope,) = Writer(ORIGIN).append([encode_statement(statement)], SigningKey(b"a" * 32))

    outer = read(latest("envelope"), encode_envelope(envelope)[10:])
    assert outer == msgspec.structs.asdict(envelope)
    inner = read(latest("statement"), outer["statement"][10:])
    assert inner["id"] == statement.id.bytes
    assert inner["handling"]["tlp"] == "RED"
    assert inner["link_tokens"][0]["kind"] == "phone.1"
    said = read(schema, inner["body"])
    assert said["national_ref"] == "JP-1"
    assert [leg["country"] for leg in said["route"]["transit"]] == ["KR", "HK"]
    assert said["event"]["detection"] == ["x_ray", "dog"]
