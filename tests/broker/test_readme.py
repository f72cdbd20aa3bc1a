"""The Python of README.md, as it stands there, on a real broker."""

import json
import re
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from tests.broker.whole import Whole

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")
BLOCKS = re.findall(r"^```(json|python)\n(.*?)^```", README, re.M | re.S)
PATIENCE = 60.0
"""Seconds until a block that does not do what it should is ended."""


def test_the_readme_publishes_and_subscribes(
    net: Whole, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (alert,) = (block for language, block in BLOCKS if language == "json")
    publish, subscribe = (block for language, block in BLOCKS if language == "python")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "alert.json").write_text(alert, "utf-8")
    monkeypatch.setenv("ENTENTE_CONFIG", str(net.settings.home / "entente.toml"))
    monkeypatch.setenv("PYTHONPATH", str(ROOT / "services"))
    for _ in range(2):  # said again, it is harmless
        ran = subprocess.run(
            [sys.executable, "-c", publish], capture_output=True, text=True, timeout=PATIENCE,
            check=False,
        )  # fmt: skip
        assert (ran.returncode, ran.stderr) == (0, "")
    reference = json.loads(alert)["alert"]["national_ref"]
    seen = []
    with subprocess.Popen(
        [sys.executable, "-u", "-c", subscribe], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True,
    ) as process:  # fmt: skip
        limit = threading.Timer(PATIENCE, process.kill)
        limit.start()
        assert process.stdout is not None
        for line in process.stdout:
            seen.append(line)
            if reference in line:
                break
        limit.cancel()
        process.kill()
    assert seen, "it showed nothing"
    assert reference in seen[-1], "".join(seen[-20:])
    assert seen[-1].startswith("NZ ")


def test_the_readme_publishes_a_file(
    net: Whole, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    commands = re.findall(r"^entente publish (.+)$", README, re.M)
    assert len(commands) == 2
    monkeypatch.setenv("ENTENTE_CONFIG", str(net.settings.home / "entente.toml"))
    monkeypatch.setenv("PYTHONPATH", str(ROOT / "services"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "deploy").symlink_to(ROOT / "deploy")
    said = []
    for command in commands:
        ran = subprocess.run(
            [sys.executable, "-m", "entente", "publish", *command.split()], capture_output=True,
            text=True, timeout=PATIENCE, check=False,
        )  # fmt: skip
        assert (ran.returncode, ran.stderr) == (65, "")
        said.append(ran.stdout)
    assert "3 would be sent" in said[0]
    assert "3 on their topics" in said[1]
    rejects = tmp_path / "seizures.csv.rejects"
    rejects.write_text(rejects.read_text("utf-8").replace("31/02", "13/02"), "utf-8")
    mended = subprocess.run(
        [sys.executable, "-m", "entente", "publish", "--as", "NZ", "--mapping",
         "deploy/demo/seizures.yaml", rejects.name], capture_output=True, text=True,
        timeout=PATIENCE, check=False,
    )  # fmt: skip
    assert (mended.returncode, mended.stderr) == (0, "")
    assert "1 on their topics" in mended.stdout
