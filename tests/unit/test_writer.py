import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from entente.errors import ProofError, WireError
from entente.proof.checkpoint import MAX_SIZE, parse
from entente.proof.key import SigningKey
from entente.proof.merkle import Tree, leaf_hash
from entente.proof.writer import MAX_BATCH, Writer
from entente.wire.envelope import MAX_RECORD, Envelope, decode_envelope, encode_envelope
from entente.wire.names import Origin

ORIGIN = Origin("demo.entente.example", "JP", "alerts.asia-pacific", 0)
KEY = SigningKey(b"w" * 32)


def leaves(count: int, start: int = 0) -> list[bytes]:
    return [b"%d" % n for n in range(start, start + count)]


@given(st.lists(st.integers(1, 20), min_size=1, max_size=6))
@settings(deadline=None, max_examples=50)
def test_every_envelope_proves_its_statement_under_its_batch(batches: list[int]) -> None:
    writer = Writer(ORIGIN)
    for batch in batches:
        start = writer.size
        writer, envelopes = writer.append(leaves(batch, start), KEY)
        assert len({envelope.checkpoint for envelope in envelopes}) == 1
        checkpoint = parse(envelopes[0].checkpoint).checkpoint
        assert checkpoint.size == writer.size == start + batch
        for index, envelope in enumerate(envelopes, start):
            assert (envelope.index, envelope.statement) == (index, b"%d" % index)
            tree = Tree(checkpoint.size, checkpoint.root)
            assert tree.includes(leaf_hash(envelope.statement), index, envelope.proof)


@given(st.integers(1, 30), st.data())
@settings(deadline=None, max_examples=30)
def test_how_a_lane_is_cut_into_batches_does_not_change_its_end(
    count: int, data: st.DataObject
) -> None:
    at = data.draw(st.integers(1, count))
    whole, _ = Writer(ORIGIN).append(leaves(count), KEY)
    part, _ = Writer(ORIGIN).append(leaves(at), KEY)
    if at < count:
        part, _ = part.append(leaves(count - at, at), KEY)
    assert part == whole


def test_writing_again_from_the_same_state_gives_the_same_bytes() -> None:
    writer, _ = Writer(ORIGIN).append(leaves(5), KEY)
    assert writer.append(leaves(7), KEY) == writer.append(leaves(7), KEY)


@pytest.mark.parametrize("count", [0, MAX_BATCH + 1])
def test_a_batch_outside_its_bounds_is_refused(count: int) -> None:
    with pytest.raises(ProofError, match="batch"):
        Writer(ORIGIN).append(leaves(count), KEY)


def test_a_full_lane_is_refused() -> None:
    with pytest.raises(ProofError, match="full"):
        Writer(ORIGIN, size=MAX_SIZE, compact=b"x" * 32 * 63).append([b"a"], KEY)


def test_an_envelope_is_read_as_written_up_to_its_bound() -> None:
    _, (envelope,) = Writer(ORIGIN).append([b"x"], KEY)
    room = MAX_RECORD - len(encode_envelope(envelope)) - 2  # the length takes two bytes more
    largest = Envelope(b"x" * (1 + room), 0, b"", envelope.checkpoint)
    assert len(encode_envelope(largest)) == MAX_RECORD
    assert decode_envelope(encode_envelope(largest)) == largest
    with pytest.raises(WireError, match="900000"):
        encode_envelope(Envelope(b"x" * (2 + room), 0, b"", envelope.checkpoint))
