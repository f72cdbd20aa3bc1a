"""The door for outside judges, on a small world whose truth is known."""

import codecs
import re
from pathlib import Path

import msgspec
import pytest

from bench.twist import twisted
from entente.correlate.run import Said, correlate_run, rejects_of
from entente.errors import EntenteError, FileError
from entente.exercise.files import score_files, simulate
from entente.exercise.world import Spec

SPEC = Spec(seed=401, alerts=1200, share=0.08)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Path]:
    folder = tmp_path_factory.mktemp("door")
    stream, truth, out = folder / "in.jsonl", folder / "truth.json", folder / "out.jsonl"
    simulate(SPEC, stream, truth)
    correlate_run(stream, out)
    return stream, truth, out


def test_a_small_world_is_seen_through(files: tuple[Path, Path, Path]) -> None:
    stream, truth, out = files
    result = score_files(stream, truth, out)
    assert result.f1 >= 0.9
    assert result.pairwise_f1 >= 0.82
    assert result.bcubed_f1 >= 0.84
    assert result.precision_at_10 >= 0.95
    assert result.false <= 1
    assert result.withdrawn_shown == 0
    assert result.duplicates <= 1


def test_as_others_might_write_it_it_is_seen_through_too(
    files: tuple[Path, Path, Path], tmp_path: Path
) -> None:
    stream, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    ways = ("lowered", "cyrillic", "reversed", "references")
    with stream.open("wb") as file:
        for raw in files[0].read_bytes().splitlines():
            file.write(msgspec.json.encode(twisted(msgspec.json.decode(raw), ways)) + b"\n")
    correlate_run(stream, out)
    result = score_files(stream, files[1], out)
    assert result.f1 >= 0.85
    assert result.bcubed_f1 >= 0.8


def test_every_line_is_as_documented(files: tuple[Path, Path, Path]) -> None:
    lines = [msgspec.json.decode(raw, type=Said) for raw in files[2].read_bytes().splitlines()]
    seen: dict[str, int] = {}
    for said in lines:
        assert said.version == seen.get(said.proposal, 0) + 1
        seen[said.proposal] = said.version
        assert 0 <= said.probability < 1
        assert said.at > 0
        assert (said.status == "open") == bool(said.alerts)
    assert [s.after for s in lines] == sorted(s.after for s in lines)


def test_workers_change_nothing(files: tuple[Path, Path, Path], tmp_path: Path) -> None:
    other = tmp_path / "out.jsonl"
    correlate_run(files[0], other, workers=2)
    assert other.read_bytes() == files[2].read_bytes()


def test_sealed_it_names_nobody(files: tuple[Path, Path, Path], tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    correlate_run(files[0], out, sealed=True)
    result = score_files(files[0], files[1], out)
    assert result.f1 >= 0.75
    assert result.bcubed_f1 >= 0.8
    said = out.read_text()
    assert said
    assert "Same name:" not in said
    assert "@" not in said


@pytest.mark.parametrize(
    "bad",
    ["{", "[]", '{"subject": "a"}', '{"subject": 1}', "\0", "x" * 5_000_000],
    ids=["cut", "list", "half", "number", "nul", "long"],
)
@pytest.mark.parametrize("workers", [1, 3])
def test_a_line_that_is_none_is_set_aside_and_the_others_are_read(
    files: tuple[Path, Path, Path], tmp_path: Path, bad: str, workers: int
) -> None:
    lines = files[0].read_text("utf-8").splitlines(keepends=True)[:200]
    clean, soiled = tmp_path / "clean.jsonl", tmp_path / "soiled.jsonl"
    clean.write_text("".join(lines), "utf-8")
    soiled.write_text("".join([*lines[:50], bad + "\n", "\n", "# a note\n", *lines[50:]]), "utf-8")
    assert correlate_run(clean, tmp_path / "a").rejected == 0
    found = correlate_run(soiled, tmp_path / "b", workers=workers)
    assert (found.read, found.rejected) == (200, 1)
    told, kept = rejects_of(tmp_path / "b").read_text("utf-8").splitlines()
    assert told.startswith("# Line 51")
    assert bad.startswith(kept)
    assert not rejects_of(tmp_path / "a").exists()
    assert _said(tmp_path / "b", gap=3) == _said(tmp_path / "a")


def _said(out: Path, gap: int = 0) -> list[Said]:
    """The lines of a file, as if there had not been ``gap`` others after 50 of those read."""
    said = [msgspec.json.decode(raw, type=Said) for raw in out.read_bytes().splitlines()]
    for one in said:
        one.after -= gap if one.after > 50 else 0
    return said


def test_the_stream_is_never_written_over(tmp_path: Path) -> None:
    stream = tmp_path / "out.jsonl.rejects"
    stream.write_text("{}")
    for out in (stream, tmp_path / "out.jsonl"):
        with pytest.raises(FileError, match="the stream itself"):
            correlate_run(stream, out)
    assert stream.read_text() == "{}"


ALERT = {"kind": "seizure", "national_ref": "1", "event": {"date": "2026-03-01"}}


@pytest.mark.parametrize(
    ("changes", "message", "advice"),
    [
        ({"alert": {**ALERT, "colour": "red"}}, "alert/colour: There is no field", "Its fields"),
        ({"alert": {**ALERT, "goods": [{"quantity": "x"}]}}, "goods/0/quantity", "Write digits"),
        ({"alert": {**ALERT, "kind": "seizures"}}, "alert/kind", "seizure"),
        ({"alert": None}, "has no alert", "Only a withdrawal"),
        ({"change": "UPDATE"}, r"at `\$.change`", "README"),
        ({"version": 0}, "count from 1", "Mend"),
        ({"issued_at": "yesterday"}, "yesterday", "README"),
    ],
)
def test_what_is_wrong_with_a_line_is_said_with_a_repair(
    tmp_path: Path, changes: dict[str, object], message: str, advice: str
) -> None:
    source = tmp_path / "in.jsonl"
    line = {"subject": "a", "issuer": "FR", "issued_at": "2026-03-01T09:30:00Z", "alert": ALERT}
    good = msgspec.json.encode(line)
    source.write_bytes(codecs.BOM_UTF8 + good + b"\n" + msgspec.json.encode({**line, **changes}))
    assert correlate_run(source, tmp_path / "out").rejected == 1
    told = rejects_of(tmp_path / "out").read_text("utf-8").splitlines()[0]
    assert re.search(f"Line 2.*{message}.*{advice}", told)


@pytest.mark.parametrize("number", ["NaN", "sNaN", "-Infinity", "1e400000", "1e-400000", "-3"])
def test_a_number_that_nobody_can_reckon_with_ties_nothing(tmp_path: Path, number: str) -> None:
    value = {"amount": number, "currency": "EUR", "basis": "declared"}
    goods = [{"hs": "640411", "quantity": number, "unit": "H87", "net_mass": number}]
    goods += [{"hs": "640411", "quantity": 2, "unit": "H87", "values": [value]}]
    line = {"subject": "a", "issuer": "FR", "alert": {**ALERT, "goods": goods}}
    (tmp_path / "in.jsonl").write_bytes(msgspec.json.encode(line))
    assert correlate_run(tmp_path / "in.jsonl", tmp_path / "out") == (1, 0, 0)


@pytest.mark.timeout(60)  # they took minutes, each of them
@pytest.mark.parametrize(
    ("names", "remarks"),
    [(2_000, ""), (1, "+1-" * 20_000)],
    ids=["a manifest of parties", "64 KiB that look like the beginning of a mailbox"],
)
def test_a_monstrous_alert_does_not_stop_the_others(
    tmp_path: Path, names: int, remarks: str
) -> None:
    parties = [
        {"role": "consignor", "name": f"Wen{n:x} Luo{n * 7919 % 2003:x}"} for n in range(names)
    ]
    parties.append({"role": "consignee", "phones": ["+86 805 651 990"]})
    alert = {**ALERT, "nominal": {"parties": parties}, "remarks": {"text": remarks or "none"}}
    lines = [
        {"subject": f"a{n}", "issuer": issuer, "alert": alert}
        for n, issuer in enumerate(("FR", "DE", "IT"))
    ]
    (tmp_path / "in.jsonl").write_bytes(b"\n".join(map(msgspec.json.encode, lines)))
    assert correlate_run(tmp_path / "in.jsonl", tmp_path / "out").read == 3


def test_no_file_no_traceback(tmp_path: Path) -> None:
    with pytest.raises(FileError):
        correlate_run(tmp_path / "none.jsonl", tmp_path / "out.jsonl")
    with pytest.raises(EntenteError):
        correlate_run(tmp_path, tmp_path / "out.jsonl")
