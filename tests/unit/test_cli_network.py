"""A network founded and joined on two machines: only files go back and forth."""

from pathlib import Path

import pytest

from entente.cli.main import main

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
