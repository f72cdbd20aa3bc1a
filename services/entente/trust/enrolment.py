"""A member's request to the secretariat: its public keys, proof that it holds the private ones.

A first request is checked by people (is it really they?); one for new keys is endorsed by a key
that the register already knows.
"""

import msgspec
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from entente.errors import TrustError
from entente.proof.key import Signer, VerifyKey
from entente.trust import pki
from entente.trust.administration import Administration, Hpke, Part, Signing
from entente.trust.register import Register

LIMIT = 1 << 16
"""Bytes of a request; more is refused unread."""
_PURPOSE = b"entente request 1\x00"
_ENDORSED = b"entente request endorsed 1\x00"


class Request(Part, frozen=True, kw_only=True):
    """Who asks, with exactly one signing and one HPKE key, and the request for a certificate."""

    network: str
    administration: Administration
    csr: str

    @property
    def id(self) -> str:
        """Id of who asks."""
        return self.administration.id


class _File(Part, frozen=True, kw_only=True):
    request: bytes
    signature: bytes
    endorsement: bytes | None = None


def make(
    network: str,
    member: Administration,
    *,
    signing: Signer,
    hpke: X25519PrivateKey,
    tls: EllipticCurvePrivateKey,
    start: int,
    current: Signer | None = None,
) -> bytes:
    """Return the request of ``member``, whose keys hold from ``start``, as a JSON file.

    ``current`` is the signing key now in the register, where there is one.
    """
    member = msgspec.structs.replace(
        member,
        signing=(Signing(signing.public.raw, start),),
        hpke=(Hpke(hpke.public_key().public_bytes_raw(), start),),
        duties={},
        reads=(),
    )
    csr = pki.request(tls, member.id).decode()
    request = msgspec.json.encode(Request(network=network, administration=member, csr=csr))
    signature = signing.sign(_PURPOSE + request)
    endorsement = current.sign(_ENDORSED + request) if current else None
    file = _File(request=request, signature=signature, endorsement=endorsement)
    return msgspec.json.format(msgspec.json.encode(file))


def read(data: bytes, network: str, known: Register | None = None) -> Request:
    """Return the request in a file, its signatures verified.

    If ``known`` already lists who asks, the request must be endorsed by one of its keys that has
    not ended. Raises TrustError.
    """
    if len(data) > LIMIT:
        raise TrustError(f"a request of {len(data)} bytes; at most {LIMIT} are read")
    try:
        file = msgspec.json.decode(data, type=_File)
        request = msgspec.json.decode(file.request, type=Request)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise TrustError(f"this is not an enrolment request: {error}") from error
    member = request.administration
    if request.network != network:
        raise TrustError(f"the request is for network {request.network!r}, not {network!r}")
    if len(member.signing) != 1 or len(member.hpke) != 1 or member.duties or member.reads:
        raise TrustError("a request holds one signing key, one HPKE key and no rights")
    key = VerifyKey(member.signing[0].public)
    if not key.verify(file.signature, _PURPOSE + file.request):
        raise TrustError("the request is not signed by the key that it names")
    registered = known.administrations.get(member.id) if known else None
    if registered is not None:
        message, endorsement = _ENDORSED + file.request, file.endorsement or b""
        good = (VerifyKey(key.public) for key in registered.signing if key.ended is None)
        if not any(key.verify(endorsement, message) for key in good):
            raise TrustError(
                f"{member.id} is enrolled, and no key of it endorses this request",
                advice="Ask them by another channel: somebody else may be asking in their name. If"
                " it is theirs, since their keys were lost or stolen, say --unendorsed.",
            )
    return request
