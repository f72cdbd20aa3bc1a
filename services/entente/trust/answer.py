"""The secretariat's answer to a request: one file with the certificate and what to trust.

The file holds nothing secret. Who installs the first one must hear the fingerprint of the root by
another channel, or trust whoever brought the file.
"""

import tempfile
from pathlib import Path

import msgspec

from entente.errors import CertificateError, TrustError
from entente.trust import files, metadata, network, party, pki
from entente.trust.administration import Part
from entente.trust.chain import Chain
from entente.trust.register import Register

LIMIT = 64 << 20
"""Bytes of an answer; more is refused unread."""


class Answer(Part, frozen=True, kw_only=True):
    """``files``: every version of root and register, by their keys on the register topic."""

    network: str
    member: str
    certificate: str
    ca: str
    files: dict[str, str]


def make(home: Path, name: str, member: str, certificate: bytes) -> bytes:
    """In the secretariat: the answer for a member, as a JSON file."""
    return msgspec.json.encode(
        Answer(
            network=name,
            member=member,
            certificate=certificate.decode(),
            ca=files.read(home / "network" / "ca.crt").decode(),
            files={key: data.decode() for key, data in network.entries(home).items()},
        )
    )


def fingerprint(root: bytes) -> str:
    """What to compare over the phone: SHA-256 of the first root's signed part, in groups of 4."""
    digest = metadata.parse(root, metadata.ROOT_LIMIT).digest.hex()
    return " ".join(digest[at : at + 4] for at in range(0, len(digest), 4))


def install(
    home: Path, member: str, data: bytes, now: int, *, secret: bytes | None, root: str | None = None
) -> Register:
    """On a member's machine: check an answer, then put certificate, trust and register in place.

    ``root`` is the fingerprint that the first root must have; it is asked only of who trusts none
    yet. Nothing is changed when it raises TrustError or CertificateError: the answer is another's,
    does not fit our keys, or contradicts what we trust.
    """
    answer = read(data)
    if answer.member != member:
        raise TrustError(f"the answer is for {answer.member}, not for {member}")
    folder = home / "parties" / member
    _check_certificate(answer, folder, now, secret)
    entries = {key: text.encode() for key, text in answer.files.items()}
    first = entries.get("root/1")
    if first is None:
        raise TrustError("the answer holds no root")
    trusts_one = (folder / "root.json").exists()
    told = None if root is None or trusts_one else "".join(root.split()).lower()
    if told is not None and told != fingerprint(first).replace(" ", ""):
        raise TrustError(
            f"the first root has the fingerprint {fingerprint(first)}, not the one you gave",
            advice="Do not install it. Ask the secretariat whether the file is theirs.",
        )
    if not trusts_one:
        after = Chain(first).follow(entries, now)
        if metadata.network(metadata.parse(after.root)) != answer.network:
            raise TrustError("the answer and its root are of different networks")
        files.write(folder / "root.json", first)
    register = party.follow(folder, entries, now)
    for key, content in sorted(entries.items()):
        files.write(home / "network" / f"{key}.json", content)
    for kind in ("root", "register"):
        files.write(home / "network" / f"{kind}.json", network.newest(home, kind) or b"")
    files.write(home / "network" / "ca.crt", answer.ca.encode())
    party.install(folder, answer.certificate.encode(), home / "network")
    return register


def read(data: bytes) -> Answer:
    """The answer in a file; nothing is verified. Raises TrustError."""
    try:
        return msgspec.json.decode(data, type=Answer)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise TrustError(
            f"this is not an answer of the secretariat: {error}",
            advice="Give the file that `entente network enrol` wrote.",
        ) from error


def _check_certificate(answer: Answer, folder: Path, now: int, secret: bytes | None) -> None:
    with tempfile.TemporaryDirectory() as aside:
        certificate, ca = Path(aside) / "tls.crt", Path(aside) / "ca.crt"
        files.write(certificate, answer.certificate.encode())
        files.write(ca, answer.ca.encode())
        problem = pki.check_certificate(certificate, now, ca=ca, name=answer.member)
        if problem is not None:
            raise CertificateError(
                str(problem).replace(f"{aside}/", "the answer's "), advice=problem.advice
            )
        if not pki.belongs(certificate, files.tls_key(folder / "tls.key", secret)):
            raise CertificateError(
                f"the certificate is not for the key in {folder}",
                advice="Install the answer to the request that was made here.",
            )
