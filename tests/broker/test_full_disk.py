"""A disk that is full under the broker: what was accepted is kept, and goes on when there is space.

Nobody but root can fill a disk for one process alone. So the broker's files may not grow beyond a
limit (RLIMIT_FSIZE): its writes fail just as on a full disk, with another errno, and Kafka does the
same: it gives the disk up, and with its only disk itself.
"""

import asyncio
import json
from pathlib import Path

import psutil
import pytest
from tests.broker.whole import Whole, eventually, member, whole

from entente.errors import BusError

pytestmark = pytest.mark.skipif(
    not hasattr(psutil.Process, "rlimit"), reason="only Linux limits the files of another process"
)
LIMIT = 12 << 20
"""Kafka makes its index files with 10 MiB."""
LARGE, COUNT = 60_000, 240
"""Characters of an alert, and how many: more than the limit."""


def alerts(path: Path, count: int) -> Path:
    lines = [
        {"handling": {"tlp": "GREEN", "purpose": "t", "source_grade": "A", "information_grade": 1},
         "alert": {"kind": "seizure", "national_ref": f"F-{n}", "event": {"date": "2026-03-01"},
                   "route": {"location": {"country": "JP"}},
                   "goods": [{"group": "ipr", "description": {"text": "x" * LARGE,
                                                              "language": "en"}}]}}
        for n in range(count)
    ]  # fmt: skip
    path.write_text("\n".join(map(json.dumps, lines)), "utf-8")
    return path


def published(net: Whole, file: Path) -> tuple[int, str]:
    """Publish it by the command: its exit code and what it printed."""
    before = len(net.printed("publish")) if (net.settings.home / "publish.out").exists() else 0
    code = net.command("publish", "--as", "JP", str(file)).wait(timeout=200)
    return code, net.printed("publish")[before:]


def test_what_was_accepted_goes_on_when_there_is_space_again(tmp_path: Path) -> None:
    with whole(tmp_path / "net", [member("JP", "administration", "asia-pacific")]) as net:
        file = alerts(tmp_path / "a.jsonl", COUNT)
        broker = psutil.Process(net.box.status().pid)
        _, most = broker.rlimit(psutil.RLIMIT_FSIZE)
        broker.rlimit(psutil.RLIMIT_FSIZE, (LIMIT, most))
        code, shown = published(net, file)
        assert code == BusError.exit_code, shown
        assert f"{COUNT} stored and signed" in shown
        assert "what is stored and not sent yet goes out with the next run" in shown
        assert "what to do: " in shown
        asyncio.run(eventually(lambda: net.box.status().state == "down"))

        code, shown = published(net, file)
        assert code == BusError.exit_code, shown
        assert f"{COUNT} stored before, word for word" in shown
        assert "Start it (`entente broker up`)" in shown

        net.box.up()
        code, shown = published(net, file)
        assert code == 0, shown
        assert f"{COUNT} said before, word for word" in shown
        assert len(asyncio.run(net.said("alerts.asia-pacific"))) == COUNT
