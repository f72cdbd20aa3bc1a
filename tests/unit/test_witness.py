"""An office co-signs what it has read; another one compares, and knows since when it existed."""

import asyncio
import io
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from entente.alert.receipt import Receipt
from entente.bus.membership import Membership
from entente.bus.reception import Reception
from entente.office import receipts, witness
from entente.office.follow import PROJECTION, read_heads, store
from entente.office.lanes import LaneStatus, read_lanes
from entente.office.selection import Asked
from entente.office.witness import EVERY, Witness
from entente.proof import cosignature
from entente.store.database import Database
from entente.store.reader import Reader
from entente.trust import administration as parts
from entente.trust import files, lifecycle
from entente.trust.evidence import verify
from entente.trust.register import Register
from entente.wire.body import decode_body
from entente.wire.statement import decode_statement
from exporting import (
    NETWORK,
    NOW,
    OFFICE,
    SECOND,
    Lanes,
    Trust,
    exported,
    hear,
    key,
    network,
    receipt,
    receive,
    seizure,
)
from spoiling import unpacked

RECEIPTS = "receipts.asia-pacific"
LANE = f"{NETWORK}/JP/alerts.asia-pacific/0"
ME = Witness(witness.name(NETWORK, OFFICE), key("witness"))


@pytest.fixture
def trusted() -> tuple[Trust, Register]:
    trust = Trust("witness")
    listed = parts.Witness(name=ME.name, administration=OFFICE, public=ME.key.public.raw)
    return trust, trust.sign(lifecycle.add_witness(network(trust, "JP", "NZ"), listed))


def told(folder: Path, register: Register, now: int = NOW, by: Witness | None = ME) -> list[bytes]:
    """The receipts that the office now says."""
    membership = Membership.__new__(Membership)
    membership._register = register
    with Database(folder / receipts.STORE) as database, database.transaction() as tx:
        new = asyncio.run(receipts.new(folder, tx, membership, OFFICE, now, by=by))
        for one in new:
            tx.submit(one)
    return [one.statement for one in new]


def notes(said: Iterable[bytes]) -> list[str]:
    found: list[str] = []
    for one in said:
        body = decode_body(decode_statement(one))
        assert isinstance(body, Receipt)
        found += body.witnessed
    return found


def lane(folder: Path) -> LaneStatus:
    (found,) = (one for one in read_lanes(store(folder), PROJECTION) if one.lane == LANE)
    return found


def said_by_jp(*names: str) -> Lanes:
    lanes = Lanes()
    for name in names:
        lanes.say("JP", lanes.statement("JP", seizure(name)))
    return lanes


def test_a_witness_signs_what_it_has_read_whole(
    trusted: tuple[Trust, Register], tmp_path: Path
) -> None:
    _, register = trusted
    folder, lanes = tmp_path / OFFICE, said_by_jp("a", "b", "c")
    receive(folder, register, lanes.records)
    (note,) = notes(told(folder, register))
    (seen,) = cosignature.read(note, register)
    assert (str(seen.checkpoint.origin), seen.checkpoint.size) == (LANE, 3)
    assert (seen.witness, seen.time) == (ME.name, NOW)
    assert seen.checkpoint.root == lane(folder).root
    assert told(folder, register) == []

    # A gap, and what is beyond it is not signed; nor is anything within minutes of the last note.
    lanes.say("JP", lanes.statement("JP", seizure("d")))
    lanes.say("JP", lanes.statement("JP", seizure("e")))
    receive(folder, register, lanes.records[4:])
    assert notes(told(folder, register, NOW + EVERY)) == []
    receive(folder, register, lanes.records[3:4])
    assert notes(told(folder, register, NOW + EVERY - 1)) == []
    (note,) = notes(told(folder, register, NOW + EVERY))
    assert cosignature.read(note, register)[0].checkpoint.size == 5


def test_no_witness_signs_two_histories(trusted: tuple[Trust, Register], tmp_path: Path) -> None:
    """Its inbox is lost, and somebody shows it another past than before."""
    _, register = trusted
    folder = tmp_path / OFFICE
    receive(folder, register, said_by_jp("a", "b").records)
    assert len(notes(told(folder, register))) == 1
    for path in folder.glob(f"{store(folder).name}*"):
        path.unlink()
    receive(folder, register, said_by_jp("a", "x", "c").records)
    assert notes(told(folder, register, NOW + 2 * EVERY)) == []


def test_who_becomes_a_witness_signs_what_it_had_read_before(
    trusted: tuple[Trust, Register], tmp_path: Path
) -> None:
    _, register = trusted
    folder = tmp_path / OFFICE
    receive(folder, register, said_by_jp("a", "b").records)
    before = told(folder, register, by=None)
    assert len(before) == 1
    assert notes(before) == []
    (note,) = notes(told(folder, register))
    assert cosignature.read(note, register)[0].checkpoint.size == 2
    assert told(folder, register, NOW + EVERY) == []


def test_who_is_not_listed_signs_nothing(trusted: tuple[Trust, Register], tmp_path: Path) -> None:
    _, register = trusted
    folder = tmp_path / OFFICE
    assert witness.witness(folder, register, None) is None
    files.write_key(folder / witness.KEY, key("another"), None)
    assert witness.witness(folder, register, None) is None
    files.write_key(folder / witness.KEY, key("witness"), None)
    found = witness.witness(folder, register, None)
    assert found is not None
    assert (found.name, found.key.public) == (ME.name, ME.key.public)


def test_two_histories_are_caught_and_one_has_a_time(
    trusted: tuple[Trust, Register], tmp_path: Path
) -> None:
    trust, register = trusted
    one, honest, other = tmp_path / OFFICE, tmp_path / "1" / "NZ", tmp_path / "2" / "NZ"
    receive(one, register, said_by_jp("a", "b", "c").records)
    said = told(one, register)
    for folder, names in ((honest, "abcd"), (other, "abxd")):
        receive(folder, register, said_by_jp(*names).records)
        files.write(folder / "register.json", trust.entries["register/2"])
        hear(folder, register, *said)

    (seen,) = lane(honest).witnessed
    assert (seen.witness, seen.size, seen.time, seen.differs) == (ME.name, 3, NOW, False)
    assert lane(honest).good
    existed = {item.alert.national_ref: item.witnessed_at for item in alerts(honest)}
    assert existed == {"a": NOW, "b": NOW, "c": NOW, "d": None}
    files_of = unpacked(exported(honest, register, trust)[0])
    assert files_of["cover.txt"].count(b"existed 2026-01-01 00:00:00 UTC at the latest") == 3

    # In an export its word stands by itself, also for what was signed in smaller batches.
    for names, known in (("ab", True), ("d", False)):
        asked = Asked(subjects=tuple(names))
        data, done = exported(honest, register, trust, asked)
        report = verify(io.BytesIO(data), trust.root, now=NOW)
        assert report.holds
        (found,) = report.lanes
        had = [(one.start, one.end, one.at, one.witness) for one in found.witnessed]
        assert had == ([(0, 2, NOW, ME.name)] if known else [])
        assert (found.unwitnessed, done.witnessed) == ((0, 2) if known else (1, 0))

    (seen,) = lane(other).witnessed
    assert seen.differs
    assert not lane(other).good
    assert cosignature.read(seen.note, register)[0].checkpoint.root != lane(other).root
    assert {item.witnessed_at for item in alerts(other)} == {None}


def test_what_an_ended_witness_said_before_stays(
    trusted: tuple[Trust, Register], tmp_path: Path
) -> None:
    """Of a stolen key nothing does: nobody can tell which of its notes were dated back."""
    trust, register = trusted
    one, other, third = tmp_path / OFFICE, tmp_path / "1" / "NZ", tmp_path / "2" / "NZ"
    for folder in (one, other, third):
        receive(folder, register, said_by_jp("a").records)
    said = told(one, register)
    late = cosignature.cosign(notes(said)[0], ME.name, ME.key, NOW + 2 * SECOND)
    ended = trust.sign(lifecycle.end_witness(register, ME.name, at=NOW + SECOND))
    stolen = lifecycle.end_witness(ended, ME.name, at=NOW, stolen=True)
    hear(third, ended, receipt(ended, late))
    assert words(third, ended, trust) == []
    hear(other, register, *said)
    judge_again(other, ended)
    assert words(other, ended, trust) == [NOW]
    stolen = trust.sign(stolen)
    assert words(other, stolen, trust) == [], "it goes into no export, though it is still noted"
    judge_again(other, stolen)
    with Reader(store(other)) as reader, reader.view(witness.PROJECTION) as view:
        assert not list(view.scan(witness.NOTES)), "and it is forgotten"


def judge_again(folder: Path, register: Register) -> None:
    reception = Reception("NZ", NETWORK, lambda: register, partial(int, NOW))
    with Database(store(folder)) as database, database.transaction() as tx:
        rows = tx.rows(witness.PROJECTION, 0)
        witness.Witnessed(lambda: register, reception).judge_again(rows, changed=True)


def words(folder: Path, register: Register, trust: Trust) -> list[int]:
    """Since when witnesses say, in an export, that what is held existed."""
    data, _ = exported(folder, register, trust)
    report = verify(io.BytesIO(data), trust.root, now=NOW)
    assert report.holds, report.refused or report.faults
    return [one.at for lane in report.lanes for one in lane.witnessed]


def test_who_has_not_read_so_far_compares_later(
    trusted: tuple[Trust, Register], tmp_path: Path
) -> None:
    _, register = trusted
    one, other = tmp_path / OFFICE, tmp_path / "NZ"
    receive(one, register, said_by_jp("a", "b", "c").records)
    history = said_by_jp("a", "b", "x").records
    receive(other, register, history[:2])
    hear(other, register, *told(one, register))
    assert lane(other).good
    receive(other, register, history[2:])
    assert not lane(other).good


def test_what_a_liar_says_is_passed_over(trusted: tuple[Trust, Register], tmp_path: Path) -> None:
    """A false time, a witness nobody knows, and what is no note at all."""
    _, register = trusted
    one, other = tmp_path / OFFICE, tmp_path / "NZ"
    receive(one, register, said_by_jp("a").records)
    (said,) = told(one, register)
    (note,) = notes([said])
    receive(other, register, said_by_jp("a").records)
    false = (
        cosignature.cosign(note, ME.name, key("stranger"), NOW),
        cosignature.cosign(note, f"{NETWORK}/NZ", key("NZ"), NOW),
        note.replace("JP", "NZ"), note + "x", "", "\n\n", "x" * 20_000,
    )  # fmt: skip
    hear(other, register, *(receipt(register, one) for one in false))
    assert lane(other).witnessed == ()
    assert notes([said]) == [note]


def alerts(folder: Path) -> list[Any]:
    return read_heads(folder)
