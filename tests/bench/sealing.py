"""Sealing and opening names."""

from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bench.measure import Row, compare
from entente.alert.record import Address, Nominal, Party
from entente.seal.sealed import new_content_key, unseal
from entente.seal.sealed import seal as sealed

SEALS = 500
NAMES = Nominal(
    parties=(
        Party(
            role="consignee",
            name="Northwind Trading",
            address=Address(street="Harbour Road", number="12", city="Auckland", country="NZ"),
            phones=("+64 9 123 4567",),
        ),
    )
)
"""An invented company."""


def seal() -> list[Row]:
    """Seal and open the nominal part, against the cipher alone."""
    about, key = UUID(int=1), new_content_key()
    one = sealed(NAMES, id=about, issuer="NZ", key=key)
    cipher, nonce = AESGCM(key), bytes(12)
    size = len(one.ciphertext)
    return compare(
        "seal names",
        {
            "AES-256-GCM alone": lambda: [
                cipher.encrypt(nonce, bytes(size), b"") for _ in range(SEALS)
            ],
            "seal": lambda: [
                sealed(NAMES, id=about, issuer="NZ", key=key) for _ in range(SEALS)
            ],
            "open": lambda: [unseal(one, id=about, issuer="NZ", key=key) for _ in range(SEALS)],
        },
        SEALS,
    )  # fmt: skip
