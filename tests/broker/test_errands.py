"""The errands of years, by the commands alone: each member on a machine of its own, one broker.

Files go back and forth as by mail; what is announced goes over the topic.
"""

import asyncio
import contextlib
import json
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from tests.broker.whole import eventually

from entente import config
from entente.bus.box import Box
from entente.bus.serve import together
from entente.cli.main import main
from entente.office import follow, service
from entente.office.lanes import read_lanes
from entente.trust import network

SECRET = "a passphrase for tests"
Run = Callable[..., str]


class Town(NamedTuple):
    """The machines, by name, and what runs a command on one of them."""

    folder: Path
    run: Run

    def machine(self, name: str) -> Path:
        return self.folder / name

    def mail(self, of: str, file: str, to: str) -> None:
        shutil.copy(self.machine(of) / file, self.machine(to) / file)

    def announce(self) -> None:
        self.run("office", "network", "announce")
        self.run("office", "broker", "provision")

    async def witnessed(self, witness: str, reader: str) -> None:
        """Both offices at work until the reader has a witness's word."""
        settings = [config.load(self.machine(name) / "entente.toml") for name in (witness, reader)]
        running = asyncio.create_task(
            together(
                *(service.run(one, name, receipts_every=0.3)
                  for one, name in zip(settings, (witness, reader), strict=True))
            )
        )  # fmt: skip

        def heard() -> bool:
            if running.done():
                running.result()
            inbox = follow.store(settings[1].party(reader))
            return inbox.exists() and any(
                lane.witnessed for lane in read_lanes(inbox, follow.PROJECTION)
            )

        try:
            await eventually(heard)
        finally:
            running.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await running

    def alerts(self, name: str, id: str, *numbers: int, to: tuple[str, ...] = ()) -> str:
        """A file of alerts, each with a name that is sealed."""
        lines = [
            {"administration": id, "recipients": to, "handling": {
                "tlp": "AMBER", "purpose": "t", "source_grade": "A", "information_grade": 1},
             "alert": {
                "kind": "seizure", "national_ref": f"{id}-{n}", "event": {"date": "2026-03-01"},
                "route": {"location": {"country": id}}, "goods": [{"group": "ipr"}],
                **({"nominal": {"parties": [{"role": "consignor", "name": "Hengda Trading"}]}}
                   if to else {})}}
            for n in numbers
        ]  # fmt: skip
        (self.machine(name) / "a.jsonl").write_text("\n".join(map(json.dumps, lines)))
        return "a.jsonl"


@pytest.fixture
def town(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Town]:
    monkeypatch.setenv("ENTENTE_PASSPHRASE", SECRET)

    def run(machine: str, *arguments: str, code: int = 0) -> str:
        """What a command printed; it ended with ``code`` and without a traceback."""
        monkeypatch.chdir(tmp_path / machine)
        ended = main(list(arguments))
        shown = capsys.readouterr()
        assert ended == code, (arguments, shown.out, shown.err)
        assert "Traceback" not in shown.err
        assert SECRET not in shown.out + shown.err
        return shown.out + shown.err

    machines = ("office", "JP", "NZ", "RILO-AP")
    for name in machines:
        (tmp_path / name).mkdir()
        (tmp_path / name / "entente.toml").write_text('network = "x.example"\n')
    run("office", "network", "found")
    box = Box(tmp_path / "office" / network.BROKER, secret=SECRET.encode())
    try:
        port = (box.up().bootstrap or "").rpartition(":")[2]
        for name in machines:
            (tmp_path / name / "entente.toml").write_text(
                f'network = "x.example"\n[kafka]\nbootstrap = "localhost:{port}"\n'
            )
        found = Town(tmp_path, run)
        for name, role in (("JP", "administration"), ("NZ", "administration"),
                           ("RILO-AP", "liaison_office")):  # fmt: skip
            run(
                name,
                "party",
                "prepare",
                "--as",
                name,
                "--name",
                name,
                "--role",
                role,
                "--home",
                "asia-pacific",
                *(("--country", name) if len(name) == 2 else ()),
            )
            found.mail(name, f"{name}.request.json", "office")
            run("office", "network", "enrol", f"{name}.request.json")
            found.mail("office", f"{name}.answer.json", name)
        first = re.search(r"first root: (.*)", run("office", "network", "show"))
        assert first
        for name in machines[1:]:
            run(name, "party", "install", "--as", name, f"{name}.answer.json", "--root", first[1])
        assert "topics are new" in run("office", "broker", "provision")
        found.announce()
        yield found
    finally:
        box.down(timeout=1)


def test_from_enrolment_to_a_theft_and_back(town: Town) -> None:
    run = town.run

    def tailed(id: str) -> str:
        return run(id, "tail", "--as", id, "--no-follow", "--open")

    # An agreement reaches who publishes next, by the topic alone; so does a community key.
    file = town.alerts("JP", "JP", 1, 2, 3, to=("NZ",))
    refused = run("JP", "publish", "--as", "JP", file, code=65)
    assert "No agreement lets JP share names with NZ" in refused
    run("office", "network", "agree", "JP", "NZ", "--purpose", "drugs by sea", "--nominal")
    town.announce()
    made = run("JP", "community", "create", "--as", "JP", "--epoch", "2026Q4")
    assert "send NZ.2026Q4.key" in made
    town.mail("JP", "NZ.2026Q4.key", "NZ")
    run("NZ", "community", "add", "--as", "NZ", "NZ.2026Q4.key")
    assert "3 on their topics" in run("JP", "publish", "--as", "JP", file)
    for reader in ("NZ", "RILO-AP"):
        shown = tailed(reader)
        assert shown.count("stopped in Japan") == 3
        assert "seizure JP-2: " in shown
        assert ("Hengda" in shown) == (reader == "NZ")
        assert ("not granted to us" in shown) == (reader != "NZ")

    # People say what they call an alert, and are told the same.
    shown = run("JP", "status", "JP-1", "--as", "JP", "--offline")
    (id,) = re.findall("JP-1 is ([0-9a-f-]{36})\nversion 1 new of", shown)
    for name in ("JP-1", id):
        shown = run("JP", "grant", name, "--as", "JP", "--to", "NZ")
        assert shown == "NZ can open the names of JP-1\n"
    refused = run("JP", "grant", "JP-9", "--as", "JP", "--to", "NZ", code=65)
    assert "JP has said nothing of JP-9." in refused

    # An office is a witness: since when a statement has existed is known by others than its issuer.
    made = run("RILO-AP", "lane", "witness", "--as", "RILO-AP")
    public = made.split("'")[1]
    assert run("RILO-AP", "lane", "witness", "--as", "RILO-AP") == made
    assert "not the witness name" in run("office", "network", "witness", "NZ", public, code=65)
    run("office", "network", "witness", "RILO-AP", public)
    town.announce()
    asyncio.run(town.witnessed("RILO-AP", "NZ"))
    shown = run("NZ", "tail", "--as", "NZ", "--no-follow", "--json")
    said = [json.loads(line) for line in shown.splitlines() if line.startswith('{"subject')]
    assert len(said) == 3
    assert all(one["witnessed_at"] for one in said)
    assert "3 by RILO-AP" in run("NZ", "lane", "status", "--as", "NZ")
    run("office", "network", "witness", "RILO-AP", "--end")
    assert "witness: x.example/RILO-AP, until 20" in run("office", "network", "show")

    # A key is stolen. Nobody gives up what was said by leaving something out.
    revoke = ("network", "revoke", "JP")
    assert "x.example/JP/alerts.asia-pacific/0, x.example/JP/grants/0" in run(
        "office", *revoke, code=64
    )
    seen = run("JP", "lane", "status", "--as", "JP", "--json")
    assert {json.loads(line)["lane"] for line in seen.splitlines()} == {
        "x.example/JP/alerts.asia-pacific/0", "x.example/JP/grants/0",
    }  # fmt: skip
    (town.machine("office") / "seen.json").write_text(seen)
    lanes = run("NZ", "lane", "status", "--as", "NZ", "--json").splitlines()
    theirs = {one["lane"]: one["size"] for one in map(json.loads, lanes)}
    assert theirs["x.example/JP/grants/0"] == 3, "who was granted something has seen that lane too"
    shown = run("office", *revoke, "--lanes", "seen.json", code=64)
    assert "in x.example/JP/receipts.asia-pacific/0 would be believed" in shown
    shutil.copytree(town.machine("JP"), town.machine("thief"))
    run("thief", "publish", "--as", "JP", town.alerts("thief", "JP", 9, to=("NZ",)))
    assert tailed("NZ").count("stopped in Japan") == 4  # until the register says so, it is JP
    shown = run("office", *revoke, "--lanes", "seen.json", "--believe-nothing")
    assert "believed: x.example/JP/alerts.asia-pacific/0 up to size 3" in shown
    assert "not believed: x.example/JP/receipts.asia-pacific/0" in shown
    town.announce()
    for machine in ("JP", "thief"):
        file = town.alerts(machine, "JP", 4, to=("NZ",))
        shown = run(machine, "publish", "--as", "JP", file, code=77)
        assert "it was compromised" in shown
        assert "entente party adopt" in shown
    assert tailed("NZ").count("stopped in Japan") == 3  # what the thief has said is taken back
    shown = run("NZ", "quarantine", "--as", "NZ")
    assert re.findall(r"not-believed  (\S+), partition", shown) == [
        "alerts.asia-pacific", "grants"
    ]  # fmt: skip

    # It comes back with new keys, which people vouch for; they hold from now, not from before.
    run("JP", "party", "rekey", "--as", "JP", "--from", "2026-01-01")
    town.mail("JP", "JP.request.json", "office")
    assert "--unendorsed" in run("office", "network", "enrol", "JP.request.json", code=77)
    run("office", "network", "enrol", "JP.request.json", "--unendorsed")
    town.announce()
    assert "new keys are in use" in run("JP", "party", "adopt", "--as", "JP")
    file = town.alerts("JP", "JP", 4, to=("NZ",))
    assert "1 on their topics" in run("JP", "publish", "--as", "JP", file)
    shown = tailed("NZ")
    assert shown.count("Hengda") == 4
    assert "Nothing is missing" in run("NZ", "lane", "gaps", "--as", "NZ")
    assert "sealed" in run("RILO-AP", "tail", "--as", "RILO-AP", "--no-follow")

    # What the office writes down holds for whoever trusts the root, old key and new.
    run("RILO-AP", "export", "--as", "RILO-AP", "--out", "e.zip")
    root = str(town.machine("NZ") / "parties" / "NZ" / "root.json")
    shown = run("RILO-AP", "verify", "e.zip", "--root", root)
    assert "from index 0 to 3; nothing was inserted" in shown
    assert "a key of JP has ended" in shown
    assert re.search("index 0 to 2 existed .* at the latest: x.example/RILO-AP had it then", shown)
    assert "no witness says when 1 of these 4 existed" in shown

    # NZ speaks while no broker answers, and has new keys before it is sent: it goes by the old.
    file, settings = town.alerts("NZ", "NZ", 1, to=("JP",)), town.machine("NZ") / "entente.toml"
    online = settings.read_text()
    settings.write_text('network = "x.example"\n[kafka]\nbootstrap = "localhost:1"\n')
    run("NZ", "publish", "--as", "NZ", file, code=69)
    assert "read with --offline" in run("NZ", "tail", "--as", "NZ", "--no-follow", code=69)
    assert run("NZ", "tail", "--as", "NZ", "--offline").count("stopped in Japan") == 4
    settings.write_text(online)
    run("NZ", "party", "rekey", "--as", "NZ", "--from", "2026-01-01")
    town.mail("NZ", "NZ.request.json", "office")
    run("office", "network", "enrol", "NZ.request.json")
    town.announce()
    assert "new keys are in use" in run("NZ", "party", "adopt", "--as", "NZ")
    assert "1 on their topics" in run("NZ", "publish", "--as", "NZ", town.alerts("NZ", "NZ", 2))
    shown = tailed("JP")
    assert shown.count("stopped in New Zealand") == 2
    assert shown.count("Hengda") == 1
    assert "Nothing is missing" in run("JP", "lane", "gaps", "--as", "JP")

    # Two copies of the secretariat's files go different ways: the second is told.
    shutil.copytree(town.machine("office"), town.machine("copy"), ignore=lambda *_: ["broker"])
    for machine, region in (("office", "cis"), ("copy", "caribbean")):
        run(machine, "network", "duty", "JP", f"alerts.{region}")
    town.announce()
    shutil.copytree(town.machine("office") / "broker", town.machine("copy") / "broker",
                    ignore=lambda *_: ["data", "logs"])  # fmt: skip
    shown = run("copy", "network", "announce", code=77)
    assert "on the topic says something else" in shown

    # NZ leaves. What it said stays; what it says from then on, nobody takes, nor does the broker.
    lanes = run("NZ", "lane", "status", "--as", "NZ", "--json")
    (town.machine("office") / "seen.json").write_text(lanes)
    shown = run("office", "network", "retire", "NZ", "--lanes", "seen.json")
    assert "believed: x.example/NZ/alerts.asia-pacific/0 up to size 2" in shown
    file = town.alerts("NZ", "NZ", 3)
    assert "1 on their topics" in run("NZ", "publish", "--as", "NZ", file)  # it has not heard yet
    assert tailed("JP").count("stopped in New Zealand") == 3
    run("office", "network", "announce")
    assert tailed("JP").count("stopped in New Zealand") == 2
    file = town.alerts("NZ", "NZ", 4)
    assert "it was retired" in run("NZ", "publish", "--as", "NZ", file, code=77)
    assert "taken" in run("office", "broker", "provision")
    shown = run("NZ", "tail", "--as", "NZ", "--no-follow", code=77)
    assert "the broker does not show us register" in shown
    for path in follow.store(town.machine("RILO-AP") / "parties" / "RILO-AP").parent.glob("inbox*"):
        path.unlink()  # a reader that knows nothing yet
    assert tailed("RILO-AP").count("stopped in New Zealand") == 2

    # Who is shown an older register than before notices, whoever shows it.
    shown = run("NZ", "party", "install", "--as", "NZ", "NZ.answer.json", code=77)
    assert "was here before, now only" in shown
