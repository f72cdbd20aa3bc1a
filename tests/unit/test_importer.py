"""From rows to results: each row is one of submission, duplicate, reject, elsewhere."""

import contextlib
import json
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from entente.alert.problem import AlertRefused
from entente.errors import (
    AlertError,
    EntenteError,
    FileError,
    MappingError,
    StoreError,
    UsageError,
)
from entente.publish import importer
from entente.publish.mapping import Mapping, load_mapping
from entente.publish.reader import open_source
from entente.publish.run import Run, dry_run
from entente.publish.submission import Submission

HANDLING = "handling: {tlp: AMBER, purpose: p, source_grade: A, information_grade: 2}\n"
TABLE = (
    HANDLING
    + """\
kind: seizure
file: {delimiter: ";"}
administration: {column: OWNER}
reference: {template: "{REF}"}
version: {column: VERSION}
change: {column: CHANGE}
reason: {column: WHY}
fields:
  /event/date: {column: DATE, date: "%d/%m/%Y"}
  /route/location/country: {column: PLACE, table: {Japan: JP, Spain: ES}}
  /goods/0/description/text: {column: GOODS}
"""
)
HEADER = "OWNER;REF;DATE;PLACE;GOODS;VERSION;CHANGE;WHY\n"
NOW = 1_767_225_600_000_000
GOOD = ["JP;1;01/03/2014;Japan;shoes;;;", "JP;2;02/03/2014;Spain;bags;;;"]
ALERT = {
    "kind": "seizure",
    "national_ref": "X1",
    "event": {"date": "2014-03-01"},
    "route": {"location": {"country": "JP"}},
    "goods": [{"description": {"text": "shoes"}}],
}


def mapping(folder: Path, text: str = TABLE) -> Mapping:
    path = folder / "mapping.yaml"
    path.write_text(text)
    return load_mapping(path)


def run(
    path: Path, using: Mapping, administration: str | None = "JP"
) -> tuple[list[Submission], Run]:
    with Run(path, using, administration, rejects=path.with_suffix(".rejects")) as it:
        return list(it), it


def table(folder: Path, *lines: str, name: str = "f.csv") -> Path:
    path = folder / name
    path.write_text(HEADER + "\n".join(lines) + "\n")
    return path


def json_lines(folder: Path, *lines: Any) -> Path:
    path = folder / "f.jsonl"
    path.write_text(
        "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines)
    )
    return path


def test_every_row_is_one_of_four(tmp_path: Path) -> None:
    path = table(tmp_path, *GOOD, GOOD[0], "ES;3;01/03/2014;Spain;x;;;", "JP;4;soon;Japan;x;;;")
    submissions, it = run(path, mapping(tmp_path))
    report = it.report
    assert [s.national_ref for s in submissions] == ["1", "2"]
    assert (report.accepted, report.duplicates, report.elsewhere, report.rejected) == (2, 1, 1, 1)
    assert report.first_duplicates == [(4, 2)]
    (reason,) = report.by_reason()
    assert (reason.pointer, reason.code, reason.count) == ("/event/date", "date", 1)
    assert reason.examples[0][:2] == (6, "soon")


def test_without_an_administration_all_rows_are_taken(tmp_path: Path) -> None:
    path = table(tmp_path, GOOD[0], "ES;1;01/03/2014;Spain;x;;;", ";9;01/03/2014;Spain;x;;;")
    submissions, it = run(path, mapping(tmp_path), None)
    assert [(s.administration, s.national_ref) for s in submissions] == [("JP", "1"), ("ES", "1")]
    assert it.report.rejected == 1


def test_mended_rejects_complete_the_set(tmp_path: Path) -> None:
    bad = [
        "JP;3;31/02/2014;Japan;a;;;",
        'JP;4;01/03/2014;Atlantis;"b;""x""\nb";;;',
        "JP;1;01/03/2014;Japan;not shoes;;;",
        "JP;6;01/03/2014;Japan",
    ]
    using = mapping(tmp_path)
    first, _ = run(table(tmp_path, GOOD[0], *bad, GOOD[1]), using)
    rejects = tmp_path / "f.rejects"
    # Unmended they are rejected again, row for row, and nothing of them is lost or doubled.
    again, it = run(rejects, using)
    assert it.report.rejected + it.report.accepted == 4
    text = rejects.with_suffix(".rejects").read_text()
    for original in bad:
        assert original in text or original.split(";")[1] == "1"
    mended = text.replace("31/02", "28/02").replace("Atlantis", "Spain")
    mended = mended.replace("JP;6;01/03/2014;Japan", "JP;6;01/03/2014;Japan;c;;;")
    (tmp_path / "mended.csv").write_text(mended)
    second, it = run(tmp_path / "mended.csv", using)
    assert it.report.rejected == 0
    assert {s.national_ref for s in (*first, *again, *second)} == {"1", "2", "3", "4", "6"}
    assert second[1].alert is not None
    assert 'b;"x"\\nb' in str(second[1].alert)


def test_original_bytes_of_rejects_are_exact(tmp_path: Path) -> None:
    line = "JP;3;01/03/2014;Japan;Bogotá;;;\r\n".encode("latin-1")
    (tmp_path / "f.csv").write_bytes(HEADER.encode() + line)
    run(tmp_path / "f.csv", mapping(tmp_path))
    assert (tmp_path / "f.rejects").read_bytes().endswith(b";" + line)


def test_one_reference_for_two_things_is_refused(tmp_path: Path) -> None:
    _, it = run(table(tmp_path, GOOD[0], "JP;1;01/03/2014;Japan;hats;;;"), mapping(tmp_path))
    (reason,) = it.report.by_reason()
    assert "Row 2 has the same reference" in reason.examples[0][2]


@pytest.mark.parametrize(
    ("ending", "words"),
    [
        ("2;CORRECTION;date was wrong", None),
        ("3;WITHDRAWAL;all wrong", None),
        ("2;CORRECTION;", "needs a version from 2 and a reason"),
        (";CORRECTION;why", "needs a version from 2 and a reason"),
        ("2;NEW;", "What is new has version 1"),
        ("2;CORECTION;why", "no such change"),
        ("two;CORRECTION;why", "is no number"),
        ("99999999999;CORRECTION;why", "needs a version from 2"),
    ],
)
def test_corrections_and_withdrawals_by_file(
    tmp_path: Path, ending: str, words: str | None
) -> None:
    submissions, it = run(
        table(tmp_path, f"JP;1;01/03/2014;Japan;shoes;{ending}"), mapping(tmp_path)
    )
    if words is None:
        (said,) = submissions
        assert (said.version, said.change, said.reason) == (
            int(ending[0]), *ending.split(";")[1:],
        )  # fmt: skip
        assert (said.alert is None) == (said.change == "WITHDRAWAL")
    else:
        assert words in str(it.report.by_reason()[0].examples)


def test_excel_rejects_are_mended_as_csv(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in [HEADER.strip().split(";"), GOOD[0].split(";"), ["JP", "2", "never", "Spain", "x"]]:
        sheet.append(row)
    book.save(tmp_path / "f.xlsx")
    using = mapping(tmp_path)
    first, _ = run(tmp_path / "f.xlsx", using)
    mended = (tmp_path / "f.rejects").read_text(encoding="utf-8-sig").replace("never", "01/03/2014")
    (tmp_path / "g.csv").write_text(mended)
    second, it = run(tmp_path / "g.csv", using)
    assert [s.national_ref for s in (*first, *second)] == ["1", "2"]
    assert it.report.rejected == 0


def test_json_lines_of_alerts(tmp_path: Path) -> None:
    path = json_lines(
        tmp_path,
        ALERT,
        {"alert": {**ALERT, "national_ref": "X2"}, "handling": {"tlp": "RED"}, "regions": ["cis"]},
        {"alert": ALERT, "version": 2, "change": "CORRECTION", "reason": "weight"},
        {
            "alert": {"kind": "seizure", "national_ref": "X1"},
            "version": 3, "change": "WITHDRAWAL", "reason": "wrong goods",
        },
        ALERT,
    )  # fmt: skip
    submissions, it = run(path, mapping(tmp_path, HANDLING))
    assert it.report.duplicates == 1
    assert not it.report.reasons
    assert [s.change for s in submissions] == ["NEW", "NEW", "CORRECTION", "WITHDRAWAL"]
    assert [s.handling.tlp for s in submissions] == ["AMBER", "RED", "AMBER", "AMBER"]
    assert submissions[1].regions == ("cis",)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ({**ALERT, "gods": []}, "There is no field"),
        ({"alert": ALERT, "versoin": 2}, "a name that is not known"),
        ({"alert": ALERT, "version": "two"}, "not an alert"),
        ({"alert": ALERT, "regions": ["mars"]}, "no such region"),
        ({"alert": ALERT, "handling": {"information_grade": 7}}, "1 to 4"),
        ({"alert": ALERT, "handling": {"codes": ["H3"]}}, "H3 needs its conditions"),
        ({"alert": ALERT, "administration": "ES"}, None),
        ({**ALERT, "nominal": {"persons": [{"name": "N"}]}}, "Names are only sent sealed"),
        ("{", "not JSON"),
        ({}, "not an alert"),
    ],
)
def test_wrong_lines_are_rejected_with_the_line(
    tmp_path: Path, line: Any, words: str | None
) -> None:
    path = json_lines(tmp_path, line, {**ALERT, "national_ref": "good"})
    submissions, it = run(path, mapping(tmp_path, HANDLING))
    assert [s.national_ref for s in submissions] == ["good"]
    if words is None:
        assert it.report.elsewhere == 1
        return
    text = (tmp_path / "f.rejects").read_text()
    assert words in text
    assert text.splitlines()[0].startswith("# row 1: ")
    assert text.splitlines()[1] == path.read_text().splitlines()[0]
    _, it = run(tmp_path / "f.rejects", mapping(tmp_path, HANDLING))
    assert it.report.rejected == 1


def test_a_column_that_is_missing_is_named_with_what_is_near(tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    path.write_text(HEADER.replace("PLACE", "PLACES") + GOOD[0])
    with pytest.raises(FileError, match="no column 'PLACE'") as raised:
        dry_run(path, mapping(tmp_path), "JP")
    assert "Did you mean 'PLACES'?" in raised.value.advice


def test_a_table_needs_fields(tmp_path: Path) -> None:
    with pytest.raises(MappingError, match="needs a mapping with `fields`"):
        dry_run(
            table(tmp_path, *GOOD), mapping(tmp_path, HANDLING + 'file: {delimiter: ";"}\n'), "JP"
        )


def test_the_wrong_file_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importer, "GIVE_UP", 10)
    path = table(tmp_path, *(f"JP;{n};never;Japan;x;;;" for n in range(500)))
    with pytest.raises(FileError, match="None of the first 10 rows"):
        run(path, mapping(tmp_path))
    assert (tmp_path / "f.rejects").read_text().count("never") == 20


def test_a_dry_run_counts_and_names_columns_not_read(tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    path.write_text(HEADER.replace("\n", ";NOTE\n") + GOOD[0] + ";n\n")
    calls: list[int] = []
    report = dry_run(path, mapping(tmp_path), "JP", lambda at, size, _: calls.append(size - at))
    assert report.accepted == report.rows == 1
    assert report.unread == ("NOTE",)
    assert calls[-1] == 0
    assert {c.target for c in report.coverage} >= {"/event/date", "administration"}


def test_what_is_refused_later_goes_to_the_rejects(tmp_path: Path) -> None:
    path = table(tmp_path, *GOOD)
    with Run(path, mapping(tmp_path), "JP", rejects=tmp_path / "r.csv") as it:
        first, _ = it
        it.set_aside(first, AlertError("Said before.", advice="Correct it."))
    assert (it.report.accepted, it.report.rejected, it.report.rows) == (1, 1, 2)
    kept = (tmp_path / "r.csv").read_text()
    assert "Said before." in kept
    assert GOOD[0] in kept


def test_rejects_that_cannot_be_written_are_a_sentence(tmp_path: Path) -> None:
    path = table(tmp_path, "JP;3;never;Japan;a;;;")
    with (
        pytest.raises(StoreError, match=r"rejects file .* cannot be written"),
        Run(path, mapping(tmp_path), "JP", rejects=tmp_path / "none" / "r.csv") as it,
    ):
        list(it)


def rejected(path: Path, using: Mapping) -> list[bytes]:
    """The original bytes of each row in a rejects file."""
    if not path.exists():
        return []
    with open_source(path, using.dialect) as source:
        return [row.original for row in source.rows]


CELL = st.sampled_from(
    ["JP", "ES", "1", "2", "01/03/2014", "Japan", "x", "", '"', '"a', "b\n", "é"]
)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.lists(CELL, min_size=7, max_size=9), max_size=12), st.booleans())
def test_no_row_is_lost_and_rejects_reject_the_same(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]], latin: bool
) -> None:
    folder = tmp_path_factory.mktemp("rows")
    path = folder / "f.csv"
    text = HEADER + "".join(";".join(row) + "\n" for row in rows)
    path.write_bytes(text.encode("latin-1" if latin else "utf-8"))
    using = mapping(folder)
    submissions, it = run(path, using)
    report = it.report
    assert len(submissions) == report.accepted
    if report.rejected:
        before = rejected(folder / "f.rejects", using)
        assert sum(data.count(b"\n") for data in before) + len(submissions) <= text.count("\n")
        run(folder / "f.rejects", using)
        assert rejected(folder / "f.rejects", using) == before


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300), st.sampled_from([b"", HEADER.encode(), b'{"alert":', b'{"kind":']))
def test_any_bytes_are_results_or_a_sentence(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, start: bytes
) -> None:
    folder = tmp_path_factory.mktemp("any")
    path = folder / "f"
    path.write_bytes(start + data)
    with contextlib.suppress(EntenteError):
        _, it = run(path, mapping(folder))
        assert it.report.rows <= data.count(b"\n") + 2


def test_rejects_that_were_mended_are_not_lost_when_the_original_comes_again(
    tmp_path: Path,
) -> None:
    path = table(tmp_path, "JP;3;never;Japan;a;;;")
    target = tmp_path / "r.csv"

    def again() -> Path | None:
        with Run(path, mapping(tmp_path), "JP", rejects=target) as it:
            list(it)
        return it.kept

    assert again() is None
    assert again() is None  # the same rejects: nothing to keep
    mended = target.read_bytes().replace(b"never", b"01/03/2014")
    target.write_bytes(mended)
    assert again() == tmp_path / "r.csv.1"
    assert (tmp_path / "r.csv.1").read_bytes() == mended
    target.write_bytes(mended + b"\n")
    assert again() == tmp_path / "r.csv.2"


def test_one_line_says_what_a_file_of_it_says(tmp_path: Path) -> None:
    handling = {"tlp": "AMBER", "purpose": "p", "source_grade": "A", "information_grade": 2}
    withdrawal = {
        "alert": {"kind": "seizure", "national_ref": "X1"}, "handling": handling,
        "version": 2, "change": "WITHDRAWAL", "reason": "wrong",
    }  # fmt: skip
    for said in ({"alert": ALERT, "handling": handling}, withdrawal):
        of_file, _ = run(json_lines(tmp_path, said), Mapping())
        assert [importer.submission(json.dumps(said).encode(), "JP", NOW)] == of_file
    for wrong in (b"", b"[]", json.dumps({"alert": ALERT}).encode(), b'{"handling": {}}'):
        with pytest.raises(AlertRefused):
            importer.submission(wrong, "JP", NOW)
    elsewhere = {"alert": ALERT, "handling": handling, "administration": "ES"}
    with pytest.raises(UsageError, match="not of JP"):
        importer.submission(json.dumps(elsewhere).encode(), "JP", NOW)
