import pytest
from hypothesis import given
from hypothesis import strategies as st

from entente.errors import WireError
from entente.proof.quarantine import decode_quarantined, encode_quarantined, quarantined
from entente.proof.record import Record
from entente.proof.verdict import Code, Quarantined

raw = st.none() | st.binary(max_size=100)
headers = st.lists(st.tuples(st.text(max_size=20), st.binary(max_size=20)), max_size=4).map(tuple)
longs = st.integers(-(2**63), 2**63 - 1)
records = st.builds(
    Record, st.text(max_size=20), st.integers(0, 9), longs, longs, raw, raw, headers
)


@given(records, st.sampled_from(Code))
def test_nothing_of_a_refused_record_is_lost(record: Record, code: Code) -> None:
    kept = quarantined(record, Quarantined(code=code, message="why"), "RILO-AP", 7)
    assert decode_quarantined(encode_quarantined(kept)) == kept
    assert (kept.step, kept.temporary, kept.advice) == (code.step, code.temporary, code.advice)


def test_other_bytes_are_refused() -> None:
    with pytest.raises(WireError):
        decode_quarantined(b"\xc3\x01" + bytes(20))
