"""OpenSSL accepts a checkpoint's signature over the note's text."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from entente.proof.checkpoint import Checkpoint, parse
from entente.proof.key import SigningKey
from entente.wire.names import Origin

KEY = SigningKey(b"s" * 32)
SPKI = bytes.fromhex("302a300506032b6570032100")
"""What comes before the 32 bytes in an Ed25519 SubjectPublicKeyInfo (RFC 8410, section 4)."""


@pytest.fixture
def openssl() -> str:
    found = shutil.which("openssl")
    if found is None and not os.environ.get("CI"):
        pytest.skip("openssl is not installed")
    assert found is not None, "CI needs openssl"
    version = subprocess.run([found, "version"], capture_output=True, text=True, check=True).stdout
    if not version.startswith("OpenSSL 3") and not os.environ.get("CI"):
        pytest.skip(f"{version.strip()} does not sign raw input")
    return found


@pytest.mark.parametrize("change", [b"", b"!"])
def test_openssl_judges_a_checkpoint_as_we_do(openssl: str, tmp_path: Path, change: bytes) -> None:
    origin = Origin("demo.entente.example", "JP", "alerts.asia-pacific", 0)
    signed = parse(Checkpoint(origin, 9, bytes(range(32))).sign(KEY))
    files = {
        "key": SPKI + KEY.public.raw,
        "text": signed.note.text.encode() + change,
        "signature": signed.issuer.signature,
    }
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    command = [
        openssl,
        "pkeyutl",
        "-verify",
        "-pubin",
        "-keyform",
        "DER",
        "-inkey",
        "key",
        "-rawin",
    ]
    command += ["-in", "text", "-sigfile", "signature"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)
    assert (done.returncode == 0) == (not change), done.stderr
