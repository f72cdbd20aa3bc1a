"""Attacks of more than one act: what a reader can tell at once, and what only later."""

from hashlib import sha256
from itertools import permutations

import pytest
from msgspec.structs import replace
from tests.attack import forge
from tests.attack.desk import NETWORK, NOW, Desk
from tests.unit.test_read import register

from entente.alert.codes import locode
from entente.bus.arrivals import arrivals, heads
from entente.bus.reception import HELD
from entente.proof.keyring import Keyring
from entente.proof.merkle import HASH, Tree, leaf_hash
from entente.proof.read import read
from entente.proof.record import Record
from entente.proof.rows import MemoryRows
from entente.proof.verdict import Accepted
from entente.wire.envelope import Envelope, decode_envelope, encode_envelope
from entente.wire.names import statement_id
from entente.wire.statement import Statement, encode_statement

DAY = 86_400_000_000
LEAVES = [encode_statement(forge.say(n)) for n in range(1, 9)]
TRUE = forge.records(forge.batches(LEAVES))


def values(records: list[Record]) -> set[bytes | None]:
    return {record.value for record in records}


def other_from(index: int, offset: int = 100) -> list[Record]:
    """The records of another history that is the same below ``index``."""
    others = [encode_statement(forge.say(50 + n)) for n in range(len(LEAVES) - index)]
    return forge.records(forge.batches([*LEAVES[:index], *others]), offset)


def test_what_is_dropped_on_the_way_is_named_as_long_as_it_is_missing() -> None:
    desk, rows = Desk(), MemoryRows()
    gaps = []
    for record in (*TRUE[:2], *TRUE[5:], *TRUE[2:5]):
        assert desk.take(record) == "accepted"
        verdict = read(record, rows, desk.register, NETWORK, NOW)
        assert isinstance(verdict, Accepted)
        gaps.append(verdict.gaps)
    assert gaps[4] == ((2, 5),)
    assert gaps[-1] == ()
    assert desk.standing() == values(TRUE)


def test_any_order_of_arrival_ends_in_the_same_inbox() -> None:
    for order in list(permutations(range(8)))[::4_999]:
        desk = Desk()
        assert {desk.take(TRUE[n]) for n in order} == {"accepted"}
        assert desk.standing() == values(TRUE)


def test_a_fork_is_found_in_every_order_but_where_it_begins_may_depend_on_it() -> None:
    """Honest: 5 leaves are common, yet some orders can show less of them to be common.

    So more may be suspended than was forked, never less: nothing of either history is relied upon
    from the first leaf on that differs, unless all of the other history came after a suspension.
    """
    false = other_from(5)
    begins = set()
    orders = [
        [*TRUE, false[5]],
        [*TRUE[:6], false[7], *TRUE[6:]],
        [TRUE[7], false[0], *TRUE[:7]],
        [false[6], TRUE[1], TRUE[7], *TRUE[2:7]],
        [*reversed(false), *TRUE],
        [false[7], TRUE[7], *TRUE[:5]],
    ]
    for order in orders:
        desk = Desk()
        verdicts = [desk.take(record) for record in order]
        assert "7 fork" in verdicts
        common = values(TRUE[:5]) | values(false[:5])
        assert desk.standing() <= common
        forks = [q for q in desk.quarantined if q.code == "fork"]
        assert forks
        rows, first = MemoryRows(), None
        for record in order:
            verdict = read(record, rows, desk.register, NETWORK, NOW)
            if isinstance(verdict, Accepted):
                continue
            first = getattr(verdict, "retract", None) or first
        assert first is None or first <= 5
        begins.add(first)
    assert len(begins) > 1, "if the order never matters any more, say so in schemas/README.md"


def test_what_was_accepted_beyond_a_fork_is_taken_back() -> None:
    desk, false = Desk(), other_from(5)
    assert {desk.take(record) for record in TRUE} == {"accepted"}
    assert desk.take(false[6]) == "7 fork"
    assert desk.standing() <= values(TRUE[:5])
    assert desk.taken_back() == 8 - len(desk.standing()) > 0


def test_two_readers_shown_two_histories_notice_when_one_sees_a_record_of_the_other() -> None:
    """Each alone cannot know: that is what witnesses and exchanged checkpoints are for."""
    one, two, false = Desk(), Desk(), other_from(0)
    assert {one.take(record) for record in TRUE} == {"accepted"}
    assert {two.take(record) for record in false} == {"accepted"}
    assert one.take(false[3]) == "7 fork"
    assert two.take(TRUE[3]) == "7 fork"


def test_who_starts_after_a_theft_may_believe_the_thief_until_the_register_says_otherwise() -> None:
    """Honest: with only the stolen key to go by, the forged past that comes first is accepted."""
    desk, false = Desk(), other_from(0)
    assert {desk.take(record) for record in false} == {"accepted"}
    assert "7 fork" in {desk.take(record) for record in TRUE}
    assert not desk.standing() & values(TRUE)
    desk.register = register("retired")  # names the true checkpoint of size 8
    desk.judge_again()
    assert desk.standing() == values(TRUE)
    assert desk.taken_back() >= len(false)
    assert desk.waiting() == 0
    desk.register = register("revoked")  # and nothing of this key is believed at all
    desk.judge_again()
    assert desk.standing() == set()


def forged_at(index: int, offset: int) -> Record:
    """A record under JP's key and index that a stranger has signed."""
    (envelope,) = forge.batches([encode_statement(forge.say(77))], 1, forge.STRANGER)
    return forge.record(replace(envelope, index=index), offset)


def test_a_forged_record_takes_nothing_back_that_its_issuer_said() -> None:
    """However often the lane is judged again, with an ended key too."""
    desk = Desk("retired")
    assert {desk.take(record) for record in TRUE} == {"accepted"}
    good = decode_envelope(TRUE[3].value or b"")
    broken = replace(good, proof=bytes(len(good.proof)))
    for offset, envelope in enumerate((broken, replace(good, index=4), replace(good, index=-1))):
        assert desk.take(forge.record(envelope, 200 + offset))[0] in "35"
    assert desk.take(forged_at(0, 300)) == "4 unknown-key"
    for _ in range(3):
        desk.judge_again()
        assert desk.standing() == values(TRUE)
        assert desk.taken_back() == 0


def withdrawal(issuer: str, subject_of: int, version: int = 2) -> Statement:
    """A withdrawal of JP's n-th subject, in an issuer's name."""
    return forge.say(
        subject_of, issuer=issuer, version=version, change="WITHDRAWAL", body=b"", reason="gone",
        subject=forge.say(subject_of).subject,
        id=statement_id(forge.say(subject_of).subject, version, "WITHDRAWAL"),
    )  # fmt: skip


@pytest.mark.parametrize("first", [True, False], ids=["before it was said", "after"])
def test_nobody_withdraws_what_another_has_said(first: bool) -> None:
    """Subjects can be guessed, and a withdrawal has no body that shows whose its subject is."""
    desk = Desk()
    jp, au = desk.register.parties["JP"], desk.register.parties["AU"]
    lanes = {**au.lanes, forge.TOPIC: 1}
    desk.register = Keyring(parties={"JP": jp, "AU": replace(au, lanes=lanes)})
    origin = forge.MADE["LANE"]._replace(administration="AU")
    (envelope,) = forge.MADE["batches"](
        [encode_statement(withdrawal("AU", 1))], 1, forge.MADE["AU"], origin
    )
    foul = forge.record(envelope, 500, key=b"AU/0")
    order = [foul, TRUE[0]] if first else [TRUE[0], foul]
    assert {desk.take(record) for record in order} == {"accepted"}
    assert [record.value for record in heads(desk.view)] == [TRUE[0].value]
    assert [r.record.value for r in arrivals(desk.view, {}) if r.record] == [TRUE[0].value]


def test_an_issuers_own_withdrawal_counts_in_whatever_order_it_comes() -> None:
    leaves = [encode_statement(forge.say()), encode_statement(withdrawal("JP", 1))]
    said, gone = forge.records(forge.batches(leaves))
    for order in ([said, gone], [gone, said]):
        desk = Desk()
        assert {desk.take(record) for record in order} == {"accepted"}
        assert [record.value for record in heads(desk.view)] == [gone.value]
        came = [r.record.value for r in arrivals(desk.view, {}) if r.record]
        assert came[-1] == gone.value
        assert set(came) == {said.value, gone.value}


def test_a_flood_that_waits_under_anothers_key_costs_nothing_until_the_register_changes() -> None:
    desk = Desk()
    for record in TRUE:
        desk.take(record)
    for offset in range(300):
        assert desk.take(forged_at(0, 1_000 + offset)) == "4 unknown-key"
    assert desk.waiting() == 300
    assert list(desk.reception.judge_again(desk.rows, changed=False)) == []
    again = [record for record, _ in desk.reception.judge_again(desk.rows, changed=True)]
    assert len(again) == 300
    assert not values(again) & values(TRUE)


def test_a_clock_that_was_ahead_is_cured_by_time_alone() -> None:
    desk = Desk()
    early = forge.record(forge.one(forge.say(issued_at=NOW + 6 * 60_000_000)))
    assert desk.take(early) == "6 in-the-future"
    desk.judge_again(changed=False)
    assert desk.standing() == set()
    desk.now += 6 * 60_000_000
    desk.judge_again(changed=False)
    assert desk.standing() == {early.value}
    assert desk.waiting() == 0


def test_a_place_of_a_newer_list_is_accepted_once_we_have_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    desk = Desk()
    said = forge.MADE["placed"]("CN9ZZ")
    record = forge.record(forge.one(said))
    assert desk.take(record) == "8 not-listed"
    newer = frozenset({*locode.codes(), "CN9ZZ"})
    monkeypatch.setattr("entente.alert.checks.codes.locode.codes", lambda: newer)
    desk.judge_again()
    assert desk.standing() == {record.value}
    assert desk.waiting() == 0


def test_a_lane_that_claims_to_be_endless_is_read_with_its_gap_named() -> None:
    """A member signs a tree of 2^63 - 1 leaves with one leaf to show; nothing overflows.

    Honest: that the rest of its lane does not lead there cannot be told, but the gap stays open.
    """
    size, proof = 2**63 - 1, bytes(range(256)) * 8
    leaf = encode_statement(forge.say())
    for used in range(1, 64):
        root = _root(leaf, proof[: used * HASH], size)
        if root is None:
            continue
        text = f"{forge.MADE['LANE']}\n{size}\n{forge.note.encode_base64(root)}\n"
        signed = forge.note.sign(text, str(forge.MADE["LANE"]), forge.JP)
        envelope = Envelope(
            statement=leaf, index=0, proof=proof[: used * HASH], checkpoint=f"{text}\n{signed}"
        )
        desk = Desk()
        record = forge.record(envelope)
        assert desk.take(record) == "accepted"
        verdict = read(record, MemoryRows(), desk.register, NETWORK, NOW)
        assert isinstance(verdict, Accepted)
        assert verdict.gaps == ((1, size),)
        rest = [record._replace(offset=9 + record.offset) for record in TRUE[1:]]
        assert {desk.take(record) for record in rest} == {"accepted"}
        desk.judge_again()
        assert desk.standing() == {record.value, *values(TRUE[1:])}
        return
    raise AssertionError("no length of proof fits")


def _root(leaf: bytes, proof: bytes, size: int) -> bytes | None:
    """The root that a proof of index 0 leads to, if it has the length that the size demands."""
    found = leaf_hash(leaf)
    for at in range(0, len(proof), HASH):
        found = sha256(b"\1" + found + proof[at : at + HASH]).digest()
    return found if Tree(size, found).includes(leaf_hash(leaf), 0, proof) else None


def test_every_flipped_bit_of_an_envelope_is_refused_and_kept() -> None:
    value = encode_envelope(forge.lane(8)[5])
    desk = Desk()
    for at in range(len(value)):
        for bit in range(8):
            flipped = bytearray(value)
            flipped[at] ^= 1 << bit
            verdict = desk.take(forge.record(bytes(flipped), 8 * at + bit))
            assert verdict[0].isdigit(), (at, bit)
    assert len(desk.quarantined) == 8 * len(value)
    assert desk.standing() == set()
    desk.judge_again()
    assert desk.standing() == set()


HEADERS = {
    "10,001 of them": (("a", b"x"),) * 10_001,
    "a name of 70 KB": (("n" * 70_000, b"x"),),
    "a lying content type": (("content-type", b"text/html"), ("ce_id", b"\xff\0")),
}


@pytest.mark.parametrize("headers", HEADERS.values(), ids=HEADERS)
def test_headers_are_never_trusted_and_never_in_the_way(headers: tuple[tuple[str, bytes]]) -> None:
    desk = Desk()
    assert desk.take(TRUE[0]._replace(headers=headers)) == "accepted"
    bad = forge.record(b"noise", 50, headers=headers)
    assert desk.take(bad) == "1 not-single-object"
    (kept,) = desk.quarantined
    assert kept.record.headers == headers or "headers were too much" in kept.message


def test_what_is_held_of_refused_records_is_one_row_each() -> None:
    """The same bytes may come a thousand times: rows grow with records, and by nothing else."""
    desk = Desk()
    for offset in range(1_000):
        desk.take(forge.record(b"\xc3\x01noise", offset))
    assert sum(1 for _ in desk.rows.scan(HELD)) == 1_000
    assert desk.waiting() == 0
    tables = {table for table in ("lanes", "heads", "version", "arrival", "leaf", "pending")
              if next(iter(desk.rows.scan(table)), None)}  # fmt: skip
    assert tables == set()
