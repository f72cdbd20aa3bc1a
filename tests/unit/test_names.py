import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entente.errors import WireError
from entente.wire.names import (
    ADMINISTRATION,
    REGIONS,
    TOPICS,
    Origin,
    grant_key,
    parse_grant_key,
    parse_record_key,
    record_key,
    statement_id,
    subject_id,
)

NETWORK = "demo.entente.example"
administrations = st.from_regex(ADMINISTRATION, fullmatch=True)
lanes = st.integers(0, 2**31 - 1)


def test_there_are_twelve_regions_with_four_topics_each_and_grants() -> None:
    assert len(REGIONS) == 12
    assert len(TOPICS) == 49


@given(administrations, st.sampled_from(sorted(TOPICS)), lanes)
def test_an_origin_is_its_line(administration: str, topic: str, lane: int) -> None:
    origin = Origin(NETWORK, administration, topic, lane)
    assert Origin.parse(str(origin)) == origin


@pytest.mark.parametrize(
    "line",
    [
        "",
        "demo.entente.example/JP/alerts.asia-pacific",
        "demo.entente.example/JP/alerts.asia-pacific/0/0",
        "demo.entente.example/jp/alerts.asia-pacific/0",
        "demo.entente.example/J/alerts.asia-pacific/0",
        "demo.entente.example/-JP/alerts.asia-pacific/0",
        "demo.entente.example/ABCDEFGHIJKLMNOPQ/alerts.asia-pacific/0",
        "demo.entente.example/JP/alerts.atlantis/0",
        "demo.entente.example/JP/register/0",
        "demo.entente.example/JP/alerts.asia-pacific/00",
        "demo.entente.example/JP/alerts.asia-pacific/-1",
        "demo.entente.example/JP/alerts.asia-pacific/+1",
        "demo.entente.example/JP/alerts.asia-pacific/2147483648",
        "demo.entente.example/JP/alerts.asia-pacific/\u0661",
        "demo.entente.example/JP/alerts.asia-pacific/0\n",
        "Demo.entente.example/JP/alerts.asia-pacific/0",
        "/JP/alerts.asia-pacific/0",
    ],
)
def test_what_is_no_origin_is_refused(line: str) -> None:
    with pytest.raises(WireError):
        Origin.parse(line)


@given(administrations, lanes)
def test_a_record_key_is_read_back(administration: str, lane: int) -> None:
    assert parse_record_key(record_key(administration, lane)) == (administration, lane)


@given(administrations, st.uuids(), administrations)
def test_a_grant_key_is_read_back(issuer: str, granted: uuid.UUID, recipient: str) -> None:
    assert parse_grant_key(grant_key(issuer, granted, recipient)) == (issuer, granted, recipient)


@pytest.mark.parametrize("key", [b"", b"JP", b"JP/0/1", b"JP/x", b"\xff/0", b"jp/0"])
def test_what_is_no_record_key_is_refused(key: bytes) -> None:
    with pytest.raises(WireError):
        parse_record_key(key)


@pytest.mark.parametrize(
    "key",
    [
        b"JP/0",
        b"JP/nothing/AU",
        b"JP/{12345678-1234-5678-1234-567812345678}/AU",
        b"JP/12345678123456781234567812345678/AU",
        b"JP/ABCDEF78-1234-5678-1234-567812345678/AU",
    ],
)
def test_what_is_no_grant_key_is_refused(key: bytes) -> None:
    with pytest.raises(WireError):
        parse_grant_key(key)


@given(administrations, st.text(max_size=40), st.integers(1, 2**31 - 1))
def test_ids_are_uuid5_as_python_has_it(administration: str, ref: str, version: int) -> None:
    network = uuid.uuid5(uuid.NAMESPACE_DNS, NETWORK)
    subject = uuid.uuid5(network, f"{administration}/{ref}")
    assert subject_id(NETWORK, administration, ref) == subject
    assert statement_id(subject, version, "NEW") == uuid.uuid5(subject, f"{version}/NEW")
