"""Witnesses: who has seen what of a lane, and since when; two histories are caught by comparing."""

import base64
from collections.abc import Mapping
from hashlib import sha256
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from entente.errors import ProofError
from entente.proof import cosignature, note
from entente.proof import lane as lanes
from entente.proof.checkpoint import Checkpoint
from entente.proof.key import SigningKey
from entente.proof.keyring import Believed, Key, Keyring, Party, Witness
from entente.proof.lane import Claim, Signer
from entente.proof.merkle import append, head, leaf_hash
from entente.proof.rows import MemoryRows
from entente.wire.names import Origin

ISSUER, WITNESS, OTHER = (SigningKey(bytes([n]) * 32) for n in (1, 2, 3))
ORIGIN = Origin("demo.entente.example", "JP", "alerts.asia-pacific", 0)
NAME, OTHER_NAME = "demo.entente.example/RILO-AP", "demo.entente.example/RILO-WE"
NOW = 1_764_000_000_123_456
ROOT = sha256(b"root").digest()


def register(
    ended: Literal["retired", "compromised"] | None = None,
    believed: Mapping[str, Believed] | None = None,
) -> Keyring:
    key = Key(
        public=ISSUER.public, valid_from=0, valid_until=2**62, ended=ended, believed=believed or {}
    )
    return Keyring(
        {"JP": Party(id="JP", lanes={ORIGIN.topic: 1}, keys=(key,))},
        {NAME: (Witness(public=WITNESS.public),), OTHER_NAME: (Witness(public=OTHER.public),)},
    )


def signed(size: int = 7, root: bytes = ROOT, origin: Origin = ORIGIN) -> str:
    return Checkpoint(origin, size, root).sign(ISSUER)


def test_a_witness_says_what_and_when() -> None:
    text = cosignature.cosign(signed(), NAME, WITNESS, NOW)
    (seen,) = cosignature.read(text, register())
    assert seen.checkpoint == Checkpoint(ORIGIN, 7, ROOT)
    assert seen.witness == NAME
    assert seen.time == NOW // 1_000_000 * 1_000_000


def test_its_line_is_as_the_specification_says() -> None:
    """Taken apart by hand: id, time and signature of c2sp.org/tlog-cosignature."""
    text = cosignature.cosign(signed(), NAME, WITNESS, NOW)
    body, _, lines = text.partition("\n\n")
    dash, name, raw = lines.split("\n")[1].split(" ")
    assert (dash, name) == ("\u2014", NAME)
    data = base64.b64decode(raw)
    assert data[:4] == sha256(f"{NAME}\n".encode() + b"\x04" + WITNESS.public.raw).digest()[:4]
    assert int.from_bytes(data[4:12], "big") == NOW // 1_000_000
    message = f"cosignature/v1\ntime {NOW // 1_000_000}\n{body}\n".encode()
    assert WITNESS.public.verify(data[12:], message)


def test_a_witness_does_not_carry_other_witnesses_along() -> None:
    first = cosignature.cosign(signed(), OTHER_NAME, OTHER, NOW)
    text = cosignature.cosign(first, NAME, WITNESS, NOW)
    assert [seen.witness for seen in cosignature.read(text, register())] == [NAME]


@settings(max_examples=60, deadline=None)
@given(at=st.integers(0, 71), flip=st.integers(1, 255))
def test_every_byte_of_time_and_signature_counts(at: int, flip: int) -> None:
    text = cosignature.cosign(signed(), NAME, WITNESS, NOW)
    parsed = note.parse(text)
    line = parsed.lines[1]
    changed = bytearray(line.signature)
    changed[at] ^= flip
    broken = note.format_line(line._replace(signature=bytes(changed)))
    with pytest.raises(ProofError, match=r"witness .* does not hold"):
        cosignature.read(text.replace(note.format_line(line), broken), register())


def test_a_time_beyond_what_the_specification_allows_is_refused() -> None:
    body = note.parse(signed()).text
    text = signed() + note.cosign(body, NAME, WITNESS, 1 << 63)
    with pytest.raises(ProofError, match="does not hold"):
        cosignature.read(text, register())


def test_a_plain_signature_by_a_witness_has_no_time_and_is_no_cosignature() -> None:
    body = note.parse(signed()).text
    with pytest.raises(ProofError, match="no known witness"):
        cosignature.read(signed() + note.sign(body, NAME, WITNESS), register())


def test_who_is_no_witness_is_passed_over() -> None:
    text = cosignature.cosign(signed(), "example.com/w", OTHER, NOW)
    with pytest.raises(ProofError, match="no known witness"):
        cosignature.read(text, register())


def test_only_what_its_issuer_signed_is_a_checkpoint() -> None:
    forged = Checkpoint(ORIGIN, 7, ROOT).sign(OTHER)
    unknown = Checkpoint(ORIGIN._replace(administration="ZZ"), 7, ROOT).sign(ISSUER)
    for text in (forged, unknown):
        with pytest.raises(ProofError, match="no key of its issuer"):
            cosignature.read(cosignature.cosign(text, NAME, WITNESS, NOW), register())
    with pytest.raises(ProofError, match="name of a lane"):
        cosignature.cosign(signed(), str(ORIGIN), WITNESS, NOW)


@pytest.mark.parametrize(
    ("believed", "good"),
    [
        ({}, False),
        ({str(ORIGIN): Believed(size=6, root=ROOT)}, False),
        ({str(ORIGIN): Believed(size=7, root=bytes(32))}, False),
        ({str(ORIGIN): Believed(size=7, root=ROOT)}, True),
        ({str(ORIGIN): Believed(size=8, root=bytes(32))}, True),
    ],
)
def test_of_an_ended_key_only_what_is_believed_counts(
    believed: dict[str, Believed], good: bool
) -> None:
    text = cosignature.cosign(signed(), NAME, WITNESS, NOW)
    ended = register(ended="compromised", believed=believed)
    if good:
        assert cosignature.read(text, ended)
    else:
        with pytest.raises(ProofError, match="not believed"):
            cosignature.read(text, ended)


def history(*leaves: bytes) -> tuple[MemoryRows, list[bytes]]:
    """A reader's rows after these leaves, one batch each, and the root of every size."""
    rows, lane, compact, roots = MemoryRows(), lanes.Lane(), b"", []
    for index, leaf in enumerate(map(leaf_hash, leaves)):
        left, compact = compact, append(compact, index, leaf)
        claim = Claim(index, left, compact, index + 1, head(compact))
        lane = lanes.see(rows, ORIGIN, lane, claim, Signer(ISSUER.public.raw, 0, index + 1))
        lane = lanes.advance(rows, ORIGIN, lane, claim)
        roots.append(head(compact))
    lanes.save(rows, ORIGIN, lane)
    return rows, roots


def seen(size: int, root: bytes, name: str = NAME, now: int = NOW) -> cosignature.Cosigned:
    key = {NAME: WITNESS, OTHER_NAME: OTHER}[name]
    (found,) = cosignature.read(cosignature.cosign(signed(size, root), name, key, now), register())
    return found


@settings(max_examples=40, deadline=None)
@given(
    common=st.lists(st.binary(max_size=3), max_size=6),
    one=st.lists(st.binary(max_size=3), min_size=1, max_size=6),
    other=st.lists(st.binary(max_size=3), min_size=1, max_size=6),
)
def test_two_histories_are_caught_wherever_both_were_read(
    common: list[bytes], one: list[bytes], other: list[bytes]
) -> None:
    ours, theirs = [*common, *one], [*common, *other]
    rows, _ = history(*ours)
    _, roots = history(*theirs)
    for size, root in enumerate(roots, 1):
        differing = lanes.root_at(rows, ORIGIN, size) not in (
            None,
            seen(size, root).checkpoint.root,
        )
        assert differing == (size <= len(ours) and ours[:size] != theirs[:size])


def test_a_public_key_as_text() -> None:
    text = cosignature.vkey(NAME, WITNESS.public)
    assert cosignature.parse_vkey(f" {text}\n") == (NAME, WITNESS.public)
    for wrong in ("", text[:-4], text.replace("RILO-AP", "RILO-WE"), text.replace("+", " ", 1)):
        with pytest.raises(ProofError):
            cosignature.parse_vkey(wrong)
