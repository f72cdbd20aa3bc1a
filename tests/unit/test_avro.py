"""The bounded decoder: it agrees with fastavro on what is valid, and only refuses the rest."""

import json
import tracemalloc
from contextlib import suppress
from io import BytesIO
from typing import Any

import fastavro
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from entente.errors import WireError
from entente.wire.avro import decode, encode, schema_of, single_object
from entente.wire.decoder import MAX_DEPTH
from entente.wire.primitives import MAX_ITEMS, MAX_STRING
from entente.wire.schemas import Schema, by_fingerprint, by_sha256, latest, load, released


def schema(*types: Any) -> Schema:
    fields = [{"name": f"f{n}", "type": kind} for n, kind in enumerate(types)]
    text = json.dumps({"type": "record", "name": "R", "namespace": "t", "fields": fields})
    return load("test", 1, text.encode())


ENUM = {"type": "enum", "name": "E", "symbols": ["A", "B"]}
FIXED = {"type": "fixed", "name": "F", "size": 3}
INTS = {"type": "array", "items": "int"}
POINT = {"type": "record", "name": "P", "fields": [{"name": "x", "type": ["null", "int"]}]}
EVERYTHING = schema(
    "boolean", "int", "long", "float", "double", "bytes", "string", ["null", "string", "long"],
    ENUM, FIXED, {"type": "array", "items": POINT}, {"type": "map", "values": "E"}, ["int", "P"],
)  # fmt: skip
values = st.tuples(
    st.booleans(),
    st.integers(-(2**31), 2**31 - 1),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(width=32, allow_nan=False),
    st.floats(allow_nan=False),
    st.binary(max_size=200),
    st.text(max_size=200),
    st.none() | st.text(max_size=5) | st.integers(-(2**63), 2**63 - 1),
    st.sampled_from("AB"),
    st.binary(min_size=3, max_size=3),
    st.lists(st.fixed_dictionaries({"x": st.none() | st.integers(-5, 5)}), max_size=5),
    st.dictionaries(st.text(max_size=5), st.sampled_from("AB"), max_size=5),
    st.integers(-5, 5) | st.fixed_dictionaries({"x": st.none()}),
).map(lambda t: {f"f{n}": value for n, value in enumerate(t)})


def test_the_fingerprints_are_those_of_the_wire_format() -> None:
    assert latest("envelope").fingerprint.hex() == "c3096ed037bd5d16"
    assert latest("statement").fingerprint.hex() == "422ef794ed69321c"


def test_every_released_schema_is_found_and_can_be_read() -> None:
    for one in released():
        assert by_sha256(one.sha256) is one
        assert by_fingerprint(one.fingerprint) is one
        with pytest.raises(WireError):
            decode(one, b"")


def test_a_name_not_released_is_refused() -> None:
    with pytest.raises(WireError, match="no schema"):
        latest("nothing")


@given(values)
@settings(deadline=None)
def test_it_reads_what_fastavro_writes_as_fastavro_reads_it(value: dict[str, Any]) -> None:
    data = encode(EVERYTHING, value)
    assert decode(EVERYTHING, data) == value
    assert decode(EVERYTHING, data) == fastavro.schemaless_reader(
        BytesIO(data), EVERYTHING.parsed, None
    )


@given(values, st.data())
@settings(deadline=None)
def test_mutated_bytes_are_read_or_refused_and_never_anything_else(
    value: dict[str, Any], data: st.DataObject
) -> None:
    mutated = bytearray(encode(EVERYTHING, value))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(mutated) - 1))
        mutated[at : at + data.draw(st.integers(0, 2))] = data.draw(st.binary(max_size=3))
        if not mutated:
            break
    with suppress(WireError):
        assert set(decode(EVERYTHING, bytes(mutated))) == set(value)


@given(st.binary(max_size=300))
@settings(deadline=None)
def test_noise_is_read_or_refused(noise: bytes) -> None:
    for one in released():
        with suppress(WireError):
            assert decode(one, noise)


VARINT_2_GIB = b"\xfe\xff\xff\xff\x0f"
HOSTILE = [
    ("nothing", "int", b""),
    ("an int of six bytes", "int", b"\x80\x80\x80\x80\x80\x00"),
    ("an int above 32 bits", "int", b"\x80\x80\x80\x80\x10"),
    ("a long of eleven bytes", "long", b"\x80" * 10 + b"\0"),
    ("a long above 64 bits", "long", b"\xff" * 9 + b"\x02"),
    ("a varint that does not end", "long", b"\x80\x80"),
    ("a boolean of two", "boolean", b"\x02"),
    ("a negative length", "bytes", b"\x01"),
    ("a negative string", "string", b"\x01"),
    ("2 GiB of bytes", "bytes", VARINT_2_GIB),
    ("2 GiB of string", "string", VARINT_2_GIB),
    ("a string that ends early", "string", b"\x04a"),
    ("a string that is not UTF-8", "string", b"\x02\xff"),
    ("a lone surrogate", "string", b"\x06\xed\xa0\x80"),
    ("a string above 64 KiB", "string", b"\x82\x80\x08" + b"a" * (MAX_STRING + 1)),
    ("a negative enum index", ENUM, b"\x01"),
    ("an enum index too high", ENUM, b"\x04"),
    ("a negative union index", ["int", "string"], b"\x01\x00"),
    ("a union index too high", ["null", "string"], b"\x04"),
    ("a fixed that ends early", FIXED, b"ab"),
    ("a double that ends early", "double", b"1234567"),
    ("an array that never ends", INTS, b"\x02\x00"),
    ("2^31 items", INTS, VARINT_2_GIB),
    ("10,001 items", INTS, b"\xa2\x9c\x01" + b"\0" * 10_002),
    ("10,001 items in two blocks", INTS, b"\xa0\x9c\x01" + b"\0" * 10_000 + b"\x02\0\0"),
    ("10,001 items in a counted block", INTS, b"\xa1\x9c\x01\x00" + b"\0" * 10_002),
    ("the least count there is", INTS, b"\xff" * 9 + b"\x01\x00\x00"),
    ("a negative block size", INTS, b"\x01\x01\x00\x00"),
    ("10,001 entries of a map", {"type": "map", "values": "int"}, b"\xa2\x9c\x01" + b"\0" * 20_003),
    ("a byte left over", "int", b"\0\0"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "data"), [h[1:] for h in HOSTILE], ids=[h[0] for h in HOSTILE])
def test_hostile_bytes_are_refused_without_much_memory(kind: Any, data: bytes) -> None:
    one = schema(kind)
    with pytest.raises(WireError):
        decode(one, b"")
    tracemalloc.start()
    try:
        with pytest.raises(WireError):
            decode(one, data)
        assert tracemalloc.get_traced_memory()[1] < 2_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("kind", "data", "value"),
    [
        ("int", b"\x80\x80\x80\x80\x00", 0),
        ("int", b"\xff\xff\xff\xff\x0f", -(2**31)),
        ("long", b"\xff" * 9 + b"\x01", -(2**63)),
        (INTS, b"\x80\x00", []),
        (INTS, b"\x02\x06\x80\x00", [3]),
        (INTS, b"\x01\x02\x06\x00", [3]),
        (INTS, b"\x02\x06\x01\x02\x08\x00", [3, 4]),
        (INTS, b"\xa0\x9c\x01" + b"\0" * 10_001, [0] * MAX_ITEMS),
        ("string", b"\x80\x80\x08" + b"a" * MAX_STRING, "a" * MAX_STRING),
    ],
)
def test_what_is_just_within_the_bounds_is_read(kind: Any, data: bytes, value: Any) -> None:
    assert decode(schema(kind), data) == {"f0": value}


def nested(depth: int) -> Any:
    kind: Any = "int"
    for _ in range(depth):
        kind = {"type": "array", "items": kind}
    return kind


def test_sixteen_levels_are_read_and_seventeen_are_not() -> None:
    assert decode(schema(nested(MAX_DEPTH - 1)), b"\0") == {"f0": []}
    with pytest.raises(WireError, match="deep"):
        decode(schema(nested(MAX_DEPTH)), b"\0")


@pytest.mark.parametrize(
    "kind",
    [
        {"type": "array", "items": "null"},
        {"type": "array", "items": {"type": "record", "name": "N", "fields": []}},
        {"type": "array", "items": {"type": "fixed", "name": "Z", "size": 0}},
        ["null", "R"],
    ],
)
def test_schemas_that_could_be_used_as_bombs_are_refused(kind: Any) -> None:
    with pytest.raises(WireError, match="schema"):
        decode(schema(kind), b"\0")


@pytest.mark.parametrize(
    "value", [{}, {"f0": "a"}, {"f0": 2**31}, {"f0": 1, "f1": 2}, {"f0": None}]
)
def test_a_value_that_does_not_fit_is_refused(value: dict[str, Any]) -> None:
    with pytest.raises(WireError, match="fit"):
        encode(schema("int"), value)


def test_nothing_is_written_that_a_reader_would_refuse() -> None:
    with pytest.raises(WireError, match="string"):
        encode(schema("string"), {"f0": "a" * (MAX_STRING + 1)})
    with pytest.raises(WireError, match="items"):
        encode(schema(INTS), {"f0": [0] * (MAX_ITEMS + 1)})


@pytest.mark.parametrize("data", [b"", b"\xc3", b"\xc3\x02" + b"\0" * 9, b"\xc3\x01" + b"\0" * 7])
def test_what_is_no_single_object_is_refused(data: bytes) -> None:
    with pytest.raises(WireError, match="C3 01"):
        schema_of(data)


def test_single_object_bytes_are_the_marker_the_fingerprint_and_the_body() -> None:
    envelope = latest("envelope")
    value = {"statement": b"s", "index": 1, "proof": b"", "checkpoint": "c"}
    data = single_object(envelope, value)
    assert data[:10].hex() == "c301c3096ed037bd5d16"
    assert schema_of(data) is envelope
    assert decode(envelope, data[10:]) == value
