"""Grants and HPKE: against RFC 9180's vectors, and against an implementation written here."""

import hmac
from hashlib import sha256, shake_128
from uuid import UUID, uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from msgspec.structs import replace

from entente.errors import ProofError, TrustError
from entente.seal import grant, hpke, sealed
from entente.wire.avro import decode, encode
from entente.wire.schemas import latest

ID = UUID("3f1c1b52-59c4-5a0e-9f0b-0d9f3f1f2a11")

# RFC 9180's test vector for base mode of our suite (KEM 0x0020, KDF 0x0001, AEAD 0x0002), and the
# SHAKE-128 digest of 1,000 encryptions of the inputs that SHAKE-128 of nothing yields.
INFO = bytes.fromhex("4f6465206f6e2061204772656369616e2055726e")
RECIPIENT = bytes.fromhex("497b4502664cfea5d5af0b39934dac72242a74f8480451e1aee7d6a53320333d")
PUBLIC = bytes.fromhex("430f4b9859665145a6b1ba274024487bd66f03a2dd577d7753c68d7d7d00c00c")
ENCAPSULATED = bytes.fromhex("6c93e09869df3402d7bf231bf540fadd35cd56be14f97178f0954db94b7fc256")
ENCRYPTIONS = "1702e73e1e71705faa8241022af1deea"


def labeled_extract(suite: bytes, salt: bytes, label: bytes, material: bytes) -> bytes:
    return hmac.digest(salt or bytes(32), b"HPKE-v1" + suite + label + material, sha256)


def labeled_expand(suite: bytes, key: bytes, label: bytes, info: bytes, size: int) -> bytes:
    whole = size.to_bytes(2, "big") + b"HPKE-v1" + suite + label + info
    return hmac.digest(key, whole + b"\x01", sha256)[:size]


def schedule(private: X25519PrivateKey, encapsulated: bytes, info: bytes) -> tuple[bytes, bytes]:
    """Key and base nonce of the receiver: RFC 9180, sections 4.1 and 5.1."""
    kem, suite = b"KEM\x00\x20", b"HPKE\x00\x20\x00\x01\x00\x02"
    shared = private.exchange(X25519PublicKey.from_public_bytes(encapsulated))
    context = encapsulated + private.public_key().public_bytes_raw()
    prk = labeled_extract(kem, b"", b"eae_prk", shared)
    secret = labeled_expand(kem, prk, b"shared_secret", context, 32)
    mode = b"\x00" + labeled_extract(suite, b"", b"psk_id_hash", b"")
    mode += labeled_extract(suite, b"", b"info_hash", info)
    key = labeled_extract(suite, secret, b"secret", b"")
    return (
        labeled_expand(suite, key, b"key", mode, 32),
        labeled_expand(suite, key, b"base_nonce", mode, 12),
    )


def test_the_schedule_written_here_meets_the_vector() -> None:
    private = X25519PrivateKey.from_private_bytes(RECIPIENT)
    assert private.public_key().public_bytes_raw() == PUBLIC
    key, nonce = schedule(private, ENCAPSULATED, INFO)
    source, at, sink = shake_128().digest(600_000), 0, shake_128()
    for sequence in range(1000):
        drawn = []
        for _ in range(2):
            size = source[at]
            drawn.append(source[at + 1 : at + 1 + size])
            at += 1 + size
        number = int.from_bytes(nonce, "big") ^ sequence
        sink.update(AESGCM(key).encrypt(number.to_bytes(12, "big"), drawn[1], drawn[0]))
    assert sink.hexdigest(16) == ENCRYPTIONS


def test_the_library_opens_what_the_vectors_sender_would_send() -> None:
    private = X25519PrivateKey.from_private_bytes(RECIPIENT)
    key, nonce = schedule(private, ENCAPSULATED, INFO)
    message = AESGCM(key).encrypt(nonce, b"content key", b"")
    assert hpke.unwrap(ENCAPSULATED + message, private, INFO) == b"content key"


def test_what_we_wrap_is_opened_by_what_is_written_here() -> None:
    private = X25519PrivateKey.generate()
    wrapped = hpke.wrap(b"content key", private.public_key().public_bytes_raw(), INFO)
    assert len(wrapped) == len(b"content key") + hpke.OVERHEAD
    key, nonce = schedule(private, wrapped[:32], INFO)
    assert AESGCM(key).decrypt(nonce, wrapped[32:], b"") == b"content key"


def test_info_is_as_the_wire_format_says() -> None:
    private = X25519PrivateKey.generate()
    content = sealed.new_content_key()
    public = private.public_key().public_bytes_raw()
    made = grant.grant(content, statement=ID, recipient="RILO-AP", recipient_key=public)
    info = b"entente grant 1\x00" + ID.bytes + b"RILO-AP"
    key, nonce = schedule(private, made.wrapped[:32], info)
    assert AESGCM(key).decrypt(nonce, made.wrapped[32:], b"") == content
    assert made.commitment == sha256(b"entente content key 1\x00" + content).digest()


@pytest.mark.parametrize("public", [bytes(32), b"\x01" + bytes(31), bytes(31), b""])
def test_nothing_is_wrapped_to_a_key_that_anybody_opens(public: bytes) -> None:
    with pytest.raises(TrustError, match="nothing can be wrapped"):
        hpke.wrap(b"x", public, b"")


@pytest.mark.parametrize("wrapped", [b"", bytes(31), bytes(32), bytes(80), b"\xff" * 500])
def test_noise_is_not_unwrapped(wrapped: bytes) -> None:
    with pytest.raises(TrustError, match="not wrapped to the key"):
        hpke.unwrap(wrapped, X25519PrivateKey.generate(), b"")


class TestGrants:
    keys = (X25519PrivateKey.generate(), X25519PrivateKey.generate())
    content = sealed.new_content_key()

    def make(self, key: int = 0, **more: object) -> grant.Grant:
        public = self.keys[key].public_key().public_bytes_raw()
        made = grant.grant(self.content, statement=ID, recipient="FR", recipient_key=public)
        return replace(made, **more)

    def test_old_keys_still_open(self) -> None:
        for which in (0, 1):
            assert grant.open_grant(self.make(which), self.keys) == self.content

    def test_only_the_recipient_opens(self) -> None:
        with pytest.raises(TrustError, match="no HPKE key at hand"):
            grant.open_grant(self.make(), (X25519PrivateKey.generate(),))
        with pytest.raises(TrustError, match="no HPKE key at hand"):
            grant.open_grant(self.make(), ())

    def test_a_grant_is_for_one_statement_and_recipient(self) -> None:
        for more in ({"statement": uuid4().bytes}, {"recipient": "DE"}):
            with pytest.raises(TrustError, match="not wrapped"):
                grant.open_grant(self.make(**more), self.keys)

    def test_the_same_key_for_all_recipients(self) -> None:
        assert self.make(0).commitment == self.make(1).commitment
        other = grant.commit(sealed.new_content_key())
        with pytest.raises(ProofError, match="commits to"):
            grant.open_grant(self.make(commitment=other), self.keys)

    def test_its_released_schema(self) -> None:
        made = self.make()
        schema = latest("grant")
        assert schema.fullname == grant.TYPE
        body = encode(schema, made.fields())
        assert grant.read_grant(decode(schema, body)) == made

    def test_what_is_no_grant(self) -> None:
        good = self.make().fields()
        for bad in ({}, {**good, "x": 1}, {**good, "statement": b"1"}, {**good, "recipient": 1}):
            with pytest.raises(ProofError, match="not a grant"):
                grant.read_grant(bad)

    def test_its_subject_is_of_statement_and_recipient(self) -> None:
        refs = {grant.national_ref(ID, "FR"), grant.national_ref(ID, "DE")}
        assert refs == {f"grant/{ID}/FR", f"grant/{ID}/DE"}
