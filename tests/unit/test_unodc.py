"""The real file through its mapping. The counts are explained in ``mappings/README.md``."""

import csv
from collections import Counter
from functools import cache
from pathlib import Path

import msgspec

import entente.publish.mappings  # a folder of data, found like a package
from entente.alert.codes.lists import countries, units
from entente.publish.mapping import load_mapping
from entente.publish.report import Report
from entente.publish.run import Run
from entente.publish.submission import Submission
from entente.wire.names import ADMINISTRATION, REGIONS

DEMO = Path(__file__).parents[2] / "deploy" / "demo"
MAPPINGS = Path(next(iter(entente.publish.mappings.__path__)))


@cache
def everything() -> tuple[list[Submission], Report]:
    mapping = load_mapping(MAPPINGS / "unodc.yaml")
    with Run(DEMO / "unodc-seizures-2011-2014.csv.gz", mapping, None) as run:
        submissions = list(run)
    return submissions, run.report


def test_every_row_is_accounted_for() -> None:
    submissions, report = everything()
    assert report.rows == 16_927
    assert len(submissions) == report.accepted == 16_575
    assert report.duplicates == 351  # exact copies, as counted in the file itself
    assert report.rejected == 1  # a place that is a spreadsheet formula with control characters
    assert [(r.pointer, r.code) for r in report.by_reason()] == [
        ("/route/location/name", "character")
    ]
    assert len(report.administrations) == 76
    assert report.administrations["ES"] == 4_401 - 79
    assert report.unread == ()


def test_nothing_is_left_unmapped_silently() -> None:
    _, report = everything()
    assert {c.target: c.unmapped for c in report.coverage if c.unmapped} == {}
    found = {c.target: c.counts for c in report.coverage}
    assert found["/route/location/place"]["given"] == 12_366
    assert found["/route/origin/country"] == {
        "empty": 11_386, "given": 3_562, "unknown": 1_974, "ignored": 5,
    }  # fmt: skip
    assert found["/goods/0/quantity"] == {"given": 16_906, "unknown": 21}


def test_what_an_alert_says() -> None:
    submissions, _ = everything()
    first = next(s for s in submissions if s.row == 4)
    assert msgspec.json.decode(msgspec.json.encode(first.alert)) == {
        "kind": "seizure",
        "national_ref": first.national_ref,
        "event": {"date": "2011-01-01", "installation": "post office"},
        "route": {
            "origin": {"country": "AF"},
            "departure": {"country": "PK"},
            "location": {"country": "PK", "place": "PKRWP"},
            "destination": {"country": "GB"},
        },
        "transport": {"mode": "4"},
        "goods": [
            {
                "group": "drugs",
                "hs": "293911",
                "description": {"text": "Heroin", "language": "en"},
                "quantity": "1.25",
                "unit": "KGM",
                "net_mass": "1.25",
            }
        ],
        "concealment": {"place": "parcel"},
    }
    assert first.handling.tlp == "CLEAR"


def test_references_are_unique_and_stay() -> None:
    submissions, _ = everything()
    names = {(s.administration, s.national_ref) for s in submissions}
    assert len(names) == len(submissions)
    first = next(s for s in submissions if s.row == 4)
    # Pinned: if it changed, the demonstration would publish everything a second time.
    assert first.national_ref == "UNODC-ba3080507deb0d165446bcf8"


def test_new_zealand_reports_months() -> None:
    submissions, _ = everything()
    dates = [s.alert.event.date for s in submissions if s.administration == "NZ"]  # type: ignore[union-attr]
    assert Counter(len(date) for date in dates) == {7: 2_628 - 163}


def test_the_tables_hold_codes_that_exist() -> None:
    for name, column, known in [
        ("unodc-countries.csv", "alpha2", countries().codes),
        ("unodc-units.csv", "code", units().codes),
    ]:
        lines = (MAPPINGS / name).read_text().splitlines()
        rows = list(csv.DictReader(line for line in lines if not line.startswith("#")))
        assert {row[column] for row in rows} - {""} <= set(known)


def test_all_who_report_are_in_the_demonstration() -> None:
    _, report = everything()
    rows = list(csv.DictReader((DEMO / "administrations.csv").read_text().splitlines()))
    ids = [row["id"] for row in rows]
    assert len(ids) == len(set(ids))
    roles = Counter(row["role"] for row in rows)
    assert (roles["administration"], roles["liaison_office"]) == (76, 12)
    assert set(report.administrations) == {r["id"] for r in rows if r["role"] == "administration"}
    assert all(ADMINISTRATION.fullmatch(id) for id in ids)
    assert {r["home"] for r in rows} - {""} == set(REGIONS)
    assert {w for r in rows for w in r["regions"].split()} <= set(REGIONS)
    offices = {row["home"]: row["id"] for row in rows if row["role"] == "liaison_office"}
    assert set(offices) == set(REGIONS)
    assert all(offices[r["home"]] == r["office"] for r in rows if r["role"] == "administration")
