"""The eight steps against the published table: every attack is stopped at its step, by its code."""

import json
import runpy
from base64 import b64decode
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from entente.proof.key import VerifyKey
from entente.proof.keyring import Believed, Key, Keyring, Party, Witness
from entente.proof.read import read, rejudge
from entente.proof.record import Record
from entente.proof.rows import MemoryRows
from entente.proof.verdict import Accepted, Code, Duplicate, Quarantined, Verdict, Waiting
from entente.wire.envelope import decode_envelope, encode_envelope

VECTORS = Path(__file__).parents[2] / "schemas" / "vectors"
TABLE = json.loads((VECTORS / "reading.json").read_text(encoding="utf-8"))


@cache
def runpy_vectors() -> dict[str, Any]:
    return runpy.run_path(str(VECTORS / "make.py"))


def register(name: str) -> Keyring:
    written = TABLE["registers"][name]
    return Keyring(
        parties={
            party["id"]: Party(
                id=party["id"], lanes=party["lanes"], keys=tuple(map(key, party["keys"]))
            )
            for party in written["parties"]
        },
        witnesses={
            name: (Witness(public=VerifyKey(bytes.fromhex(raw))),)
            for name, raw in written["witnesses"].items()
        },
    )


def key(written: dict[str, Any]) -> Key:
    return Key(
        public=VerifyKey(bytes.fromhex(written["public"])),
        valid_from=written["from"],
        valid_until=written["until"],
        ended=written["ended"],
        believed={
            origin: Believed(b["size"], bytes.fromhex(b["root"]))
            for origin, b in written["believed"].items()
        },
    )


def records(case: dict[str, Any]) -> list[Record]:
    def raw(text: str | None) -> bytes | None:
        return None if text is None else b64decode(text)

    return [
        Record(r["topic"], 0, offset, 0, raw(r["key"]), raw(r["value"]))
        for offset, r in enumerate(case["records"])
    ]


def word(verdict: Verdict) -> str:
    match verdict:
        case Accepted():
            return "accepted"
        case Duplicate():
            return "duplicate"
        case _:
            assert isinstance(verdict, Waiting) == verdict.temporary
            assert verdict.message
            assert verdict.advice
            return f"{verdict.step} {verdict.code}"


def case_named(name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(case for case in TABLE["cases"] if case["name"] == name)
    return found


@pytest.mark.parametrize("case", TABLE["cases"], ids=lambda case: case["name"])
def test_verdicts_are_those_of_the_table(case: dict[str, Any]) -> None:
    rows, ring = MemoryRows(), register(case["register"])
    now = case.get("now", TABLE["now"])
    found = [word(read(r, rows, ring, TABLE["network"], now)) for r in records(case)]
    assert found == [r["verdict"] for r in case["records"]]


def test_every_code_is_in_the_table_or_named_here() -> None:
    tested = {r["verdict"].split()[-1] for case in TABLE["cases"] for r in case["records"]}
    elsewhere = {"too-large", "too-many-gaps"}
    assert tested | elsewhere == {*(code.value for code in Code), "accepted", "duplicate"}


def test_the_table_is_what_its_script_makes() -> None:
    assert runpy_vectors()["make"]() == (VECTORS / "reading.json").read_text(encoding="utf-8")


def test_a_value_above_900_000_bytes_is_not_looked_into() -> None:
    good = records(case_named("a good record"))[0]
    assert good.value is not None
    large = good._replace(value=good.value.ljust(900_001, b"\0"))
    verdict = read(large, MemoryRows(), register("today"), TABLE["network"], TABLE["now"])
    assert word(verdict) == "1 too-large"


def test_no_single_bit_flip_is_accepted_as_something_else() -> None:
    good = records(case_named("a good record"))[0]
    ring, network, now = register("today"), TABLE["network"], TABLE["now"]
    assert good.value is not None
    for at in range(len(good.value)):
        flipped = bytearray(good.value)
        flipped[at] ^= 1 << at % 8
        verdict = read(good._replace(value=bytes(flipped)), MemoryRows(), ring, network, now)
        assert isinstance(verdict, Quarantined | Waiting), at


@given(st.data())
@settings(deadline=None, max_examples=150)
def test_a_member_who_signs_garbage_gets_a_verdict_and_never_an_error(data: st.DataObject) -> None:
    good = records(case_named("a good record"))[0]
    leaf = bytearray(decode_envelope(good.value or b"").statement)
    for _ in range(data.draw(st.integers(0, 3))):
        at = data.draw(st.integers(10, len(leaf) - 1))
        leaf[at : at + data.draw(st.integers(0, 2))] = data.draw(st.binary(max_size=3))
    script = runpy_vectors()
    (envelope,) = script["batches"]([bytes(leaf)], 1)
    record = good._replace(value=encode_envelope(envelope))
    verdict = read(record, MemoryRows(), register("today"), TABLE["network"], TABLE["now"])
    assert not isinstance(verdict, Duplicate)
    if isinstance(verdict, Quarantined | Waiting):
        assert verdict.step in (6, 8)


def test_a_changed_register_is_asked_again_for_a_checkpoint_read_before() -> None:
    good = records(case_named("a good record"))[0]
    network, now = TABLE["network"], TABLE["now"]
    assert isinstance(read(good, MemoryRows(), register("today"), network, now), Accepted)
    revoked = read(good, MemoryRows(), register("revoked"), network, now)
    assert isinstance(revoked, Quarantined)
    assert revoked.code is Code.NOT_BELIEVED


def test_a_lane_judged_again_keeps_the_history_that_the_register_believes() -> None:
    told = records(case_named("of a key retired, another history"))
    true = records(case_named("a lane backwards"))[8:]  # indexes 7 to 0, under the size believed
    forged = told[1:]
    rows, network, now = MemoryRows(), TABLE["network"], TABLE["now"]
    live = [word(read(r, rows, register("today"), network, now)) for r in (*forged, *true)]
    assert "7 fork" in live
    again = dict(rejudge([*forged, *true], rows, register("retired"), network, now))
    assert {word(again[r]) for r in true} == {"accepted"}
    assert {word(again[r]) for r in forged} == {"6 not-believed"}


def test_a_waiting_body_is_accepted_once_its_schema_is_known(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    good = records(case_named("a good record"))[0]
    rows, ring, network, now = MemoryRows(), register("today"), TABLE["network"], TABLE["now"]
    with monkeypatch.context() as before:
        before.setattr("entente.proof.content.by_sha256", lambda _: None)
        assert word(read(good, rows, ring, network, now)) == "8 unknown-schema"
    assert word(read(good, rows, ring, network, now)) == "accepted"
    assert word(read(good, rows, ring, network, now)) == "duplicate"
