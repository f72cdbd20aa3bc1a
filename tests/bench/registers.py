"""Loading registers, as every process does once at its start."""

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from bench.measure import Row, compare
from bench.reading import NETWORK, NOW
from entente.proof.key import SigningKey
from entente.trust import lifecycle, metadata
from entente.trust import register as registers
from entente.trust.administration import Administration, Hpke, Signing
from entente.trust.register import Register

DAY = lifecycle.DAY


def register() -> list[Row]:
    """Verify and load a register, as every process does at its start."""
    small, large = _files(50), _files(500)
    return compare(
        "load a register",
        {
            "50 administrations": lambda: _load(small),
            "500 administrations": lambda: _load(large),
        },
        1,
    )


def _load(files: tuple[bytes, bytes]) -> Register:
    registers._loaded.cache_clear()  # a process verifies the same files once; here, each time
    return Register.load(*files, NOW)


def _files(count: int) -> tuple[bytes, bytes]:
    officer, registrar = SigningKey.generate(), SigningKey.generate()
    root = metadata.sign(
        metadata.root_document(
            NETWORK, 1, NOW + DAY, officers=[officer.public], threshold=1,
            registrars=[registrar.public],
        ),
        officer,
    )  # fmt: skip
    found = Register(network=NETWORK, made=NOW, root=1)
    for n in range(count):
        hpke = X25519PrivateKey.generate().public_key().public_bytes_raw()
        signing = SigningKey.generate().public.raw
        member = Administration(
            id=f"A{n:03}", name=f"Administration {n}", home="asia-pacific",
            signing=(Signing(signing, NOW),), hpke=(Hpke(hpke, NOW),),
        )  # fmt: skip
        found = lifecycle.enrol(found, member)
    new = lifecycle.successor(found, None, root=1, now=NOW, until=NOW + DAY)
    return root, metadata.sign(new.document(), registrar)
