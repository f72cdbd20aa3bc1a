"""Certificates for mutual TLS, and private keys in files."""

import base64
import ssl
import stat
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

from entente.errors import CertificateError, ConfigError, KeyMissing, TrustError
from entente.proof.key import SigningKey
from entente.trust import files, pki

NOW = 1_764_000_000_000_000
DAY = 86_400_000_000
DER = Encoding.DER


@pytest.fixture
def ca() -> pki.Authority:
    return pki.authority("demo.entente.example", start=NOW - DAY, until=NOW + 1000 * DAY)


def leaf(folder: Path, ca: pki.Authority, name: str = "JP", hosts: tuple[str, ...] = ()) -> Path:
    key = pki.new_key()
    files.write_key(folder / "tls.key", key, None)
    files.write(folder / "ca.crt", ca.certificate)
    csr = pki.request(key, name)
    certificate = pki.issue(ca, csr, name, start=NOW - DAY, until=NOW + 365 * DAY, hosts=hosts)
    files.write(folder / "tls.crt", certificate)
    return folder / "tls.crt"


def handshake(server: Path, client: Path, ca: Path, host: str) -> dict[str, object] | None:
    """Let OpenSSL shake hands in memory; return the certificate that the server saw."""
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(server / "tls.crt", server / "tls.key")
    serving.load_verify_locations(ca)
    serving.verify_mode = ssl.CERT_REQUIRED
    asking = ssl.create_default_context(cafile=str(ca))
    asking.load_cert_chain(client / "tls.crt", client / "tls.key")
    up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
    one = serving.wrap_bio(up, down, server_side=True)
    other = asking.wrap_bio(down, up, server_hostname=host)
    for _ in range(6):
        for end in (other, one):
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                continue
    return one.getpeercert()


def test_a_good_certificate_has_no_problem(tmp_path: Path, ca: pki.Authority) -> None:
    path = leaf(tmp_path, ca)
    assert pki.check_certificate(path, NOW, ca=tmp_path / "ca.crt", name="JP") is None
    assert pki.ends(path) == NOW + 365 * DAY


@pytest.mark.parametrize(
    ("moment", "name", "says"),
    [
        (NOW + 366 * DAY, "JP", "expired on 2026-11-24"),
        (NOW - 2 * DAY, "JP", "valid only from 2025-11-23"),
        (NOW, "FR", "is the certificate of 'JP', not of 'FR'"),
    ],
)
def test_problems_say_what_is_wrong(
    tmp_path: Path, ca: pki.Authority, moment: int, name: str, says: str
) -> None:
    problem = pki.check_certificate(leaf(tmp_path, ca), moment, ca=tmp_path / "ca.crt", name=name)
    assert isinstance(problem, CertificateError)
    assert says in str(problem)
    assert problem.advice


def test_another_authority_is_noticed(tmp_path: Path, ca: pki.Authority) -> None:
    path = leaf(tmp_path, ca)
    namesake = pki.authority("demo.entente.example", start=NOW - DAY, until=NOW + DAY)
    files.write(tmp_path / "other.crt", namesake.certificate)
    problem = pki.check_certificate(path, NOW, ca=tmp_path / "other.crt")
    assert problem is not None
    assert "was issued by" in str(problem)


def test_an_expired_authority_is_noticed(tmp_path: Path) -> None:
    ca = pki.authority("demo.entente.example", start=NOW - DAY, until=NOW + DAY)
    path = leaf(tmp_path, ca)
    problem = pki.check_certificate(path, NOW + 2 * DAY, ca=tmp_path / "ca.crt")
    assert problem is not None
    assert "ca.crt expired" in str(problem)


@pytest.mark.parametrize("content", [b"", b"noise", b"-----BEGIN CERTIFICATE-----\nAAAA\n"])
def test_what_is_no_certificate_is_a_problem(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "tls.crt").write_bytes(content)
    problem = pki.check_certificate(tmp_path / "tls.crt", NOW)
    assert problem is not None
    assert "is not a certificate" in str(problem)
    missing = pki.check_certificate(tmp_path / "none.crt", NOW)
    assert missing is not None
    assert "cannot read" in str(missing)


def test_client_and_server_certificates(tmp_path: Path, ca: pki.Authority) -> None:
    path = leaf(tmp_path, ca, "broker", pki.LOCAL_HOSTS)
    server = x509.load_pem_x509_certificate(path.read_bytes())
    names = server.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["localhost"]
    assert [str(a) for a in names.get_values_for_type(x509.IPAddress)] == ["127.0.0.1", "::1"]
    purposes = server.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert ExtendedKeyUsageOID.SERVER_AUTH in purposes
    client = x509.load_pem_x509_certificate(leaf(tmp_path / "c", ca).read_bytes())
    purposes = client.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(purposes) == [ExtendedKeyUsageOID.CLIENT_AUTH]


def test_openssl_shakes_hands_with_them(tmp_path: Path) -> None:
    # OpenSSL reads the real clock: dates wide enough that this test does not age.
    ca = pki.authority("demo.entente.example", start=0, until=100 * 365 * DAY)
    for name, hosts in (("broker", pki.LOCAL_HOSTS), ("JP", ())):
        key = pki.new_key()
        files.write_key(tmp_path / name / "tls.key", key, None)
        certificate = pki.issue(
            ca, pki.request(key, name), name, start=0, until=99 * 365 * DAY, hosts=hosts
        )
        files.write(tmp_path / name / "tls.crt", certificate)
    files.write(tmp_path / "ca.crt", ca.certificate)
    seen = handshake(tmp_path / "broker", tmp_path / "JP", tmp_path / "ca.crt", "localhost")
    assert seen is not None
    assert seen["subject"] == ((("commonName", "JP"),),)
    with pytest.raises(ssl.SSLError, match="Hostname mismatch"):
        handshake(tmp_path / "broker", tmp_path / "JP", tmp_path / "ca.crt", "elsewhere.example")
    with pytest.raises(ssl.SSLError, match="unsuitable certificate purpose"):
        handshake(tmp_path / "JP", tmp_path / "JP", tmp_path / "ca.crt", "localhost")


def test_only_a_request_in_ones_own_name_is_certified(ca: pki.Authority) -> None:
    def certify(csr: bytes, name: str = "JP") -> bytes:
        return pki.issue(ca, csr, name, start=NOW, until=NOW + DAY)

    with pytest.raises(CertificateError, match="for 'FR', not 'JP'"):
        certify(pki.request(pki.new_key(), "FR"))
    with pytest.raises(CertificateError, match="not a certificate signing request"):
        certify(b"noise")
    with pytest.raises(CertificateError, match="P-256"):
        certify(pki.request(ec.generate_private_key(ec.SECP384R1()), "JP"))
    der = bytearray(x509.load_pem_x509_csr(pki.request(pki.new_key(), "JP")).public_bytes(DER))
    der[-1] ^= 1
    body = base64.encodebytes(der).decode()
    false = f"-----BEGIN CERTIFICATE REQUEST-----\n{body}-----END CERTIFICATE REQUEST-----\n"
    with pytest.raises(CertificateError, match="not signed by its own key"):
        certify(false.encode())
    with pytest.raises(TrustError, match="cannot be the name"):
        pki.request(pki.new_key(), "x" * 65)


def test_private_keys_are_for_their_owner_only(tmp_path: Path) -> None:
    key = SigningKey.generate()
    files.write_key(tmp_path / "signing.key", key, b"correct horse")
    assert stat.S_IMODE((tmp_path / "signing.key").stat().st_mode) == 0o600
    assert b"ENCRYPTED" in (tmp_path / "signing.key").read_bytes()
    assert files.signing_key(tmp_path / "signing.key", b"correct horse").seed == key.seed
    for wrong in (None, b"wrong"):
        with pytest.raises(KeyMissing) as caught:
            files.signing_key(tmp_path / "signing.key", wrong)
        assert "ENTENTE_PASSPHRASE" in caught.value.advice


def test_keys_of_another_kind_are_refused(tmp_path: Path) -> None:
    files.write_key(tmp_path / "hpke.key", X25519PrivateKey.generate(), None)
    files.write_key(tmp_path / "tls.key", pki.new_key(), None)
    with pytest.raises(KeyMissing, match="not an Ed25519 key"):
        files.signing_key(tmp_path / "tls.key")
    with pytest.raises(KeyMissing, match="not an X25519 key"):
        files.hpke_key(tmp_path / "tls.key")
    with pytest.raises(KeyMissing, match="not a P-256 key"):
        files.tls_key(tmp_path / "hpke.key")
    with pytest.raises(KeyMissing, match="no private key"):
        files.tls_key(tmp_path / "none.key")
    (tmp_path / "noise.key").write_bytes(b"noise")
    with pytest.raises(KeyMissing, match="not a PKCS #8"):
        files.tls_key(tmp_path / "noise.key")


def test_a_passphrase_is_never_missing_by_oversight(tmp_path: Path) -> None:
    with pytest.raises(ConfigError):
        files.write_key(tmp_path / "k", pki.new_key(), b"")


def test_a_failed_write_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files.write(tmp_path / "root.json", b"old")

    def fail(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", fail)
    with pytest.raises(Exception, match="No space left") as caught:
        files.write(tmp_path / "root.json", b"new")
    assert type(caught.value).__name__ == "StoreFull"
    assert (tmp_path / "root.json").read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["root.json"]
