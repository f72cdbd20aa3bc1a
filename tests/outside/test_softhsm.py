"""Signing keys in a device, by SoftHSM: made there, used from there, replaced there, never seen."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from entente import clock
from entente.cli.main import main
from entente.errors import KeyMissing, TrustError
from entente.proof.read import read
from entente.proof.rows import MemoryRows
from entente.proof.verdict import Accepted
from entente.seal import hpke
from entente.trust import device, exchange, files, network
from entente.trust.party import hpke_keys
from exporting import Lanes, seizure

PIN = "a passphrase for tests"
MODULES = (
    "/usr/lib/softhsm/libsofthsm2.so", "/usr/lib/pkcs11/libsofthsm2.so",
    "/usr/lib64/pkcs11/libsofthsm2.so", "/usr/local/lib/softhsm/libsofthsm2.so",
    "/opt/homebrew/lib/softhsm/libsofthsm2.so",
)  # fmt: skip
"""Where systems put it; $SOFTHSM2_MODULE wins."""


@pytest.fixture(scope="module")
def module(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    pytest.importorskip("pkcs11", reason="python-pkcs11 is not installed")
    places = (os.environ.get("SOFTHSM2_MODULE", ""), *MODULES)
    found = next((place for place in places if Path(place).is_file()), None)
    tool = shutil.which("softhsm2-util")
    if found is None or tool is None:
        pytest.skip("SoftHSM is not installed (Debian: apt-get install softhsm2)")
    folder = tmp_path_factory.mktemp("device")
    (folder / "tokens").mkdir()
    (folder / "conf").write_text(f"directories.tokendir = {folder}/tokens\nlog.level = ERROR\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOFTHSM2_CONF", str(folder / "conf"))
        for token in ("JP", "officers"):
            subprocess.run(
                [tool, "--module", found, "--init-token", "--free", "--label", token,
                 "--pin", PIN, "--so-pin", "an officer's"],
                check=True, capture_output=True,
            )  # fmt: skip
        yield found


def test_a_network_whose_keys_are_in_devices(
    module: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Officers, registrar and a member: founded, enrolled, said, rotated; no seed on any disk."""
    monkeypatch.setenv("ENTENTE_PASSPHRASE", PIN)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "entente.toml").write_text('network = "evidence.entente.example"\n')

    def uri(token: str, name: str) -> str:
        return f"pkcs11:token={token};object={name}?module-path={module}"

    for number in (1, 2):
        at = uri("officers", f"officer%20{number}")
        assert main(["network", "key", f"{number}.key", "--device", at]) == 0
    registrar = ["network", "key", "secretariat/registrar.key", "--device", uri("officers", "reg")]
    assert main(registrar) == 0
    assert main(["network", "found", "--officer", "1.key.pub", "--officer", "2.key.pub"]) == 0
    for number in (1, 2):
        draft = f"{number}.root.json"
        shutil.copy("secretariat/drafts/root.1.json", draft)
        assert main(["network", "sign", draft, "--key", f"{number}.key"]) == 0
        assert main(["network", "merge", draft]) == 0
    who = ["--name", "Japan", "--country", "JP", "--home", "asia-pacific"]
    assert main(["party", "prepare", "--as", "JP", *who, "--device", uri("JP", "first"),
                 "--hpke-device", uri("JP", "sealed")]) == 0  # fmt: skip
    assert main(["network", "enrol", "JP.request.json"]) == 0
    assert main(["party", "install", "--as", "JP", "JP.answer.json"]) == 0

    home = files.signing_key(tmp_path / "parties" / "JP" / "signing.key", PIN.encode())
    assert isinstance(home, device.DeviceKey)
    lanes = Lanes()
    lanes.keys["JP"] = home
    now = clock.now()
    said = (lanes.statement("JP", seizure(f"D{n}"), issued_at=now) for n in range(3))
    lanes.say("JP", *said)
    register, rows = network.open(tmp_path, now), MemoryRows()
    verdicts = [read(record, rows, register, register.network, now) for record in lanes.records]
    assert all(isinstance(verdict, Accepted) for verdict in verdicts), verdicts

    # What is sealed is opened by the device, with keys of before too.
    party = tmp_path / "parties" / "JP"
    (sealed,) = register.administration("JP").hpke
    wrapped = hpke.wrap(b"a content key", sealed.public, b"info")
    (opens,) = hpke_keys(party, secret=PIN.encode())
    assert isinstance(opens, exchange.DeviceExchange)
    assert hpke.unwrap(wrapped, opens, b"info") == b"a content key"
    for spoilt, info in ((wrapped[:-1] + bytes([wrapped[-1] ^ 1]), b"info"), (wrapped, b"other")):
        with pytest.raises(TrustError, match="not wrapped to the key at hand"):
            hpke.unwrap(spoilt, opens, info)
    with pytest.raises(TrustError):
        hpke.unwrap(bytes(32) + wrapped[32:], opens, b"info")  # a key of small order

    devices = ("--device", uri("JP", "second"), "--hpke-device", uri("JP", "sealed too"))
    assert main(["party", "rekey", "--as", "JP", "--from", "2026-01-01", *devices]) == 0
    assert main(["network", "enrol", "JP.request.json"]) == 0
    assert main(["party", "adopt", "--as", "JP"]) == 0
    second = files.signing_key(tmp_path / "parties" / "JP" / "signing.key", PIN.encode())
    assert second.public != home.public
    keys = network.open(tmp_path, clock.now()).administration("JP").signing
    assert [key.public for key in keys] == [home.public.raw, second.public.raw]
    assert [hpke.unwrap(wrapped, old, b"info") for old in hpke_keys(party, secret=PIN.encode())[1:]]
    for path in (*tmp_path.glob("**/signing*.key"), *tmp_path.glob("**/hpke*.key")):
        assert path.read_text().startswith("pkcs11:")


@pytest.mark.parametrize(
    ("uri", "pin", "says"),
    [
        ("pkcs11:token=JP;object=none?module-path={}", PIN, "no key 'none'"),
        ("pkcs11:token=nobody;object=x?module-path={}", PIN, "'nobody' is not there"),
        ("pkcs11:token=officers;object=x?module-path={}", None, "no PIN"),
        ("pkcs11:token=JP;object=x?module-path=/no/such.so", PIN, "cannot be loaded"),
        ("pkcs11:token=JP?module-path={}", PIN, "does not say its object"),
        ("pkcs11:token=JP;slot-id=1;object=x?module-path={}", PIN, "'slot-id'"),
        ("pkcs11:token=JP;object=x?module-path={}&pin-source=file:/none", PIN, "no PIN to be read"),
    ],
)
def test_what_a_device_cannot_do_is_a_sentence(
    module: str, tmp_path: Path, uri: str, pin: str | None, says: str
) -> None:
    path = tmp_path / "signing.key"
    path.write_text(uri.format(module))
    with pytest.raises(KeyMissing, match=says) as raised:
        files.signing_key(path, pin.encode() if pin else None)
    assert raised.value.advice


def test_a_wrong_pin_is_said_and_the_right_one_works_after_it(module: str, tmp_path: Path) -> None:
    """In a process of its own: who is logged in, stays so."""
    program = f"""
from entente.trust import device
uri = "pkcs11:token=officers;object=mine?module-path={module}"
try:
    device.generate(uri, b"wrong")
except device.KeyMissing as error:
    print(error)
device.generate(uri, {PIN.encode()!r})
print(len(device.key(uri, {PIN.encode()!r}).sign(b"x")))
"""
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert ran.stdout == "The device 'officers' does not open with this PIN.\n64\n", ran.stderr
