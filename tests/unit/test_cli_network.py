"""A network founded and joined on two machines: only files go back and forth."""

import json
import re
from pathlib import Path

import pytest

from entente import clock
from entente.cli.main import load, main
from entente.trust import files, network
from entente.trust.administration import Administration
from entente.trust.lifecycle import DAY

SECRET = "a passphrase for tests"


def machine(folder: Path) -> list[str]:
    folder.mkdir()
    file = folder / "entente.toml"
    file.write_text('network = "x.example"\nhome = "."\n', "utf-8")
    return ["--config", str(file)]


def test_a_member_joins_by_request_and_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ENTENTE_PASSPHRASE", SECRET)
    monkeypatch.chdir(tmp_path)
    office, member = machine(tmp_path / "office"), machine(tmp_path / "member")
    who = ["--name", "Japan", "--country", "JP", "--home", "asia-pacific"]
    for line in (
        [*office, "network", "found"],
        [*member, "party", "prepare", "--as", "JP", *who],
        [*office, "network", "enrol", "JP.request.json"],
        [*member, "party", "install", "--as", "JP", "JP.answer.json"],
        [*office, "network", "duty", "JP", "alerts.cis"],
        [*office, "network", "renew"],
        [*office, "network", "show"],
    ):
        assert main(line) == 0, line
    shown = capsys.readouterr().out
    assert "register version 4" in shown
    assert "Japan" in shown
    keys = tmp_path / "member" / "parties" / "JP"
    assert (keys / "tls.crt").exists()
    assert b"ENCRYPTED" in (keys / "signing.key").read_bytes()
    assert not (tmp_path / "office" / "parties" / "JP" / "signing.key").exists()


def test_three_officers_found_a_network_with_keys_of_their_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ENTENTE_PASSPHRASE", SECRET)
    monkeypatch.chdir(tmp_path)
    office = machine(tmp_path / "office")
    for name in "abc":
        assert main([*office, "network", "key", f"{name}.key"]) == 0
    officers = [part for name in "abc" for part in ("--officer", f"{name}.key.pub")]
    assert main([*office, "network", "found", *officers]) == 0
    drafts = list((tmp_path / "office" / "secretariat" / "drafts").glob("*.json"))
    assert len(drafts) == 1
    assert not (tmp_path / "office" / "network" / "root.json").exists()


@pytest.mark.parametrize("days", [340, 370])
def test_what_ends_soon_is_said_with_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], days: int
) -> None:
    """Certificate and register of a year, in its last month, and after it, if nobody renewed."""
    jp = Administration(id="JP", name="Japan", country="JP", home="asia-pacific")
    network.create(tmp_path, "x.example", [jp], now=clock.now() - days * DAY, secret=None)
    (tmp_path / "entente.toml").write_text(
        'network = "x.example"\n[kafka]\nbootstrap = "localhost:1"\n'
    )
    monkeypatch.chdir(tmp_path)
    assert main(["lane", "gaps", "--as", "JP"]) == 0
    said = capsys.readouterr().err
    word = "ends" if days < 365 else "ended"
    assert f"{word} 20" in said
    assert "register 1; the secretariat renews it" in said
    assert "tls.crt; `entente party prepare --as JP` makes a request" in said
    blind = "Since then nobody can tell us that a key was stolen."
    assert (blind in said) == (days > 365)
    if days > 365:
        line = {"alert": {"kind": "seizure", "national_ref": "A", "event": {"date": "2026-03-01"},
                          "route": {"location": {"country": "JP"}}, "goods": [{"group": "ipr"}]},
                "administration": "JP", "handling": {"tlp": "GREEN", "purpose": "t",
                "source_grade": "A", "information_grade": 1}}  # fmt: skip
        (tmp_path / "a.jsonl").write_text(json.dumps(line))
        assert main(["publish", "--as", "JP", "a.jsonl"]) == 77
        assert "Register 1 has expired, and no newer one is to be had" in capsys.readouterr().err
    # The secretariat renews, also what has ended; the member's answer to a new request is good.
    assert main(["network", "renew"]) == 0
    assert main(["party", "prepare", "--as", "JP", "--no-passphrase"]) == 0
    assert main(["network", "enrol", "JP.request.json"]) == 0
    assert "new certificate" in capsys.readouterr().out
    assert main(["party", "install", "--as", "JP", "JP.answer.json"]) == 0
    capsys.readouterr()
    assert main(["lane", "gaps", "--as", "JP"]) == 0
    assert capsys.readouterr().err == ""


def test_the_root_goes_to_other_officers_by_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two of three found it; one leaves, another comes; who trusted the first root follows."""
    monkeypatch.setenv("ENTENTE_PASSPHRASE", SECRET)
    monkeypatch.chdir(tmp_path)
    office, member = machine(tmp_path / "office"), machine(tmp_path / "member")
    for name in "abcd":
        assert main([*office, "network", "key", f"{name}.key"]) == 0

    def officers(names: str) -> list[str]:
        return [part for name in names for part in ("--officer", f"{name}.key.pub")]

    def signed(version: int, *names: str) -> str:
        """Copies go out, are signed, come back; what the secretariat said last."""
        draft = tmp_path / "office" / "secretariat" / "drafts" / f"root.{version}.json"
        original = draft.read_bytes()
        for name in names:
            copy = tmp_path / f"{name}.root.json"
            copy.write_bytes(original)
            assert main([*office, "network", "sign", str(copy), "--key", f"{name}.key"]) == 0
            assert main([*office, "network", "merge", str(copy)]) == 0
        return capsys.readouterr().out

    assert main([*office, "network", "found", *officers("abc")]) == 0
    assert "x.example is founded" in signed(1, "a", "b")
    who = ["--name", "Japan", "--country", "JP", "--home", "asia-pacific"]
    assert main([*member, "party", "prepare", "--as", "JP", *who]) == 0
    assert main([*office, "network", "enrol", "JP.request.json"]) == 0
    assert main([*member, "party", "install", "--as", "JP", "JP.answer.json"]) == 0

    assert main([*office, "network", "root", *officers("bcd")]) == 0
    assert "1 signature is missing" in signed(2, "d", "b")
    assert "root 2 is good until" in signed(2, "c")
    assert main([*office, "network", "duty", "JP", "alerts.cis"]) == 0
    assert main([*member, "party", "prepare", "--as", "JP"]) == 0
    assert main([*office, "network", "enrol", "JP.request.json"]) == 0
    assert main([*member, "party", "install", "--as", "JP", "JP.answer.json"]) == 0
    held = tmp_path / "member" / "parties" / "JP" / "root.json"
    assert held.read_bytes() == (tmp_path / "office" / "network" / "root.json").read_bytes()


def test_the_handbook_names_commands_that_there_are() -> None:
    text = (Path(files.__file__).parent / "README.md").read_text("utf-8")
    named = set(re.findall(r"`entente ([a-z]+)(?: |\n)([a-z]+)", text))
    assert len(named) > 15
    for noun, verb in named:
        group = load(noun)
        assert verb in group.commands, f"entente {noun} {verb}"
    options = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", text))
    groups = [load(noun).commands for noun in ("network", "party", "lane")]
    commands = [command for group in groups for command in group.values()]
    assert options <= {one for c in commands for option in c.params for one in option.opts}
