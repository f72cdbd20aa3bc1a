"""The Python of README.md, as it stands there, on a real broker."""

import re
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from tests.broker.whole import Whole

ROOT = Path(__file__).parents[2]
BLOCKS = re.findall(r"^```python\n(.*?)^```", (ROOT / "README.md").read_text("utf-8"), re.M | re.S)
PATIENCE = 60.0
"""Seconds until a block that does not do what it should is ended."""


def test_the_readme_publishes_and_subscribes(net: Whole, monkeypatch: pytest.MonkeyPatch) -> None:
    publish, subscribe = BLOCKS
    monkeypatch.setenv("ENTENTE_CONFIG", str(net.settings.home / "entente.toml"))
    monkeypatch.setenv("PYTHONPATH", str(ROOT / "services"))
    for _ in range(2):  # said again, it is harmless
        ran = subprocess.run(
            [sys.executable, "-c", publish], capture_output=True, text=True, timeout=PATIENCE,
            check=False,
        )  # fmt: skip
        assert (ran.returncode, ran.stderr) == (0, "")
    (reference,) = re.findall(r'national_ref="([^"]+)"', publish)
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
    assert seen[-1].startswith("JP ")
