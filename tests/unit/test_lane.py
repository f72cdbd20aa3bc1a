"""Laws of a reader's lane: the order of reading does not matter, and every fork is found."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from entente.alert.handling import Handling
from entente.proof import lane as lanes
from entente.proof.key import SigningKey
from entente.proof.keyring import Key, Keyring, Party
from entente.proof.lane import Lane
from entente.proof.read import read
from entente.proof.record import Record
from entente.proof.rows import MemoryRows
from entente.proof.verdict import Accepted, Code, Duplicate, Refused
from entente.proof.writer import Writer
from entente.wire.envelope import Envelope, encode_envelope
from entente.wire.names import Origin, record_key, statement_id, subject_id
from entente.wire.statement import Statement, encode_statement

NETWORK = "demo.entente.example"
ORIGIN = Origin(NETWORK, "JP", "alerts.asia-pacific", 0)
KEY = SigningKey(b"l" * 32)
RING = Keyring(
    parties={
        "JP": Party(
            id="JP",
            lanes={ORIGIN.topic: 1},
            keys=(Key(public=KEY.public, valid_from=0, valid_until=10),),
        )
    }
)


def leaf(name: str) -> bytes:
    """A withdrawal: the smallest good statement."""
    subject = subject_id(NETWORK, "JP", name)
    return encode_statement(
        Statement(
            id=statement_id(subject, 2, "WITHDRAWAL"),
            subject=subject,
            version=2,
            change="WITHDRAWAL",
            type="entente.alert.Seizure",
            schema=bytes(32),
            network=NETWORK,
            issuer="JP",
            topic=ORIGIN.topic,
            issued_at=5,
            handling=Handling(tlp="GREEN", purpose="test", source_grade="A", information_grade=1),
            reason="a mistake",
        )
    )


LEAVES = {name: [leaf(f"{name}{n}") for n in range(24)] for name in "ab"}


def history(leaves: list[bytes], batches: list[int]) -> list[Envelope]:
    writer, envelopes = Writer(ORIGIN), []
    for batch in batches:
        some = leaves[writer.size : writer.size + batch]
        if some:
            writer, more = writer.append(some, KEY)
            envelopes += more
    return envelopes


def record(envelope: Envelope) -> Record:
    return Record(ORIGIN.topic, 0, 0, 0, record_key("JP", 0), encode_envelope(envelope))


def arrive(envelopes: list[Envelope]) -> tuple[Lane, set[int], list[Code]]:
    """The lane, the indexes still relied upon, and the refusals, after these in this order."""
    rows = MemoryRows()
    relied: set[int] = set()
    refused: list[Code] = []
    for envelope in envelopes:
        match read(record(envelope), rows, RING, NETWORK, 10):
            case Accepted(origin=origin) as accepted:
                assert origin == ORIGIN
                assert accepted.index not in relied
                relied.add(accepted.index)
            case Duplicate(index=index):
                assert index in relied
            case Refused() as refusal:
                refused.append(refusal.code)
                if refusal.retract is not None:
                    relied = {index for index in relied if index < refusal.retract}
    return lanes.load(rows, ORIGIN), relied, refused


batches = st.lists(st.integers(1, 8), min_size=1, max_size=5)


@given(batches, st.data())
@settings(deadline=None, max_examples=80)
def test_any_order_with_gaps_and_doubles_ends_in_the_same_lane(
    sizes: list[int], data: st.DataObject
) -> None:
    envelopes = history(LEAVES["a"], sizes)
    some = data.draw(st.lists(st.sampled_from(envelopes), min_size=1, unique_by=lambda e: e.index))
    doubled = some + data.draw(st.lists(st.sampled_from(some), max_size=5))
    lane, relied, refused = arrive(data.draw(st.permutations(doubled)))
    assert (lane, relied, refused) == arrive(sorted(some, key=lambda e: e.index))
    assert relied == {e.index for e in some}
    first, last = min(relied), max(int(e.checkpoint.splitlines()[1]) for e in some)
    unread = {index for start, end in lane.gaps() for index in range(start, end)}
    assert unread == set(range(first, last)) - relied


@given(batches, st.data())
@settings(deadline=None, max_examples=60)
def test_the_short_way_for_the_next_leaf_ends_where_the_long_one_does(
    sizes: list[int], data: st.DataObject
) -> None:
    envelopes = history(LEAVES["a"], sizes)
    swapped = data.draw(st.lists(st.sampled_from(range(len(envelopes))), max_size=3))
    for n in swapped:
        envelopes.insert(data.draw(st.integers(0, len(envelopes))), envelopes[n])
    with pytest.MonkeyPatch.context() as patch:
        short = kept(envelopes)
        patch.setattr(Lane, "is_next", lambda *_: False)
        assert kept(envelopes) == short


def kept(envelopes: list[Envelope]) -> list[tuple[bytes, bytes]]:
    rows = MemoryRows()
    for envelope in envelopes:
        read(record(envelope), rows, RING, NETWORK, 10)
    return [*rows.scan(lanes.HEADS), *rows.scan(lanes.LANES)]


@given(st.integers(0, 11), batches, batches, st.data())
@settings(deadline=None, max_examples=120)
def test_a_fork_read_whole_is_found_in_any_order_and_nothing_forked_is_relied_upon(
    fork: int, sizes: list[int], other_sizes: list[int], data: st.DataObject
) -> None:
    one = history(LEAVES["a"], [*sizes, 24])
    two = history(LEAVES["a"][:fork] + LEAVES["b"][fork:], [*other_sizes, 24])
    lane, relied, refused = arrive(data.draw(st.permutations(one + two)))
    assert Code.FORK in refused
    assert lane.forked is not None
    assert lane.forked <= fork
    assert relied == set(range(lane.forked))


@given(st.integers(0, 7), st.data())
@settings(deadline=None, max_examples=120)
def test_whether_a_fork_is_found_does_not_depend_on_the_order(
    fork: int, data: st.DataObject
) -> None:
    one = history(LEAVES["a"], [5, 7])
    two = history(LEAVES["a"][:fork] + LEAVES["b"][fork:], [3, 6, 3])
    some = data.draw(st.lists(st.sampled_from(one + two), min_size=1, max_size=8))
    found = [arrive(data.draw(st.permutations(some)))[0].forked is not None for _ in range(3)]
    assert len(set(found)) == 1


def test_two_histories_told_to_two_readers_are_each_consistent() -> None:
    for name in "ab":
        lane, relied, refused = arrive(history(LEAVES[name], [8, 8]))
        assert (lane.forked, len(relied), refused) == (None, 16, [])


def test_too_many_gaps_wait_until_some_are_filled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lanes, "MAX_GAPS", 2)
    one = history(LEAVES["a"], [12])
    lane, relied, refused = arrive([one[n] for n in (0, 2, 4, 6, 3, 6)])
    assert (relied, refused) == ({0, 2, 3, 4, 6}, [Code.TOO_MANY_GAPS])
    assert lane.gaps() == ((1, 2), (5, 6), (7, 12))


def test_what_is_kept_of_a_lane_can_be_forgotten() -> None:
    rows = MemoryRows()
    for envelope in history(LEAVES["a"], [8]):
        read(record(envelope), rows, RING, NETWORK, 10)
    assert len(list(rows.scan(lanes.HEADS))) == 8  # one for each index
    lanes.forget(rows, ORIGIN)
    assert not [*rows.scan(lanes.HEADS), *rows.scan(lanes.LANES)]
