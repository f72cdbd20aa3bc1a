"""``entente demo`` as a newcomer runs it, on a part of its data: once, again, killed, stopped."""

import csv
import gzip
import logging
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from tests.broker.test_chaos import LAST, REPORTERS

from entente.bus.process import find
from entente.cli import demo, processes
from entente.cli.main import main
from entente.config import Settings
from entente.errors import BusError, StoreBusy

OTHERS = {"RILO-AP", "CORRELATOR", "COORD-1"}
NOW: dict[str, list[str]] = {"tail": ["--no-follow"], "proposals": ["--offline"], "publish": []}
"""What to add to a command so that it needs no patience; there is no broker any more."""
CODES = {"tail": 69, "proposals": 0, "publish": 0}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where the demo goes; its data are what five administrations seized before ``LAST``."""
    part = tmp_path / "data"
    part.mkdir()
    members = (demo.DATA / "administrations.csv").read_text().splitlines(keepends=True)
    wanted = {"id", *REPORTERS.values(), *OTHERS}
    (part / "administrations.csv").write_text(
        "".join(line for line in members if line.split(",")[0] in wanted)
    )
    with (
        gzip.open(demo.DATA / demo.FILE, "rt", encoding="utf-8", newline="") as source,
        gzip.open(part / demo.FILE, "wt", encoding="utf-8", newline="") as target,
    ):
        header, *rows = csv.reader(source, delimiter=";")
        country, day = header.index("COUNTRY"), header.index("SEIZURE_DATE")
        mine = [row for row in rows if row[country] in REPORTERS and row[day] < LAST]
        csv.writer(target, delimiter=";").writerows([header, *mine])
    monkeypatch.setattr(demo, "DATA", part)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ENTENTE_PASSPHRASE", "of another network")
    monkeypatch.setenv("ENTENTE_KAFKA__BOOTSTRAP", "localhost:1")
    root = logging.getLogger()
    before = root.handlers[:]
    yield tmp_path / "demo"
    for handler in [one for one in root.handlers if one not in before]:
        root.removeHandler(handler)
        handler.close()
    root.handlers[:] = before


def running(home: Path) -> list[psutil.Process]:
    """Every process that has to do with the demo in ``home``, but ourselves."""
    found = []
    for process in psutil.process_iter():
        try:
            if any(word.startswith(str(home)) for word in process.cmdline()):
                found.append(process)
        except psutil.Error:
            pass
    return found


def test_it_shows_the_whole_way_and_goes_on_where_it_was(
    home: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["demo", "--home", str(home), "--once"]) == 0
    first = capfd.readouterr().out
    assert running(home) == []
    # What a demo leaves that is killed: its services, and they hold the stores.
    settings = f"{home}/entente.toml"
    left = subprocess.Popen(
        [sys.executable, "-m", "entente", "--config", settings, "office", "--as", "RILO-AP"]
    )
    assert main(["demo", "--home", str(home), "--once"]) == 0
    again = capfd.readouterr().out
    assert running(home) == []
    assert left.wait(10) is not None

    (rows,) = [line.split()[0] for line in first.splitlines() if line.endswith("rows read")]
    (sent,) = [line.split()[0] for line in first.splitlines() if line.endswith("on their topics")]
    assert int(rows.replace(",", "")) > int(sent.replace(",", "")) > 500
    assert f"       0 on their topics\n{sent:>8} said before, word for word" in again
    for said in (first, again):
        assert "repeat an earlier row of the file" in said
        assert "cis\n" not in said
        assert "west-africa" in said
        assert "verified by RILO-AP, each with signature and proof" in said
        assert "proposals open" in said
        assert "probability" in said
        assert "innocent explanation:" in said
        assert "demo/entente.toml, logs demo/logs/" in said
    commands = [line.split() for line in first.splitlines() if ".venv/bin/entente" in line]
    assert len(commands) == 4
    for _, command, *words in commands:  # what to type next is what can be typed
        assert main(["--config", settings, command, *words, *NOW[command]]) == CODES[command], words


def test_there_is_one_at_a_time(tmp_path: Path) -> None:
    with processes.alone(tmp_path):
        with pytest.raises(StoreBusy, match="runs already"), processes.alone(tmp_path):
            pass
    with processes.alone(tmp_path):
        pass


def test_it_is_stopped_from_another_terminal(tmp_path: Path) -> None:
    program = (
        "import sys, time; from pathlib import Path; from entente.cli import processes\n"
        "with processes.alone(Path(sys.argv[1])): print('here', flush=True); time.sleep(60)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "here\n"
        processes.stop_from_outside(tmp_path)
        assert holder.wait(10) is not None  # whoever waited for it first has its code
    processes.stop_from_outside(tmp_path / "never")
    assert not (tmp_path / "never").exists()


def test_what_a_killed_one_has_left_is_ended(tmp_path: Path) -> None:
    words = [str(tmp_path / "entente.toml")]
    left = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)", *words])
    while not find(*words):
        time.sleep(0.01)
    processes.stop(tmp_path)
    assert left.wait(10) is not None
    assert find(*words) == []


def test_a_service_that_ends_is_told(tmp_path: Path) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    with pytest.raises(BusError, match="RILO-AP has ended"):
        processes.check(Settings("n.example", tmp_path), {"RILO-AP": ended})
