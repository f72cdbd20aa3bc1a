"""The code lists: complete enough, quick to look up, kind to spellings."""

import subprocess
import sys

import pytest

from entente.alert.codes import lists, locode
from entente.alert.codes.table import Table, fold

TABLES = [
    (lists.countries, 250, "XK", "Kosovo"),
    (lists.currencies, 178, "EUR", "Euro"),
    (lists.languages, 184, "fr", "French"),
    (lists.categories, 47, "12e", "Labels, tags, stickers"),
    (lists.transport_modes, 9, "5", "Mail"),
    (lists.units, 75, "NPR", "number of pairs"),
    (lists.packaging, 169, "CT", "Carton"),
    (lists.nice_classes, 45, "25", "Clothing, footwear, headgear"),
    (lists.harmonized_system, 97 - 1 + 1228, "6404", "Footwear"),
]


@pytest.mark.parametrize(("table", "size", "code", "name"), TABLES)
def test_each_list_is_whole_and_names_its_source(table, size, code, name):
    found: Table = table()
    assert found is table()
    assert len(found) == size
    assert code in found
    assert found.name(code) == name
    assert found.describe(code) == f"`{code}` ({name})"
    assert len(found.source) > 10
    assert all(found.find(each) == each for each in found.codes)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Spain", "ES"), ("ESPAÑA", None), ("es", "ES"),
        ("Venezuela, Bolivarian Republic of", "VE"),
        ("Turkey", "TR"), ("Türkiye", "TR"), ("Macau, SAR of China", "MO"), ("Swaziland", "SZ"),
        ("Kosovo under UNSCR 1244", "XK"), ("UK", "GB"), ("Cote d'Ivoire", "CI"),
        ("Côte d\u2019Ivoire", "CI"), ("South Korea", "KR"),
        ("Korea, Democratic People's Republic of", "KP"),
        ("Niger", "NE"), ("Nigeria", "NG"), ("Unknown", None), ("", None), ("\x00", None),
    ],
)  # fmt: skip
def test_countries_are_found_as_people_write_them(text, code):
    assert lists.countries().find(text) == code


@pytest.mark.parametrize(
    ("table", "text", "code"),
    [
        (lists.countries, "Spian", "ES"),
        (lists.countries, "Netherland", "NL"),
        (lists.countries, "QQ", None),
        (lists.countries, "x" * 1_000_000, None),
        (lists.units, "kilos", "KGM"),
        (lists.units, "Pairs", "NPR"),
        (lists.categories, "footware", "4"),
        (lists.currencies, "Euros", "EUR"),
        (lists.packaging, "cardboard box", "4G"),
    ],
)
def test_the_nearest_code_is_guessed_where_something_comes_near(table, text, code):
    assert table().nearest(text) == code


def test_hs_2022_has_what_is_new_in_it_and_not_what_it_dropped():
    table = lists.harmonized_system()
    assert {"0309", "2404", "3827", "8485", "8549", "8524", "8806", "8807"} <= table.codes
    assert not {"8803", "8107", "0600", "7701", "77", "98", "99"} & table.codes


def test_places_are_found_by_code_and_name():
    assert len(locode.codes()) > 115_000
    assert {"CNCAN", "JPTYO", "HKHKG", "XZAAD"} <= locode.codes()
    assert all(len(code) == 5 and code.isascii() for code in locode.codes())
    assert locode.name("DEMUC") == "Munchen"
    assert locode.name("DEXX1") is None
    assert locode.find("NZ", "auckland") == "NZAKL"
    assert locode.find("DE", "München") == "DEMUC"
    assert locode.find("AT", "Vienna") == "ATVIE"
    assert locode.find("US", "Portland") is None, "several, and none is greater"
    assert locode.find("QQ", "Auckland") is None
    assert locode.find("NZ", "") is None
    assert locode.nearest("NZ", "Aukland") == "NZAKL"
    assert locode.nearest("NZ", "qqqqqqq") is None


def test_nothing_is_read_before_it_is_asked_for():
    script = (
        "import sys; import entente.alert.validate as v; "
        "from entente.alert.codes import locode, lists; "
        "print(locode.codes.cache_info().currsize, lists.countries.cache_info().currsize, "
        "'pyunlocode' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], check=True, capture_output=True, text=True,
        env={"PYTHONPATH": ":".join(sys.path)},
    )  # fmt: skip
    assert done.stdout.split() == ["0", "0", "False"]


def test_spellings_are_folded():
    assert fold("São  Paulo (SP)") == "saopaulosp"
    assert fold("Москва") == "moskva"
    assert fold("\ud800") == ""
