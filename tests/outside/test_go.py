"""Go's sumdb/note and transparency-dev/merkle accept what we sign, and refuse what was changed."""

import json
import os
import shutil
import subprocess
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import asdict, replace

from entente.proof import note
from entente.proof.key import SigningKey
from entente.proof.writer import Writer
from entente.wire.envelope import Envelope
from entente.wire.names import Origin

SOURCE = Path(__file__).parent / "go"
ORIGIN = Origin("demo.entente.example", "JP", "alerts.asia-pacific", 0)
KEY = SigningKey(b"g" * 32)
Check = Callable[[list[Envelope], SigningKey], list[str]]


@pytest.fixture(scope="module")
def check(tmp_path_factory: pytest.TempPathFactory) -> Check:
    go = shutil.which("go")
    if go is None and not os.environ.get("CI"):
        pytest.skip("go is not installed")
    assert go is not None, "CI needs go: these are the tests that others' code agrees with ours"
    program = tmp_path_factory.mktemp("go") / "outside"
    environment = os.environ | {"GOTOOLCHAIN": "local", "GOFLAGS": "-mod=readonly"}
    command = [go, "build", "-o", str(program), "."]
    subprocess.run(command, cwd=SOURCE, env=environment, check=True, timeout=200)

    def run(envelopes: list[Envelope], key: SigningKey) -> list[str]:
        claims = json.dumps([claim(envelope, key) for envelope in envelopes])
        done = subprocess.run([program], input=claims, capture_output=True, text=True, check=True)
        results: list[str] = json.loads(done.stdout)
        return results

    return run


def claim(envelope: Envelope, key: SigningKey) -> dict[str, Any]:
    name, public = str(ORIGIN), key.public
    vkey = b64encode(bytes([note.ED25519]) + public.raw).decode()
    raw = {"statement": envelope.statement, "proof": envelope.proof}
    return (
        asdict(envelope)
        | {part: b64encode(data).decode() for part, data in raw.items()}
        | {"key": f"{name}+{note.key_id(name, public).hex()}+{vkey}"}
    )


def lane() -> list[Envelope]:
    writer, envelopes = Writer(ORIGIN), []
    for batch in (1, 2, 7, 16, 1, 100):
        statements = [b"statement %d" % (writer.size + n) for n in range(batch)]
        writer, more = writer.append(statements, KEY)
        envelopes += more
    return envelopes


def test_go_accepts_every_envelope_of_a_lane(check: Check) -> None:
    assert set(check(lane(), KEY)) == {""}


def test_go_refuses_what_was_changed(check: Check) -> None:
    good = lane()[40]
    text = good.checkpoint
    root = text.splitlines()[2]
    changed = [
        replace(good, statement=good.statement + b"!"),
        replace(good, index=good.index + 1),
        replace(good, index=127),
        replace(good, proof=good.proof[:-32]),
        replace(good, proof=good.proof + bytes(32)),
        replace(good, checkpoint=text.replace("\n127\n", "\n128\n")),
        replace(good, checkpoint=text.replace(root, b64encode(bytes(32)).decode())),
        replace(good, checkpoint=text.replace("\u2014", "-")),
        replace(good, checkpoint=text.replace("JP", "AU")),
    ]
    for at in range(len(good.proof)):
        proof = bytearray(good.proof)
        proof[at] ^= 1 << at % 8
        changed.append(replace(good, proof=bytes(proof)))
    assert all(check(changed, KEY))
    assert all(check([good], SigningKey(b"h" * 32)))
