"""Records of ours are written as ``fastavro`` would write them, or refused as a reader would."""

from decimal import Decimal
from io import BytesIO
from typing import Any
from uuid import UUID

import fastavro
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bodies import said
from entente.alert.record import AnyAlert, Conveyance, Feedback, Goods, Leg, Route, Warning
from entente.errors import WireError
from entente.wire.avro import decode, encode_record
from entente.wire.body import encode_body
from entente.wire.encoder import compile_writer
from entente.wire.envelope import Envelope, decode_envelope, encode_envelope
from entente.wire.primitives import MAX_ITEMS, MAX_STRING
from entente.wire.schemas import latest
from entente.wire.statement import (
    Audience,
    LinkToken,
    Sealed,
    Statement,
    decode_statement,
    encode_statement,
)
from strategies import alerts, handlings

modest = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def by_fastavro(name: str, fields: dict[str, Any]) -> bytes:
    buffer = BytesIO()
    fastavro.schemaless_writer(buffer, latest(name).parsed, fields)
    return buffer.getvalue()


@modest
@given(alerts())
def test_a_body_is_written_as_fastavro_writes_it(alert: AnyAlert) -> None:
    schema, body = encode_body(alert)
    assert body == by_fastavro(schema.name, msgspec.to_builtins(alert))


texts = st.text(max_size=20)
statements = st.builds(
    Statement,
    id=st.uuids(), subject=st.uuids(), version=st.integers(-(2**31), 2**31 - 1),
    change=st.sampled_from(["NEW", "CORRECTION", "WITHDRAWAL"]), type=texts,
    schema=st.binary(min_size=32, max_size=32), network=texts, issuer=texts, topic=texts,
    issued_at=st.integers(-(2**63), 2**63 - 1),
    audience=st.builds(
        Audience, regions=st.lists(texts, max_size=3).map(tuple),
        administrations=st.lists(texts, max_size=3).map(tuple),
    ),
    handling=handlings(), body=st.binary(max_size=2_000), reason=st.none() | texts,
    sealed=st.none() | st.builds(
        Sealed, schema=st.binary(min_size=32, max_size=32),
        nonce=st.binary(min_size=12, max_size=12), ciphertext=st.binary(max_size=100),
    ),
    link_tokens=st.lists(
        st.builds(LinkToken, kind=texts, epoch=texts, token=st.binary(min_size=16, max_size=16)),
        max_size=3,
    ).map(tuple),
)  # fmt: skip


@modest
@given(statements)
def test_a_statement_is_written_as_fastavro_writes_it_and_read_again(statement: Statement) -> None:
    data = encode_statement(statement)
    fields = msgspec.to_builtins(statement, builtin_types=(bytes, UUID))
    fields |= {"id": statement.id.bytes, "subject": statement.subject.bytes}
    assert data[10:] == by_fastavro("statement", fields)
    assert decode_statement(data) == statement


@modest
@given(
    st.builds(
        Envelope, statement=st.binary(max_size=5_000), index=st.integers(-(2**63), 2**63 - 1),
        proof=st.binary(max_size=200), checkpoint=st.text(max_size=300),
    )
)  # fmt: skip
def test_an_envelope_is_written_as_fastavro_writes_it_and_read_again(envelope: Envelope) -> None:
    data = encode_envelope(envelope)
    assert data[10:] == by_fastavro("envelope", msgspec.structs.asdict(envelope))
    assert decode_envelope(data) == envelope


WARNING = Warning(national_ref="W", valid_from="2026")
FEEDBACK = Feedback(national_ref="F", about="a", about_version=1, outcome="seized")


@pytest.mark.parametrize(
    "record",
    [
        msgspec.structs.replace(WARNING, valid_from="\ud800"),
        msgspec.structs.replace(WARNING, valid_from="a" * (MAX_STRING + 1)),
        msgspec.structs.replace(WARNING, valid_from=None),
        msgspec.structs.replace(WARNING, based_on=("a",) * (MAX_ITEMS + 1)),
        msgspec.structs.replace(WARNING, based_on="abc"),
        msgspec.structs.replace(WARNING, modus=("unheard_of",)),
        msgspec.structs.replace(WARNING, modus=([],)),
        msgspec.structs.replace(WARNING, route=Leg()),
        msgspec.structs.replace(WARNING, route=Route(origin=Leg(free_zone="yes"))),
        msgspec.structs.replace(WARNING, goods=(Goods(quantity=7),)),
        msgspec.structs.replace(WARNING, goods=(Conveyance(kind="vessel"),)),
        msgspec.structs.replace(FEEDBACK, about_version=2**63),
        msgspec.structs.replace(FEEDBACK, about_version=1.0),
        msgspec.structs.replace(FEEDBACK, about_version=True),
    ],
)
def test_what_does_not_fit_is_refused(record: Any) -> None:
    with pytest.raises(WireError):
        encode_body(record)


def test_a_version_above_32_bits_is_refused() -> None:
    statement = said(WARNING)
    for version in (2**31, -(2**31) - 1, 10**5_000):
        with pytest.raises(WireError, match="32 bits"):
            encode_statement(msgspec.structs.replace(statement, version=version))
    for wrong in (b"short", "text", None):
        with pytest.raises(WireError):
            encode_statement(msgspec.structs.replace(statement, schema=wrong))


def test_a_decimal_is_written_as_in_the_json_form() -> None:
    for text in ("0.10", "1E-7", "1E+3", "123456789012345678901234567890"):
        goods = (Goods(quantity=Decimal(text)),)
        schema, body = encode_body(msgspec.structs.replace(WARNING, goods=goods))
        assert decode(schema, body)["goods"][0]["quantity"] == text


@pytest.mark.parametrize(
    "kind", ["double", ["string", "null"], {"type": "map", "values": "string"}, "Unknown"]
)
def test_a_schema_that_no_record_of_ours_has_is_refused(kind: Any) -> None:
    schema = {"type": "record", "name": "R", "fields": [{"name": "f", "type": kind}]}
    with pytest.raises(WireError, match="not written here"):
        compile_writer(schema)


def test_a_field_must_be_a_name() -> None:
    schema = {"type": "record", "name": "R", "fields": [{"name": "f + 1", "type": "int"}]}
    with pytest.raises(WireError, match="no field"):
        compile_writer(schema)


def test_another_record_is_refused() -> None:
    with pytest.raises(WireError, match="does not fit"):
        encode_record(latest("seizure"), Leg())
