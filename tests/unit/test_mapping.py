"""The mapping language: what it says to a row, and what it says to whoever mistypes it."""

from pathlib import Path
from typing import Any

import pytest

from entente.errors import MappingError
from entente.publish.mapper import Mapped, Mapper
from entente.publish.mapping import Mapping, load_mapping

HANDLING = "handling: {tlp: AMBER, purpose: p, source_grade: A, information_grade: 2}\n"
START = HANDLING + "kind: seizure\nreference: {template: '{REF}'}\n"


def load(folder: Path, text: str) -> Mapping:
    path = folder / "m.yaml"
    path.write_text(text, encoding="utf-8")
    return load_mapping(path)


def mapped(folder: Path, fields: str, more: str = "", **cells: str) -> Mapped:
    indented = "\n".join("  " + line for line in fields.splitlines())
    mapper = Mapper(load(folder, f"{START}fields:\n{indented}\n{more}"))
    return mapper.alert({"REF": "R1", **cells})


def alert(folder: Path, fields: str, more: str = "", **cells: str) -> dict[str, Any]:
    found = mapped(folder, fields, more, **cells)
    assert not found.problems
    return {k: v for k, v in found.alert.items() if k not in ("kind", "national_ref")}


def test_norway_is_not_false(tmp_path: Path) -> None:
    fields = "/route/origin/country: {column: C, table: {Norway: NO, Yemen: YE}}"
    assert alert(tmp_path, fields, C="Norway") == {"route": {"origin": {"country": "NO"}}}


@pytest.mark.parametrize(
    ("rule", "text", "expected"),
    [
        ('{column: D, date: "%d/%m/%Y"}', "01/03/2014", "2014-03-01"),
        ('{column: D, date: ["%d.%m.%y", "%m/%Y", "%Y"]}', "03/2014", "2014-03"),
        ('{column: D, date: ["%d.%m.%y", "%m/%Y", "%Y"]}', "2014", "2014"),
        ('{column: D, date: ["%d.%m.%y"]}', "1.3.14", "2014-03-01"),
        ('{column: D, date: "%d/%m/%Y", precision: month}', "01/03/2014", "2014-03"),
        ('{column: D, date: "%d/%m/%Y"}', "2014-03-01T10:00:00", "2014-03-01"),
    ],
)
def test_dates(tmp_path: Path, rule: str, text: str, expected: str) -> None:
    assert alert(tmp_path, f"/event/date: {rule}", D=text) == {"event": {"date": expected}}


@pytest.mark.parametrize(
    ("options", "amount", "unit", "expected"),
    [
        ("", "12.50", "kg", "12.5"),
        ("", "1e-07", "kg", "0.0000001"),
        ("", "12", "t", "12000"),
        ('decimal: ",", thousands: ".", ', "1.234,5", "kg", "1234.5"),
        ("places: 3, ", "0.20600000000000002", "kg", "0.206"),
        ("", "0.1", "t", "100"),
    ],
)
def test_numbers_and_units(
    tmp_path: Path, options: str, amount: str, unit: str, expected: str
) -> None:
    (tmp_path / "u.csv").write_text("unit,code,factor\nkg,KGM,1\nt,KGM,1000\n")
    fields = (
        f"/goods/0/quantity: {{column: A, {options}times: {{column: U, table: u.factor}}}}\n"
        "/goods/0/unit: {column: U, table: u.code}"
    )
    found = alert(tmp_path, fields, "tables: {u: u.csv}\n", A=amount, U=unit)
    assert found == {"goods": [{"quantity": expected, "unit": "KGM"}]}


def test_unknown_ignored_empty_and_default_differ(tmp_path: Path) -> None:
    fields = """\
/route/origin/country:
  {column: C, unknown: [Unknown, "?"], unknown_as: /route/origin, ignore: Other}
/route/departure/country: {column: D, default: FR}"""
    assert alert(tmp_path, fields, C="?", D="ES") == {
        "unknown": ["/route/origin"],
        "route": {"departure": {"country": "ES"}},
    }
    for text in ("Other", "", " "):
        assert alert(tmp_path, fields, C=text) == {"route": {"departure": {"country": "FR"}}}


def test_conditions_and_alternatives(tmp_path: Path) -> None:
    fields = """\
/event/direction:
  - {value: transit, when: {R: [T, Z]}}
  - {value: import, when: {IN: "*"}, unless: {R: X}}
  - {value: export, when: {IN: ""}}"""
    for cells, expected in [
        ({"R": "Z"}, "transit"),
        ({"R": "A", "IN": "y"}, "import"),
        ({"R": "X"}, "export"),
    ]:
        assert alert(tmp_path, fields, **cells) == {"event": {"direction": expected}}
    assert alert(tmp_path, fields, R="X", IN="y") == {}


def test_tables_find_other_cases_but_never_guess(tmp_path: Path) -> None:
    fields = "/goods/0/unit: {column: U, table: {mg: MGM, MG: TNE, Gram: GRM}}"
    assert alert(tmp_path, fields, U="mg")["goods"] == [{"unit": "MGM"}]
    assert alert(tmp_path, fields, U="MG")["goods"] == [{"unit": "TNE"}]
    assert alert(tmp_path, fields, U=" GRAM ")["goods"] == [{"unit": "GRM"}]
    (problem,) = mapped(tmp_path, fields, U="Mg").problems
    assert (problem.pointer, problem.value, problem.code) == ("/goods/0/unit", "Mg", "not_listed")


@pytest.mark.parametrize(("otherwise", "unit"), [("skip", None), ("keep", "stone")])
def test_a_word_not_listed_may_be_skipped_or_kept(
    tmp_path: Path, otherwise: str, unit: str | None
) -> None:
    fields = f"/goods/0/unit: {{column: U, table: {{kg: KGM}}, otherwise: {otherwise}}}"
    found = alert(tmp_path, fields, U="stone")
    assert found == ({"goods": [{"unit": unit}]} if unit else {})


def test_constants_do_not_make_a_part_that_needs_more(tmp_path: Path) -> None:
    fields = """\
/goods/0/description/text: {column: T}
/goods/0/description/language: en
/goods/0/group: drugs
/transport/mode: 5
/transport/containers/0/number: {column: N}
/transport/containers/0/seals/0: none"""
    assert alert(tmp_path, fields) == {"goods": [{"group": "drugs"}], "transport": {"mode": "5"}}
    full = alert(tmp_path, fields, T="x", N="y")
    assert full["goods"][0]["description"] == {"text": "x", "language": "en"}
    assert full["transport"]["containers"] == [{"number": "y", "seals": ["none"]}]


def test_list_items_close_ranks(tmp_path: Path) -> None:
    fields = "\n".join(f"/route/transit/{i}/country: {{column: T{i}}}" for i in (10, 2, 0))
    found = alert(tmp_path, fields, T0="AA", T10="CC")
    assert found["route"]["transit"] == [{"country": "AA"}, {"country": "CC"}]


def test_references(tmp_path: Path) -> None:
    base = HANDLING + "kind: seizure\nfields: {/stage: seized}\n"
    template = Mapper(load(tmp_path, base + "reference: {template: 'X/{A}-{B}'}\n"))
    assert template.alert({"A": "1", "B": " 2 "}).alert["national_ref"] == "X/1-2"
    assert template.alert({"A": "1", "B": " "}).problems[0].pointer == "/national_ref"
    hashed = Mapper(load(tmp_path, base + "reference: {hash: [A, B], prefix: X-}\n"))
    refs = {
        str(hashed.alert({"A": a, "B": b}).alert["national_ref"])
        for a, b in [("1", "2"), ("12", ""), ("", "12"), ("1", "2 "), ("1", "2")]
    }
    assert len(refs) == 4
    assert all(ref.startswith("X-") for ref in refs)
    # Pinned: if it changed, publishing a file again would publish everything again.
    assert hashed.alert({"A": "1", "B": "2"}).alert["national_ref"] == "X-cc3f2a1ffd63c4db19e0114b"


def test_coverage_counts_what_could_not_be_mapped(tmp_path: Path) -> None:
    fields = "  /goods/0/unit: {column: U, table: {kg: KGM}, otherwise: skip, unknown: '?'}\n"
    mapper = Mapper(load(tmp_path, f"{START}fields:\n{fields}"))
    for unit in ("kg", "stone", "stone", "", "?"):
        mapper.alert({"REF": "1", "U": unit})
    (coverage,) = mapper.coverage
    assert coverage.counts == {"given": 1, "unmapped": 2, "empty": 1, "unknown": 1}
    assert coverage.unmapped == {"stone": 2}


WRONG = [
    ("", "is empty", ""),
    ("a: [1", "not YAML", ""),
    ("- a", "line 1: the mapping must be a mapping", ""),
    ("fields: {}\nfeilds: {}\n", "line 2: the mapping knows no 'feilds'", "'fields'"),
    ("name: a\nname: b\n", "line 2: 'name' is given twice", ""),
    ("name: &a x\nsource: *a\n", "anchors", ""),
    ("name: !!python/name:os.system x\n", "tags", ""),
    (HANDLING + "fields: {/stage: seized}\n", "lacks 'kind'", ""),
    ("kind: siezure\n", "no kind 'siezure'", "'seizure'"),
    ("handling: {tlp: AMBER, purpose: p, source_grade: A}\n", "lacks 'information_grade'", ""),
    (
        "handling: {tlp: ORANGE, purpose: p, source_grade: A, information_grade: 1}\n",
        "'ORANGE'",
        "",
    ),
    ("regions: [asia-pacfic]\n", "'asia-pacfic' is not a region", "'asia-pacific'"),
    ("file: {delimiter: ';;'}\n", "one ASCII character", ""),
    ("file: {encoding: klingon}\n", "'klingon' is not known", "utf-8"),
    ("file: {encoding: utf-16}\n", "'utf-16' is not known", "utf-8"),
    ("file: {sep: ','}\n", "knows no 'sep'", ""),
    ("tables: {t: none.csv}\n", "cannot be read", ""),
    ("tables: {t: ../../etc/passwd}\n", "must lie in the folder", ""),
    (START + "fields: {/goods/0/quantiy: {column: A}}\n", "no field 'quantiy'", "'quantity'"),
    (START + "fields: {/goods/quantity: {column: A}}\n", "needs an index", ""),
    (START + "fields: {/goods/0: {column: A}}\n", "is a part", ""),
    (START + "fields: {/modus: {column: A}}\n", "is a list", ""),
    (START + "fields: {/stage/x: {column: A}}\n", "beyond a single value", ""),
    (START + "fields: {stage: {column: A}}\n", "is not a JSON Pointer", ""),
    (START + "fields: {/national_ref: {column: A}}\n", "see reference", ""),
    (START + "fields: {/stage: siezed}\n", "does not take 'siezed'", "'seized'"),
    (START + "fields: {/stage: {column: A, table: {x: siezed}}}\n", "does not take", "'seized'"),
    (START + "fields: {/stage: {colum: A}}\n", "knows no 'colum'", "'column'"),
    (START + "fields: {/stage: {table: t}}\n", "needs one of column", ""),
    (START + "fields: {/stage: {column: A, table: t}}\n", "no table 't'", ""),
    (START + "fields: {/stage: {column: A, otherwise: drop}}\n", "otherwise is one of", ""),
    (START + "fields: {/event/date: {column: A, times: {column: B}}}\n", "not a decimal", ""),
    (START + "fields: {/transport/express: maybe}\n", "takes true or false", ""),
    (
        HANDLING + "kind: seizure\nfields: {/stage: seized}\nreference: {}\n",
        "template or a hash",
        "",
    ),
    (HANDLING + "kind: seizure\nfields: {}\nreference: {template: X}\n", "names no column", ""),
    ("[" * 3_000 + "]" * 3_000, "nested deeper", ""),
]


@pytest.mark.parametrize(("text", "words", "advice"), WRONG)
def test_a_wrong_mapping_is_a_sentence(tmp_path: Path, text: str, words: str, advice: str) -> None:
    with pytest.raises(MappingError) as raised:
        load(tmp_path, text)
    assert words in str(raised.value)
    assert advice in raised.value.advice


def test_a_mapping_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(MappingError, match="cannot be read"):
        load_mapping(tmp_path)
    (tmp_path / "m.yaml").write_bytes(b"name: \xff\n")
    with pytest.raises(MappingError, match="not UTF-8 at byte 7"):
        load_mapping(tmp_path / "m.yaml")
