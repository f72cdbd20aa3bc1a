"""The openssl program accepts our certificates, keys and requests, and refuses what it must."""

import datetime
import shutil
import subprocess
from pathlib import Path

import pytest

from entente.trust import files, network, party, pki
from entente.trust.administration import Administration

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")

NOW = 1_764_000_000_000_000
DAY = 86_400_000_000
JP = Administration(id="JP", name="Japan Customs", country="JP", home="asia-pacific")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("network")
    network.create(folder, "demo.entente.example", [JP], now=NOW, secret=b"word")
    return folder


def openssl(*arguments: object, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    command = ["openssl", *map(str, arguments)]
    return subprocess.run(command, input=stdin, capture_output=True, check=False, timeout=60)


def verify(home: Path, certificate: Path, *more: object, at: int = NOW) -> bool:
    time = int(at / 1e6)
    ca = home / "network" / "ca.crt"
    run = openssl("verify", "-x509_strict", "-attime", time, "-CAfile", ca, *more, certificate)
    return run.returncode == 0


def test_the_chain_holds(home: Path) -> None:
    jp, broker = home / "parties/JP/tls.crt", home / "broker/tls.crt"
    assert verify(home, jp, "-purpose", "sslclient")
    assert verify(home, broker, "-purpose", "sslserver", "-verify_hostname", "localhost")
    assert verify(home, broker, "-purpose", "sslserver", "-verify_ip", "::1")
    assert verify(home, home / "secretariat/tls.crt", "-purpose", "sslclient")


def test_what_must_fail_fails(home: Path, tmp_path: Path) -> None:
    jp, broker = home / "parties/JP/tls.crt", home / "broker/tls.crt"
    assert not verify(home, jp, "-purpose", "sslserver")
    assert not verify(home, broker, "-verify_hostname", "elsewhere.example")
    assert not verify(home, jp, at=NOW + 366 * DAY)
    assert not verify(home, jp, at=NOW - 2 * DAY)
    other = pki.authority("demo.entente.example", start=NOW - DAY, until=NOW + DAY)
    files.write(tmp_path / "network/ca.crt", other.certificate)
    assert not verify(tmp_path, jp)


def test_names_and_dates_are_as_we_say(home: Path) -> None:
    path = home / "parties/JP/tls.crt"
    shown = openssl("x509", "-in", path, "-noout", "-subject", "-enddate", "-nameopt", "RFC2253")
    lines = shown.stdout.decode().splitlines()
    assert lines[0] == "subject=CN=JP"
    ends = datetime.datetime.fromtimestamp(pki.ends(path) / 1e6, datetime.UTC)
    assert lines[1] == f"notAfter={ends:%b} {ends.day:2} {ends:%H:%M:%S %Y} GMT"


@pytest.mark.parametrize("name", ["signing", "hpke", "tls"])
def test_encrypted_keys_open_with_the_passphrase_only(home: Path, name: str) -> None:
    path = home / "parties/JP" / f"{name}.key"
    assert openssl("pkey", "-in", path, "-passin", "pass:word", "-noout").returncode == 0
    assert openssl("pkey", "-in", path, "-passin", "pass:wrong", "-noout").returncode != 0


def test_a_request_is_signed_by_its_key() -> None:
    csr = pki.request(pki.new_key(), "JP")
    run = openssl("req", "-verify", "-noout", stdin=csr)
    assert run.returncode == 0
    assert b"verify OK" in run.stdout + run.stderr


def test_a_signature_of_ours_is_good(home: Path, tmp_path: Path) -> None:
    path = home / "parties/JP/signing.key"
    key = party.signing_or_new(path, b"word")
    files.write(tmp_path / "message", b"a checkpoint")
    files.write(tmp_path / "signature", key.sign(b"a checkpoint"))
    files.write_key(tmp_path / "key", key, None)

    def check(message: Path) -> int:
        return openssl(
            "pkeyutl", "-verify", "-rawin", "-inkey", tmp_path / "key",
            "-in", message, "-sigfile", tmp_path / "signature",
        ).returncode  # fmt: skip

    assert check(tmp_path / "message") == 0
    files.write(tmp_path / "message", b"another one")
    assert check(tmp_path / "message") != 0
