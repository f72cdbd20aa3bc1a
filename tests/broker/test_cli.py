"""The commands on a real broker: what they show, what they are refused, and how they end."""

import asyncio
import json
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs
from tests.broker.whole import Whole, eventually

from entente.office import service as office
from entente.office.follow import read_heads
from entente.trust import files

SECRET = "correct horse battery staple"
MAPPING = """kind: seizure
reference: {template: "CLI-{REF}"}
handling: {tlp: AMBER, purpose: enforcement, source_grade: A, information_grade: 2}
fields:
  /event/date: {column: DATE}
  /route/departure/country: {column: FROM}
  /route/location/country: {value: KZ}
  /goods/0/group: {value: ipr}
  /goods/0/description/text: {column: WHAT}
"""
ROWS = "REF,DATE,FROM,WHAT\n1,2026-02-03,CN,shoes\n2,2026-02-04,VN,bags\n"


@pytest.fixture
def folder(net: Whole, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ENTENTE_CONFIG", str(net.settings.home / "entente.toml"))
    (tmp_path / "m.yaml").write_text(MAPPING)
    (tmp_path / "rows.csv").write_text(ROWS)
    return tmp_path


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    ran = subprocess.run(
        [sys.executable, "-m", "entente", *arguments], capture_output=True, text=True, timeout=120,
        check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert "Traceback" not in ran.stdout + ran.stderr
    assert SECRET not in ran.stdout + ran.stderr
    return ran


def away(net: Whole, folder: Path, *parties: str) -> Path:
    """A home of its own for copies of these parties' folders, but for their stores."""
    home = folder / "home"
    settings = net.settings
    for party in parties:
        shutil.copytree(
            settings.party(party), home / "parties" / party,
            ignore=shutil.ignore_patterns("*.sqlite*", "*.db*"),
        )  # fmt: skip
    shutil.copytree(settings.home / "network", home / "network")
    (home / "entente.toml").write_text((settings.home / "entente.toml").read_text())
    return home


def test_from_a_file_to_an_office(net: Whole, folder: Path) -> None:
    publish = ("publish", "--as", "KZ", "-m", "m.yaml", "rows.csv")
    first, again = run(*publish), run(*publish)
    assert (first.returncode, again.returncode) == (0, 0), first.stderr + again.stderr
    assert "2 on their topics" in first.stdout
    assert "2 said before" in again.stdout
    tail = run("tail", "--as", "RILO-CIS", "--issuer", "KZ", "--no-follow", "--json")
    assert tail.returncode == 0, tail.stderr
    found = [json.loads(line)["alert"]["national_ref"] for line in tail.stdout.splitlines()]
    assert sorted(ref for ref in found if ref.startswith("CLI-")) == ["CLI-1", "CLI-2"]
    human = run("tail", "--as", "RILO-CIS", "--issuer", "KZ", "--no-follow", "--text", "shoes")
    assert "shoes" in human.stdout


def test_a_row_for_a_region_without_the_duty_is_rejected(net: Whole, folder: Path) -> None:
    (folder / "m.yaml").write_text(MAPPING + "regions: [caribbean]\n")
    ran = run("publish", "--as", "KZ", "-m", "m.yaml", "rows.csv")
    assert ran.returncode == 65, ran.stderr
    assert "KZ may not write alerts.caribbean" in ran.stdout
    assert "2 rejected" in ran.stdout
    assert "1,2026-02-03,CN,shoes" in (folder / "rows.csv.rejects").read_text()


def test_the_broker_refuses_whose_certificate_has_not_the_right(
    net: Whole, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = away(net, folder, "KZ", "BR")
    for name in ("tls.key", "tls.crt"):
        shutil.copy(home / "parties" / "BR" / name, home / "parties" / "KZ" / name)
    monkeypatch.setenv("ENTENTE_CONFIG", str(home / "entente.toml"))
    ran = run("publish", "--as", "KZ", "-m", "m.yaml", "rows.csv")
    assert ran.returncode == 77, ran.stderr
    assert "2 stored and signed" in ran.stdout
    assert "does not" in ran.stderr
    assert "what to do:" in ran.stderr


def test_a_reader_with_a_passphrase(
    net: Whole, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = away(net, folder, "RILO-CIS")
    path = home / "parties" / "RILO-CIS" / "tls.key"
    files.write_key(path, files.tls_key(path), SECRET.encode())
    (home / "word").write_text(SECRET + "\n")
    monkeypatch.setenv("ENTENTE_CONFIG", str(home / "entente.toml"))
    tail = ("tail", "--as", "RILO-CIS", "--no-follow")
    refused = run(*tail)
    assert refused.returncode == 77
    assert "is encrypted" in refused.stderr
    monkeypatch.setenv("ENTENTE_PASSPHRASE_FILE", "word")
    ran = run(*tail)
    assert (ran.returncode, ran.stderr) == (0, "")


@pytest.mark.parametrize(
    ("arguments", "number", "code"),
    [
        (["office", "--as", "RILO-CIS"], signal.SIGTERM, 143),
        (["tail", "--as", "RILO-CIS"], signal.SIGINT, 130),
        (["correlate", "serve", "--as", "CORRELATOR"], signal.SIGTERM, 143),
    ],
)
def test_a_service_that_is_stopped(
    net: Whole, folder: Path, arguments: list[str], number: int, code: int
) -> None:
    log = net.settings.home / "logs" / f"{arguments[0]}-{arguments[-1]}.log"
    log.unlink(missing_ok=True)
    process = subprocess.Popen(
        [sys.executable, "-m", "entente", *arguments],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        limit = time.monotonic() + 60
        while not (log.exists() and log.stat().st_size) and time.monotonic() < limit:
            time.sleep(0.05)
        process.send_signal(number)
        out, err = process.communicate(timeout=60)
    finally:
        process.kill()  # if it does not hear, it shall not hold its stores from the next test
    assert process.returncode == code, err
    assert err.startswith("stopped: ")
    assert "Traceback" not in out + err + log.read_text()


async def test_an_office_outlasts_a_broker_that_is_away(
    net: Whole, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also while it looks anew at what waits."""
    monkeypatch.setattr("entente.bus.serve.AGAIN", 0.5)
    caught_up = asyncio.Event()
    async with net.at_work(office.run, "RILO-CIS", refresh=0.3, caught_up=caught_up) as working:
        await eventually(caught_up.is_set)
        with capture_logs() as said:
            await asyncio.to_thread(net.box.down)
            await eventually(lambda: outages(said) == 1)
            await asyncio.sleep(3)
            assert outages(said) == 1, "it is said once, for alerts, grants, and receipts"
        await asyncio.to_thread(net.box.up)
        assert run("publish", "--as", "KZ", "-m", "m.yaml", "rows.csv").returncode == 0
        (folder / "later.csv").write_text(ROWS.replace("1,", "3,").replace("2,", "4,"))
        assert run("publish", "--as", "KZ", "-m", "m.yaml", "later.csv").returncode == 0
        await eventually(lambda: {"CLI-3", "CLI-4"} <= refs(net) or working.done())
    assert {"CLI-3", "CLI-4"} <= refs(net)


def outages(said: Sequence[Mapping[str, Any]]) -> int:
    """How often the log tells that there is no broker."""
    return sum(one["event"] == "the broker is away" for one in said)


def refs(net: Whole) -> set[str]:
    """The references of what an office holds."""
    heads = read_heads(net.settings.party("RILO-CIS"))
    return {one.alert.national_ref for one in heads if one.alert is not None}


def test_tail_ends_quietly_when_nobody_reads_on(net: Whole, folder: Path) -> None:
    assert run("publish", "--as", "KZ", "-m", "m.yaml", "rows.csv").returncode == 0
    with subprocess.Popen(
        [sys.executable, "-u", "-m", "entente", "tail", "--as", "RILO-CIS", "--no-follow"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        process.stdout.close()
        assert process.stderr is not None
        assert process.stderr.read() == ""
        assert process.wait(60) == 141
    assert read_heads(net.settings.party("RILO-CIS"))
