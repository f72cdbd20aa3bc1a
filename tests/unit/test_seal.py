"""Sealing: only the right key opens, for the right statement, and nothing changed opens."""

from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from entente.alert.record import Address, Nominal, Party, Person
from entente.errors import ProofError, WireError
from entente.seal import sealed
from entente.wire.schemas import latest

ID = UUID("3f1c1b52-59c4-5a0e-9f0b-0d9f3f1f2a11")
WHO = Nominal(
    parties=(
        Party(
            role="consignor",
            name="Hengda Trading Co., Ltd.",
            address=Address(text="12 Nguyen Hue St", country="VN"),
            phones=("+84 28 3829 1234",),
        ),
    ),
    persons=(Person(name="A. Nonymous", born="1970-01", warning=("armed",)),),
)


def test_what_is_sealed_is_read_with_the_key() -> None:
    key = sealed.new_content_key()
    shut = sealed.seal(WHO, id=ID, issuer="JP", key=key)
    assert sealed.unseal(shut, id=ID, issuer="JP", key=key) == WHO
    assert b"Hengda" not in shut.ciphertext
    assert shut.schema == latest("nominal").sha256


def test_keys_and_nonces_are_new_each_time() -> None:
    key = sealed.new_content_key()
    assert key != sealed.new_content_key()
    one, other = (sealed.seal(WHO, id=ID, issuer="JP", key=key) for _ in range(2))
    assert one.nonce != other.nonce
    assert one.ciphertext != other.ciphertext


def test_a_sealed_part_belongs_to_one_statement_of_one_issuer() -> None:
    key = sealed.new_content_key()
    shut = sealed.seal(WHO, id=ID, issuer="JP", key=key)
    for id, issuer, used in (
        (uuid4(), "JP", key),
        (ID, "FR", key),
        (ID, "JP", sealed.new_content_key()),
        (ID, "JP", b"short"),
    ):
        with pytest.raises(ProofError, match="does not open"):
            sealed.unseal(shut, id=id, issuer=issuer, key=used)


def test_every_flipped_bit_is_noticed() -> None:
    key = sealed.new_content_key()
    shut = sealed.seal(WHO, id=ID, issuer="JP", key=key)
    for field in ("nonce", "ciphertext"):
        data = getattr(shut, field)
        for at in range(len(data)):
            bad = bytearray(data)
            bad[at] ^= 1 << at % 8
            with pytest.raises(ProofError):
                sealed.unseal(replace(shut, **{field: bytes(bad)}), id=ID, issuer="JP", key=key)
    for nonce in (b"", bytes(7), bytes(200)):
        with pytest.raises(ProofError):
            sealed.unseal(replace(shut, nonce=nonce), id=ID, issuer="JP", key=key)


def test_hostile_content_under_the_right_key_is_refused() -> None:
    """The issuer itself may seal anything: what opens is decoded within bounds."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    key, nonce = sealed.new_content_key(), bytes(12)
    shut = sealed.seal(WHO, id=ID, issuer="JP", key=key)
    for plain in (b"", b"\xff" * 50, b"\x00\x00trailing", b"\x02" * 1000):
        ciphertext = AESGCM(key).encrypt(nonce, plain, ID.bytes + b"JP")
        with pytest.raises(WireError):
            sealed.unseal(
                replace(shut, nonce=nonce, ciphertext=ciphertext), id=ID, issuer="JP", key=key
            )


def test_another_schema_is_refused() -> None:
    key = sealed.new_content_key()
    shut = sealed.seal(WHO, id=ID, issuer="JP", key=key)
    for digest in (bytes(32), latest("seizure").sha256):
        with pytest.raises(WireError, match="schema that is not known"):
            sealed.unseal(replace(shut, schema=digest), id=ID, issuer="JP", key=key)


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=40), st.lists(st.text(max_size=20), max_size=4), st.uuids())
def test_any_text_survives(name: str, phones: list[str], id: UUID) -> None:
    key = sealed.new_content_key()
    who = Nominal(parties=(Party(role="consignee", name=name, phones=tuple(phones)),))
    shut = sealed.seal(who, id=id, issuer="AE-DU", key=key)
    assert sealed.unseal(shut, id=id, issuer="AE-DU", key=key) == who
