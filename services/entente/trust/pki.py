"""The network's certificates for mutual TLS: one authority, P-256 throughout (RFC 5280).

The common name of a certificate is the administration's id; ACLs on the broker rest on it. All
times are microseconds since the epoch and are given by the caller.
"""

import datetime
import ipaddress
from pathlib import Path
from typing import NamedTuple

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from entente.errors import CertificateError, FileError, TrustError
from entente.trust import files

SECOND = 1_000_000
LOCAL_HOSTS = ("localhost", "127.0.0.1", "::1")
"""What a broker on this machine is called."""


class Authority(NamedTuple):
    """A certificate authority: its certificate (PEM) and private key."""

    certificate: bytes
    key: ec.EllipticCurvePrivateKey


def moment(time: int) -> datetime.datetime:
    """Return ``time`` (microseconds) as a datetime in UTC, whole seconds.

    Raises TrustError outside the years 1970 to 9999.
    """
    try:
        return datetime.datetime.fromtimestamp(time // SECOND, datetime.UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise TrustError(f"{time} is not a time in microseconds") from error


def new_key() -> ec.EllipticCurvePrivateKey:
    """Make a P-256 key."""
    return ec.generate_private_key(ec.SECP256R1())


def _name(common: str) -> x509.Name:
    try:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])
    except ValueError as error:
        raise TrustError(f"{common!r} cannot be the name in a certificate: {error}") from error


def authority(network: str, *, start: int, until: int) -> Authority:
    """Make the certificate authority of ``network``, valid from ``start`` to ``until``."""
    key = new_key()
    name = _name(f"{network[:58]} CA")
    usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(moment(start))
        .not_valid_after(moment(until))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    return Authority(certificate.public_bytes(Encoding.PEM), key)


def request(key: ec.EllipticCurvePrivateKey, name: str) -> bytes:
    """Return a certificate signing request (PKCS #10, PEM): ``name`` holds ``key``."""
    builder = x509.CertificateSigningRequestBuilder().subject_name(_name(name))
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)


def issue(
    ca: Authority, csr: bytes, name: str, *, start: int, until: int, hosts: tuple[str, ...] = ()
) -> bytes:
    """Return a certificate (PEM) for the key in ``csr``, good for TLS clients.

    With ``hosts``, names or addresses that the holder answers to, it is good for servers too.
    Raises CertificateError if the request is not signed by its own key, is for another name, or
    is not for a P-256 key.
    """
    try:
        asked = x509.load_pem_x509_csr(csr)
        key = asked.public_key()
        good = asked.is_signature_valid
    except (ValueError, UnsupportedAlgorithm, InvalidSignature) as error:
        raise CertificateError("this is not a certificate signing request") from error
    if not good:
        raise CertificateError("the request is not signed by its own key")
    if _common_name(asked.subject) != name:
        raise CertificateError(f"the request is for {_common_name(asked.subject)!r}, not {name!r}")
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise CertificateError("the request is not for a P-256 key")
    issuer = x509.load_pem_x509_certificate(ca.certificate)
    purposes = [ExtendedKeyUsageOID.CLIENT_AUTH]
    usage = x509.KeyUsage(True, False, False, False, False, False, False, False, False)
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(name))
        .issuer_name(issuer.subject)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(moment(start))
        .not_valid_after(moment(until))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(ca.key.public_key()), critical=False
        )
    )
    if hosts:
        purposes.append(ExtendedKeyUsageOID.SERVER_AUTH)
        names = x509.SubjectAlternativeName([_host(host) for host in hosts])
        builder = builder.add_extension(names, critical=False)
    builder = builder.add_extension(x509.ExtendedKeyUsage(purposes), critical=False)
    return builder.sign(ca.key, hashes.SHA256()).public_bytes(Encoding.PEM)


def _host(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _common_name(name: x509.Name) -> str:
    found = name.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(found[0].value) if len(found) == 1 else ""


def _load(path: Path) -> x509.Certificate:
    data = files.read(path, 1 << 16)
    try:
        return x509.load_pem_x509_certificate(data)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise CertificateError(f"{path} is not a certificate") from error


def ends(path: Path) -> int:
    """Return when the certificate at ``path`` ends. Raises FileError, CertificateError."""
    return int(_load(path).not_valid_after_utc.timestamp()) * SECOND


def belongs(path: Path, key: ec.EllipticCurvePrivateKey) -> bool:
    """Tell whether the certificate at ``path`` is for ``key``. Raises as ``ends``."""
    return _load(path).public_key() == key.public_key()


def check_certificate(
    path: Path, now: int, *, ca: Path | None = None, name: str | None = None
) -> CertificateError | None:
    """Return what is wrong with the certificate at ``path`` at the time ``now``, or None.

    It must be readable, valid now, issued by ``ca`` (itself valid now) and carry ``name`` as its
    common name, the last two where given.
    """
    try:
        certificate = _load(path)
        issuer = None if ca is None else _load(ca)
    except CertificateError as error:
        return error
    except FileError as error:
        return CertificateError(str(error), advice=error.advice)
    checks = (
        [(path, certificate)]
        if issuer is None or ca is None
        else [(path, certificate), (ca, issuer)]
    )
    for where, one in checks:
        problem = _validity(where, one, now)
        if problem is not None:
            return problem
    found = _common_name(certificate.subject)
    if name is not None and found != name:
        return CertificateError(
            f"{path} is the certificate of {found!r}, not of {name!r}",
            advice="Point to the right folder, or put the right tls.crt into it.",
        )
    if issuer is not None:
        try:
            certificate.verify_directly_issued_by(issuer)
        except (ValueError, TypeError, InvalidSignature):
            return CertificateError(
                f"{path} was issued by {certificate.issuer.rfc4514_string()!r}, not by {ca}",
                advice="Use the ca.crt of this network, or ask its secretariat for a certificate.",
            )
    return None


def _validity(path: Path, certificate: x509.Certificate, now: int) -> CertificateError | None:
    time = moment(now)
    if time < certificate.not_valid_before_utc:
        return CertificateError(
            f"{path} is valid only from {certificate.not_valid_before_utc:%Y-%m-%d %H:%M} UTC",
            advice=f"Check this machine's clock: it says {time:%Y-%m-%d %H:%M} UTC.",
        )
    if time > certificate.not_valid_after_utc:
        return CertificateError(
            f"{path} expired on {certificate.not_valid_after_utc:%Y-%m-%d %H:%M} UTC",
            advice="Ask the network's secretariat for a new certificate, with a new request.",
        )
    return None
