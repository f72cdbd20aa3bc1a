"""Files as they come: what cannot be a table is a sentence, what can is read row by row."""

import bz2
import contextlib
import gzip
import lzma
import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from entente.errors import FileError
from entente.publish import inflate
from entente.publish.reader import open_source
from entente.publish.row import MAX_LINE, Dialect, Row

SEMICOLON = Dialect(delimiter=";")


def read(path: Path, dialect: Dialect = SEMICOLON) -> list[Row]:
    with open_source(path, dialect) as source:
        return list(source.rows)


def put(folder: Path, data: bytes, name: str = "file.csv") -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def cells(rows: list[Row]) -> list[dict[str, object]]:
    return [dict(row.cells) for row in rows]


def test_rows_keep_number_cells_and_exact_bytes(tmp_path: Path) -> None:
    data = b'\xef\xbb\xbfa;b\r\n1;x\r\n\r\n2;"y\ny;""q"""\r\n 3 ;z'
    rows = read(put(tmp_path, data))
    assert [row.number for row in rows] == [2, 4, 6]
    assert cells(rows) == [
        {"a": "1", "b": "x"},
        {"a": "2", "b": 'y\ny;"q"'},
        {"a": " 3 ", "b": "z"},
    ]
    assert [row.original for row in rows] == [b"1;x\r\n", b'2;"y\ny;""q"""\r\n', b" 3 ;z"]


@pytest.mark.parametrize(
    "pack", [gzip.compress, bz2.compress, lzma.compress], ids=["gzip", "bzip2", "xz"]
)
def test_packed_files_read_the_same_whatever_their_name(
    tmp_path: Path, pack: Callable[[bytes], bytes]
) -> None:
    lines = b"a;b\n" + b"".join(b"%d;x\n" % n for n in range(30_000))
    path = put(tmp_path, pack(lines[:90_000]) + pack(lines[90_000:]))
    rows = read(path)
    assert len(rows) == 30_000
    assert rows[-1].cells == {"a": "29999", "b": "x"}


def test_a_quote_never_closed_spoils_its_own_row_only(tmp_path: Path) -> None:
    body = b'1;"open\n' + b"".join(b"%d;x\n" % n for n in range(2, 300))
    rows = read(put(tmp_path, b"a;b\n" + body))
    assert [row.number for row in rows] == list(range(2, 301))
    assert rows[0].fault is not None
    assert "not closed" in rows[0].fault.reason
    assert all(row.fault is None for row in rows[1:])


@pytest.mark.parametrize(
    ("line", "encoding", "reason"),
    [
        (b"1;Bogot\xe1\n", "utf-8", "Byte 8 of the row is not utf-8."),
        ("1;Bogotá\n".encode(), "cp1252", "The row is UTF-8, not cp1252."),
        (b"1;a\0b\n", "utf-8", "The row contains NUL bytes."),
        (b"1;2;3\n", "utf-8", "The row has 3 cells, the header has 2."),
        (b"1\n", "utf-8", "The row has 1 cells, the header has 2."),
        (b'1;"' + b"x" * 140_000 + b'"\n', "utf-8", "The row is not CSV (field larger than"),
        (b"1;a\rb\n", "utf-8", "The row is not CSV (new-line character"),
    ],
)
def test_a_broken_row_is_said_and_the_next_is_read(
    tmp_path: Path, line: bytes, encoding: str, reason: str
) -> None:
    rows = read(put(tmp_path, b"a;b\n" + line + b"7;8\n"), Dialect(";", encoding=encoding))
    assert len(rows) == 2
    assert rows[0].fault is not None
    assert rows[0].fault.reason.startswith(reason)
    assert rows[0].fault.repair
    assert rows[0].original == line
    assert rows[1].cells == {"a": "7", "b": "8"}


def test_the_right_encoding_is_suggested(tmp_path: Path) -> None:
    (row,) = read(put(tmp_path, b"a;b\n1;Bogot\xe1\n"))
    assert row.fault is not None
    assert "Bogotá" in row.fault.repair
    (row,) = read(put(tmp_path, b"a;b\n1;Bogot\xe1\n"), Dialect(";", encoding="cp1252"))
    assert row.cells == {"a": "1", "b": "Bogotá"}


WRONG: list[tuple[str, bytes, str]] = [
    ("empty", b"", "is empty"),
    ("blank", b"\n\n \n", "holds no line"),
    ("binary header", b"\x89\xfa\x1b\xff\n", "not utf-8"),
    ("one long line", b"x" * (MAX_LINE + 5), "longer than 1,048,576 bytes"),
    ("long line inside", b"a;b\n1;" + b"x" * MAX_LINE, "Line 2 is longer"),
    ("zeros", bytes(MAX_LINE + 5), "longer than"),
    ("utf-16", "a;b\n".encode("utf-16"), "UTF-16"),
    ("xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old or password-protected Excel"),
    ("pdf", b"%PDF-1.7\n", "PDF"),
    ("html", b"<html>", "XML or HTML"),
    ("json array", b'[{"a": 1}]', "JSON array"),
    ("twice", b"a;b;a\n1;2;3\n", "column 'a' more than once"),
    ("delimiter", b"a,b,c\n1,2,3\n", "delimiter is not ';'"),
    ("header not utf-8", b"a;\xe9\n", "not utf-8"),
    ("cut off", gzip.compress(b"a;b\n" + os.urandom(9_999).hex().encode())[:-400], "is cut off"),
    ("damaged", gzip.compress(b"a;b\n1;2\n" * 99)[:10] + b"\x07" + b"\xff" * 40, "is damaged"),
    ("not zip", b"PK\x03\x04 but no archive", "not an Excel workbook"),
    ("zip of else", b"", "not an Excel workbook"),
    ("packed xlsx", gzip.compress(b"PK\x03\x04 rest of it"), "packed Excel file"),
]


@pytest.mark.parametrize(("data", "words"), [case[1:] for case in WRONG], ids=[c[0] for c in WRONG])
def test_a_file_that_is_no_table_is_a_sentence(tmp_path: Path, data: bytes, words: str) -> None:
    path = put(tmp_path, data)
    if words == "not an Excel workbook" and not data:
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("hello.txt", "world")
    with pytest.raises(FileError, match=words) as raised:
        read(path)
    assert str(raised.value).endswith(".")
    assert raised.value.advice.endswith(".")


def test_a_directory_a_missing_file_a_pipe_and_a_bad_name(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path, words in [
        (tmp_path, "is a directory"),
        (tmp_path / "none.csv", "There is no file"),
        (tmp_path / "pipe", "not a regular file"),
        (Path("/dev/zero"), "not a regular file"),
        (tmp_path / ("x" * 300), "cannot be opened"),
        (Path("a\0b"), "cannot be opened"),
    ]:
        with pytest.raises(FileError, match=words):
            read(path)


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_a_bomb_is_noticed_before_it_has_grown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pack: Callable[[bytes], bytes]
) -> None:
    monkeypatch.setattr(inflate, "FREE", 1_000)
    path = put(tmp_path, pack(b"a;b\n" + b"\n" * 4_000_000))
    with pytest.raises(FileError, match="grows more than 200 times"):
        read(path)


def workbook(path: Path, rows: list[list[object]], title: str = "S") -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = title
    for row in rows:
        sheet.append(row)
    book.save(path)
    return path


def test_excel_gives_the_values_that_stand_there(tmp_path: Path) -> None:
    import datetime as dt

    path = workbook(
        tmp_path / "f.xlsx",
        [
            ["ref", "date", "amount", "yes", None],
            ["A-1", dt.datetime(2014, 3, 1), 12.5, True],
            [None, None, None, None],
            ["+1 '@x", dt.datetime(2014, 3, 1, 9, 30), 1e-7, None],
            ["A-3", None, 12, "x"],
        ],
    )
    rows = read(path, Dialect())
    assert [row.number for row in rows] == [2, 4, 5]
    assert cells(rows) == [
        {"ref": "A-1", "date": "2014-03-01", "amount": "12.5", "yes": "true"},
        {"ref": "+1 '@x", "date": "2014-03-01T09:30:00", "amount": "0.0000001", "yes": ""},
        {"ref": "A-3", "date": "", "amount": "12", "yes": "x"},
    ]
    assert rows[0].original == b"A-1,2014-03-01,12.5,true\r\n"


def test_a_formula_is_refused_and_the_row_kept(tmp_path: Path) -> None:
    path = workbook(tmp_path / "f.xlsx", [["a", "b"], ["x", '=HYPERLINK("http://e")'], ["y", "z"]])
    first, second = read(path, Dialect())
    assert first.fault is not None
    assert first.fault.reason == "Cell B2 is a formula."
    assert b"=HYPERLINK" in first.original
    assert second.cells == {"a": "y", "b": "z"}


def test_cells_beyond_the_header_are_not_lost(tmp_path: Path) -> None:
    (row,) = read(workbook(tmp_path / "f.xlsx", [["a"], ["x", "lost?"]]), Dialect())
    assert row.fault is not None
    assert b"lost?" in row.original


def test_a_sheet_is_found_by_name(tmp_path: Path) -> None:
    path = workbook(tmp_path / "f.xlsx", [["a", "b"], [1, 2]], title="2014")
    assert cells(read(path, Dialect(sheet="2014"))) == [{"a": "1", "b": "2"}]
    with pytest.raises(FileError, match="no sheet 'Seizures'") as raised:
        read(path, Dialect(sheet="Seizures"))
    assert "2014" in raised.value.advice


def test_a_zip_bomb_is_refused_by_what_it_would_unpack_to(tmp_path: Path) -> None:
    path = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", bytes(50_000_000))
    with pytest.raises(FileError, match="too much for a table"):
        read(path)


def test_json_lines_with_comments_and_broken_lines(tmp_path: Path) -> None:
    data = b'\n# row 3: why\n{"a": 1.5}\n[1]\n{"a": \n{"a":"' + b"[" * 9_000 + b'"}\n'
    deep = b'{"a":' + b"[" * 100_000 + b"\n"
    rows = read(put(tmp_path, data + deep))
    assert [row.number for row in rows] == [3, 4, 5, 6, 7]
    assert rows[0].cells == {"a": 1.5}
    assert [bool(row.fault) for row in rows] == [False, True, True, False, True]


@settings(max_examples=150, deadline=None)
@example(b"}", b"{")
@given(
    st.binary(max_size=400), st.sampled_from([b"", b"a;b\n", b"PK\x03\x04", b"\x1f\x8b\x08", b"{"])
)
def test_any_bytes_are_rows_or_a_sentence(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, start: bytes
) -> None:
    path = put(tmp_path_factory.mktemp("any"), start + data)
    with contextlib.suppress(FileError):
        for row in read(path):
            assert row.original
            assert row.fault or row.cells or row.original.strip() == b"{}"


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.text(max_size=6), min_size=2, max_size=2), min_size=1, max_size=8))
def test_what_csv_writes_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, table: list[list[str]]
) -> None:
    import csv

    path = tmp_path_factory.mktemp("csv") / "f.csv"
    clean = [[c.replace("\0", "").replace("\r", "") for c in row] for row in table]
    with path.open("w", newline="", encoding="utf-8", errors="replace") as file:
        csv.writer(file, delimiter=";", quoting=csv.QUOTE_ALL).writerows([["a", "b"], *clean])
    expected = [{"a": a, "b": b} for a, b in clean]
    encodable = [
        {k: v.encode("utf-8", "replace").decode() for k, v in row.items()} for row in expected
    ]
    assert cells(read(path)) == encodable
