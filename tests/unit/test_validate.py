"""Every rule of the record: a bad value, and what a person is told about it."""

import contextlib
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bodies import said
from entente.alert.fields import fields
from entente.alert.form import parse
from entente.alert.handling import Handling
from entente.alert.problem import AlertRefused, Problem, shown
from entente.alert.record import Event, Feedback, Goods, Leg, Nominal, Seizure, Text
from entente.alert.validate import validate, validate_handling
from entente.errors import WireError
from entente.wire.body import decode_body
from entente.wire.sound import decode_sound_body
from strategies import alerts, handlings, hostile_texts, nominals

modest = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
SUBJECT = "6ba7b810-9dad-51d1-80b4-00c04fd430c8"
SEIZURE: dict[str, Any] = {
    "kind": "seizure",
    "national_ref": "JP-2026-17",
    "event": {"date": "2026-03-01", "direction": "import"},
    "route": {"departure": {"country": "CN"}, "location": {"country": "JP"}},
    "transport": {"mode": "1"},
    "goods": [{"group": "ipr", "hs": "6404"}],
}
DETENTION = SEIZURE | {"kind": "detention"}
WARNING = {"kind": "warning", "national_ref": "W-1", "valid_from": "2026-03-01"}
FEEDBACK = {
    "kind": "feedback", "national_ref": "F-1", "about": SUBJECT, "about_version": 1,
    "outcome": "seized",
}  # fmt: skip
SHA = "ab" * 32
IMAGE = {"sha256": SHA, "media_type": "image/png", "size": 1}


def event(**given: Any) -> dict[str, Any]:
    return SEIZURE | {"event": {"date": "2026-03-01"} | given}


def route(**given: Any) -> dict[str, Any]:
    return SEIZURE | {"route": {"location": {"country": "JP"}} | given}


def transport(**given: Any) -> dict[str, Any]:
    return SEIZURE | {"transport": given}


def goods(**given: Any) -> dict[str, Any]:
    return SEIZURE | {"goods": [{"group": "ipr"} | given]}


def party(**given: Any) -> dict[str, Any]:
    return SEIZURE | {"nominal": {"parties": [{"role": "consignor"} | given]}}


def ref(text: str) -> dict[str, Any]:
    return SEIZURE | {"national_ref": text}


VALUE = {"amount": "1", "currency": "EUR", "basis": "cif"}
ONE_TEXT = "/national_ref"
ROWS: list[tuple[dict[str, Any], str, str, str, str]] = [
    # texts
    (ref(""), ONE_TEXT, "missing", "It is empty.", "Leave the field out when it is not given."),
    (ref(" "), ONE_TEXT, "character", "begins or ends with a space", "Leave the field out"),
    (ref("A "), ONE_TEXT, "character", "begins or ends with a space", "Write `A`."),
    (ref("A\nB"), ONE_TEXT, "character", "line break or tab at character 2",
     "Write it on one line."),
    (ref("A\x00"), ONE_TEXT, "character", "invisible character (U+0000) at character 2",
     "Remove it"),
    (ref("A\u202eB"), ONE_TEXT, "character", "invisible character (U+202E)", "Remove it"),
    (ref("A\u200fB"), ONE_TEXT, "character", "invisible character (U+200F)", "Remove it"),
    (ref("\ud800"), ONE_TEXT, "character", "half of a character (U+D800)", "Remove it"),
    (ref("A" * 257), ONE_TEXT, "length", "It has 257 characters; 256 are the most.", "Shorten it"),
    (ref("e\u0301"), ONE_TEXT, "character", "accents are not composed", "Write `\u00e9`."),
    (event(installation="a" * 4097), "/event/installation", "length", "4,097 characters",
     "Shorten"),
    (SEIZURE | {"remarks": {"text": " \n"}}, "/remarks/text", "missing", "It is empty.", "Leave"),
    (SEIZURE | {"remarks": {"text": "a\rb"}}, "/remarks/text", "character", "line break", "U+000A"),
    (SEIZURE | {"remarks": {"text": "\x1b[2J"}}, "/remarks/text", "character", "U+001B", "Remove"),
    (SEIZURE | {"remarks": {"text": "\u00e9" * 32_769}}, "/remarks/text", "length",
     "65,538 bytes; 65,536 are the most", "name it as an attachment"),
    (SEIZURE | {"remarks": {"text": "a", "language": "french"}}, "/remarks/language", "not_listed",
     "`french` is not a language code", "Did you mean `fr` (French)?"),
    # attachments
    (SEIZURE | {"attachments": [IMAGE | {"sha256": "AB" * 32}]}, "/attachments/0/sha256",
     "malformed", "64 small hexadecimal digits", "Write it like"),
    (SEIZURE | {"attachments": [IMAGE | {"media_type": "png"}]}, "/attachments/0/media_type",
     "malformed", "not a media type", "`image/jpeg`"),
    (SEIZURE | {"attachments": [IMAGE | {"size": -1}]}, "/attachments/0/size", "range",
     "A size in bytes is 0 to", "Look at the number again."),
    (SEIZURE | {"attachments": [IMAGE, IMAGE]}, "/attachments/1", "duplicate", "listed twice",
     "Remove one"),
    # what is unknown
    (SEIZURE | {"unknown": ["transport"]}, "/unknown/0", "malformed", "not a JSON Pointer",
     "`/route/departure`"),
    (SEIZURE | {"unknown": ["/transport/mod"]}, "/unknown/0", "malformed",
     "There is no field `mod` there.", "Did you mean `/transport/mode`?"),
    (SEIZURE | {"unknown": ["/transport/mode"]}, "/unknown/0", "contradiction",
     "said to be unknown, and it has a value", "Remove the value or the pointer."),
    (SEIZURE | {"unknown": ["/transport"]}, "/unknown/0", "contradiction", "has a value", "Remove"),
    (SEIZURE | {"unknown": ["/goods/1/hs"]}, "/unknown/0", "malformed", "`/goods` has no entry `1`",
     "Count from 0, or write `/goods`"),
    (SEIZURE | {"unknown": ["/goods/x"]}, "/unknown/0", "malformed", "has no entry `x`", "Count"),
    (SEIZURE | {"unknown": ["/national_ref/x"]}, "/unknown/0", "malformed",
     "`/national_ref` has no fields of its own", "Write `/national_ref`."),
    (SEIZURE | {"unknown": ["/nominal/parties/0/name"]}, "/unknown/0", "contradiction",
     "inside the sealed part cannot be named", "`/nominal/parties`"),
    (SEIZURE | {"unknown": ["/risks", "/risks"]}, "/unknown/1", "duplicate", "twice", "Remove one"),
    # events
    (event(date="2026-02-30"), "/event/date", "date", "There is no such day as 2026-02-30.",
     "If only the month is known, write `2026-02`."),
    (event(date="13.02.2026"), "/event/date", "date", "not a date with the year first",
     "Write `2026-02-13`."),
    (event(date="01/03/2026"), "/event/date", "date", "not a date with the year first",
     "Write `2026-03-01` or `2026-01-03`."),
    (event(date="20260301"), "/event/date", "date", "not a date", "Write `2026-03-01`."),
    (event(date="2026-W01-1"), "/event/date", "date", "not a date", "Write it like `2026-03-01`"),
    (event(date="2026-13"), "/event/date", "date", "not a date", "Write it like `2026-03-01`"),
    (event(date="1899"), "/event/date", "date", "The year 1899 is not between 1900 and 2199",
     "Look"),
    (event(date="\u0662\u0660\u0662\u0666"), "/event/date", "date", "not a date", "Write it like"),
    (event(detected_at="2026-03-01T09:30:00+09:00"), "/event/detected_at", "date",
     "not a moment in UTC", "Write `2026-03-01T00:30:00Z`."),
    (event(detected_at="2026-03-01T25:00:00Z"), "/event/detected_at", "date", "not a moment",
     "`Z`"),
    (event(detected_at="2026-03-01 09:30"), "/event/detected_at", "date", "not a moment",
     "like `2"),
    (event(detected_at="1066-03-01T09:30:00Z"), "/event/detected_at", "date", "year 1066", "Look"),
    (event(reported_at="2026-02-27T09:30:00Z"), "/event/reported_at", "order",
     "before the event (2026-03-01)", "Look at both dates again."),
    (event(reported_at="2026-03-01T09:30:00Z", detected_at="2026-03-01T09:30:01Z"),
     "/event/reported_at", "order", "before its detection", "Look at both dates again."),
    (event(office="JP TYO"), "/event/office", "malformed", "without a space", "Write `JPTYO`."),
    (event(office="Tokyo"), "/event/office", "malformed", "not a UN/LOCODE", "into `name`"),
    (event(office="JPQQQ"), "/event/office", "not_listed", "UN/LOCODE 2023-1 has no `JPQQQ`",
     "write the place as you know it into `name`"),
    (event(partner_alert="17"), "/event/partner_alert", "malformed", "not a UUID",
     "Give the subject"),
    (event(partner_alert=SUBJECT.upper()), "/event/partner_alert", "malformed", "small letters",
     f"Write `{SUBJECT}`."),
    (event(application="A" * 257), "/event/application", "length", "257 characters", "Shorten"),
    (event(detection=["dog", "dog"]), "/event/detection/1", "duplicate", "twice", "Remove one"),
    # routes
    (route(departure={"country": "Spian"}), "/route/departure/country", "not_listed",
     "`Spian` is not a country code", "Did you mean `ES` (Spain)?"),
    (route(departure={"country": "UK"}), "/route/departure/country", "not_listed", "`UK`",
     "Did you mean `GB` (United Kingdom)?"),
    (route(departure={"country": "es"}), "/route/departure/country", "not_listed", "`es`",
     "Did you mean `ES` (Spain)?"),
    (route(departure={"country": "QQ"}), "/route/departure/country", "not_listed", "`QQ`",
     "Write it like `ES`."),
    (route(transit=[{"country": "HK"}, {"place": "HKHKG", "country": "CN"}]),
     "/route/transit/1/place", "contradiction", "`HKHKG` lies in `HK` (Hong Kong), not in `CN`",
     "Mend `place` or write `HK`"),
    (route(origin={"zone": "JAFZA", "free_zone": False}), "/route/origin/zone", "contradiction",
     "`free_zone` is false", "Write `true` or leave the zone out."),
    (route(departure={"date": "2026-03-02"}, transit=[{"country": "HK"}, {"date": "2026-03-01"}]),
     "/route/transit/1/date", "order", "before `departure`, the stop before it", "both dates"),
    (route(departure={"place": "DEHAM"}, destination={"place": "DEHAM"})
     | {"event": {"date": "2026", "direction": "export"}}, "/route/destination/place",
     "contradiction", "The goods leave for the place they come from", "in `transit`"),
    (SEIZURE | {"route": {}}, "/route/location/country", "missing", "where the goods were stopped",
     "customs office in `/event/office`"),
    (SEIZURE | {"route": {"location": {"place": "JPTYO"}}}, "/route/location/country", "missing",
     "where the goods were stopped", "Write `JP`."),
    # transport
    (transport(conveyances=[{"kind": "vessel", "number": "9319467"}]),
     "/transport/conveyances/0/number", "check_digit", "its check digit is wrong",
     "The check digit of 931946 should be 6"),
    (transport(conveyances=[{"kind": "vessel", "number": "IMO 9319466"}]),
     "/transport/conveyances/0/number", "malformed", "no spaces, marks", "Write `9319466`."),
    (transport(conveyances=[{"kind": "vessel", "number": "Ever Given"}]),
     "/transport/conveyances/0/number", "malformed", "seven digits", "Write it like `9319466`."),
    (transport(conveyances=[{"kind": "vehicle", "country": "ROU"}]),
     "/transport/conveyances/0/country", "not_listed", "`ROU`", "Did you mean `RO` (Romania)?"),
    (transport(containers=[{"number": "CSQU3054384"}]), "/transport/containers/0/number",
     "check_digit", "cannot be a container number", "The check digit of CSQU305438 should be 3"),
    (transport(containers=[{"number": "csqu 305438-3"}]), "/transport/containers/0/number",
     "malformed", "no spaces, marks or small letters", "Write `CSQU3054383`."),
    (transport(containers=[{"number": "17"}]), "/transport/containers/0/number", "malformed",
     "is not a container number", "Write it like `CSQU3054383`."),
    (transport(documents=[{"kind": "postal_item", "number": "RR473124828GB"}]),
     "/transport/documents/0/number", "check_digit", "postal item",
     "The check digit of RR47312482 should be 9"),
    (transport(documents=[{"kind": "master_air_waybill", "number": "020-12345675"}]),
     "/transport/documents/0/number", "malformed", "no spaces, marks", "Write `02012345675`."),
    (transport(documents=[{"kind": "invoice", "number": ""}]), "/transport/documents/0/number",
     "missing", "It is empty.", "Leave the field out"),
    # goods
    (SEIZURE | {"goods": []}, "/goods", "missing", "does not say what was stopped",
     "at least one line of goods, or list `/goods` in `unknown`"),
    (SEIZURE | {"goods": [{"lot": "7"}]}, "/goods/0/description", "missing",
     "does not say what the goods are", "Give one of `group`"),
    (goods(category="footware"), "/goods/0/category", "not_listed", "not a EU product category",
     "Did you mean `4` (Shoes, with parts and accessories)?"),
    (goods(hs="6402.99"), "/goods/0/hs", "malformed", "2, 4 or 6 digits", "Write `640299`."),
    (goods(hs="6402990000"), "/goods/0/hs", "malformed", "2, 4 or 6 digits", "Write `640299`."),
    (goods(hs="shoes"), "/goods/0/hs", "malformed", "2, 4 or 6 digits", "Write it like `640299`."),
    (goods(hs="6499"), "/goods/0/hs", "not_listed", "HS 2022 has no `6499`.",
     "in chapter `64` (Footwear), or write `64`"),
    (goods(hs="9901"), "/goods/0/hs", "not_listed", "HS 2022 has no `9901`.", "98 and 99"),
    (goods(quantity="1"), "/goods/0/unit", "missing", "A quantity (1) without a unit", "`H87`"),
    (goods(quantity="1", unit="kilos"), "/goods/0/unit", "not_listed", "`kilos` is not a unit code",
     "Did you mean `KGM` (kilogram)?"),
    (goods(quantity="-1", unit="KGM"), "/goods/0/quantity", "range", "It is negative.",
     "Write `1`"),
    (goods(net_mass="NaN"), "/goods/0/net_mass", "range", "not a number", "list it in `unknown`"),
    (goods(net_mass="sNaN"), "/goods/0/net_mass", "range", "not a number", "list it in `unknown`"),
    (goods(net_mass="-Infinity"), "/goods/0/net_mass", "range", "not a number", "Leave"),
    (goods(net_mass="1E+16"), "/goods/0/net_mass", "range", "larger than 10^15", "its unit"),
    (goods(net_mass="1E+999999"), "/goods/0/net_mass", "range", "larger than 10^15", "its unit"),
    (goods(net_mass="1E-999999"), "/goods/0/net_mass", "range", "9 decimal places", "its unit"),
    (goods(values=[VALUE | {"currency": "Euros"}]), "/goods/0/values/0/currency", "not_listed",
     "`Euros` is not a currency code", "Did you mean `EUR` (Euro)?"),
    (goods(values=[VALUE | {"amount": "-0"}]), "/goods/0/values/0/amount", "range", "negative",
     "Write `0`"),
    (goods(declared={"hs": "99"}), "/goods/0/declared/hs", "not_listed", "has no `99`", "HS 2022"),
    (goods(rights=[{"nice": 46}]), "/goods/0/rights/0/nice", "range", "A Nice class is 1 to 45.",
     "Look at the number again."),
    (goods(rights=[{"verdict_date": "2026-2-1"}]), "/goods/0/rights/0/verdict_date", "date",
     "not a date", "Write it like"),
    (goods(lot="A" * 257), "/goods/0/lot", "length", "257 characters", "Shorten"),
    (SEIZURE | {"goods": [{"hs": f"{i % 10}"} for i in range(1_001)]}, "/goods", "length",
     "It has 1,001 entries; 1,000 are the most.", "Split the alert"),
    (SEIZURE | {"concealment": {"packaging": "QQ"}}, "/concealment/packaging", "not_listed",
     "`QQ` is not a package code", "Write it like `CT`."),
    (SEIZURE | {"modus": ["rip_off", "rip_off"]}, "/modus/1", "duplicate", "twice", "Remove one"),
    (SEIZURE | {"remarks": {"text": "a" * 65_000}, "goods": [
        {"description": {"text": "b" * 65_000}}, {"description": {"text": "c" * 65_000}},
        {"description": {"text": "d" * 65_000}}, {"description": {"text": "e" * 65_000}},
        {"description": {"text": "f" * 65_000}}, {"description": {"text": "g" * 65_000}},
     ]}, "", "length", "bytes in its JSON form; 400,000 are the most", "Split it"),
    # detention, warning, feedback
    (DETENTION | {"deadline": "2026-02"}, "/deadline", "order", "before the event", "both dates"),
    (DETENTION | {"route": {}}, "/route/location/country", "missing", "where the goods", "Give"),
    (WARNING | {"valid_until": "2026-02-28"}, "/valid_until", "order", "before `valid_from`",
     "Look"),
    (WARNING | {"valid_from": "soon"}, "/valid_from", "date", "`soon` is not a date",
     "Write it like"),
    (WARNING | {"based_on": [SUBJECT, SUBJECT]}, "/based_on/1", "duplicate", "twice", "Remove one"),
    (FEEDBACK | {"about": "x"}, "/about", "malformed", "not a UUID", "`entente tail`"),
    (FEEDBACK | {"about_version": 0}, "/about_version", "range", "A version is 1 to", "Look"),
    (FEEDBACK | {"outcome": "not_arrived", "seizures": [SUBJECT]}, "/outcome", "contradiction",
     "Seizures are listed, and the outcome is not_arrived.", "Write `seized`"),
    (FEEDBACK | {"date": "2026-00"}, "/date", "date", "not a date", "Write it like"),
    # the nominal part
    (party(lei="213800KUD8LAJWSQ9D16"), "/nominal/parties/0/lei", "check_digit", "legal entity",
     "The check digit of 213800KUD8LAJWSQ9D should be 15"),
    (party(phones=["call me"]), "/nominal/parties/0/phones/0", "malformed", "not a phone number",
     "`+81 3 1234 5678`"),
    (party(emails=["nobody"]), "/nominal/parties/0/emails/0", "malformed", "not an e-mail",
     "Write"),
    (party(shops=[{"url": "javascript:alert(1)"}]), "/nominal/parties/0/shops/0/url", "malformed",
     "not a web address", "`https://"),
    (party(address={"country": "Spain"}), "/nominal/parties/0/address/country", "not_listed",
     "`Spain`", "Did you mean `ES` (Spain)?"),
    (party(name="A\u2066B"), "/nominal/parties/0/name", "character", "U+2066", "Remove it"),
    (SEIZURE | {"nominal": {"persons": [{"name": "N", "born": "1.1.1980"}]}},
     "/nominal/persons/0/born", "date", "not a date", "Write `1980-01-01`."),
]  # fmt: skip


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row[1]} {row[2]} {row[3]}"[:60])
def test_each_rule_says_what_is_wrong_and_what_to_do(row):
    form, pointer, code, reason, repair = row
    problems = validate(parse(form))
    found = [p for p in problems if (p.pointer, p.code) == (pointer, code)]
    assert found, problems
    assert reason in found[0].reason
    assert repair in found[0].repair
    assert {p.pointer for p in problems} == {pointer} or len(problems) > 100


@pytest.mark.parametrize("form", [row[0] for row in ROWS if "nominal" not in row[0]])
def test_a_glance_finds_none_of_them_sound(form):
    alert = parse(form)
    with contextlib.suppress(WireError):  # some fit no schema
        statement = said(alert)
        assert decode_sound_body(statement) is None
        again = validate(decode_body(statement))
        assert [(p.pointer, p.code) for p in again] == [
            (p.pointer, p.code) for p in validate(alert)
        ]


@pytest.mark.parametrize("form", [SEIZURE, DETENTION, WARNING, FEEDBACK])
def test_the_alerts_that_the_rows_change_are_good(form):
    assert validate(parse(form)) == ()


@pytest.mark.parametrize(
    "form",
    [
        SEIZURE | {"goods": [], "unknown": ["/goods"]},
        SEIZURE | {"route": {}, "unknown": ["/route/location/country"]},
        goods(quantity="3") | {"unknown": ["/goods/0/unit"]},
        SEIZURE | {"goods": [{"lot": "7"}], "unknown": ["/goods/0/description"]},
        SEIZURE | {"unknown": ["/nominal/parties", "/route/origin/place", "/concealment"]},
        route(transit=[{"country": "HK"}, {"country": "CN"}, {"country": "HK"}]),
        route(origin={"country": "JP"}, departure={"country": "JP"}, destination={"country": "JP"}),
        route(origin={"country": "XK", "place": "RSPRN"}),
        event(date="2026-03-02", reported_at="2026-03-01T23:00:00Z"),  # it is later in the east
        event(date="2026", reported_at="2026-01-01T00:00:00Z"),
        SEIZURE | {"remarks": {"text": "خط\n\tدوم می\u200cشود", "language": "fa"}},
    ],
)
def test_what_is_unusual_but_possible_is_let_through(form):
    assert validate(parse(form)) == ()


@modest
@given(nominals(), handlings())
def test_good_nominal_parts_and_marks_are_let_through(nominal: Nominal, handling: Handling):
    assert validate(nominal) == ()
    assert validate_handling(handling) == ()


MARKS = Handling(tlp="AMBER", purpose="Enforcement", source_grade="B", information_grade=2)


@pytest.mark.parametrize(
    ("change", "pointer", "code", "repair"),
    [
        ({"codes": ("H3",)}, "/conditions", "missing", "Write what H3 demands"),
        ({"conditions": "Ask"}, "/codes", "contradiction", "Add `H3`"),
        ({"codes": ()}, "/codes", "missing", "Write `H0` at least."),
        ({"codes": ("H1", "H1")}, "/codes/1", "duplicate", "Remove one"),
        ({"codes": ("H9",)}, "/codes/0", "malformed", "Write one of `H0`, `H1`"),
        ({"information_grade": 5}, "/information_grade", "range", "Look at the number"),
        ({"information_grade": 0}, "/information_grade", "range", "Look at the number"),
        ({"information_grade": True}, "/information_grade", "type", "Make the record"),
        ({"expires_at": 1_772_323_200}, "/expires_at", "range", "Look at the number"),
        ({"purpose": ""}, "/purpose", "missing", "Leave the field out"),
        ({"purpose": None}, "/purpose", "type", "Make the record"),
        ({"tlp": "PURPLE"}, "/tlp", "malformed", "Write one of"),
        ({"legal_basis": "a\x7f"}, "/legal_basis", "character", "Remove it"),
    ],
)
def test_marks_keep_their_rules(change, pointer, code, repair):
    assert validate_handling(MARKS) == ()
    (problem,) = validate_handling(msgspec.structs.replace(MARKS, **change))
    assert (problem.pointer, problem.code) == (pointer, code)
    assert repair in problem.repair


def holes(alert: Any) -> list[str]:
    return [name for name in fields(type(alert)) if name != "unknown"]


@modest
@given(alerts(), st.data())
def test_records_made_by_hand_are_judged_whatever_they_hold(alert, data):
    wrong = data.draw(
        st.sampled_from(
            [None, 7, 1.5, b"x", [], {}, (7,), (None,), "\ud800", Decimal("sNaN"), Leg()]
        )
    )
    name = data.draw(st.sampled_from(holes(alert)))
    for problem in validate(msgspec.structs.replace(alert, **{name: wrong})):
        assert problem.pointer.startswith("/")
        assert str(problem).isprintable()


@modest
@given(hostile_texts())
def test_no_text_breaks_the_validator_or_a_terminal(text):
    places = Leg(country=text, place=text, name=text, zone=text, date=text)
    line = Goods(
        hs=text, category=text, unit=text, lot=text, description=Text(text=text, language=text)
    )
    when = Event(date=text, detected_at=text, reported_at=text, office=text, partner_alert=text)
    seizure = Seizure(national_ref=text, event=when, goods=(line,), unknown=(text, "/" + text))
    seizure = msgspec.structs.replace(
        seizure, route=msgspec.structs.replace(seizure.route, origin=places)
    )
    problems = validate(seizure)
    assert "/event/date" in {problem.pointer for problem in problems} or text.isdecimal()
    assert all(str(problem).isprintable() and len(str(problem)) < 1_000 for problem in problems)


def test_a_huge_number_is_shown_shortly():
    assert validate(
        Feedback(national_ref="F", about=SUBJECT, about_version=10**5000, outcome="seized")
    )[0].value
    assert shown(10**5000) == "a very large number"
    assert shown("a" * 100) == "a" * 80 + "\u2026"
    assert shown("a\x1b[2J") == "a\\u001b[2J"


def test_a_refusal_speaks_of_the_first_problem_and_counts_the_rest():
    first = Problem("/a", "x", "It is wrong.", "Mend it.", "malformed")
    assert str(AlertRefused((first,))) == "/a: It is wrong."
    error = AlertRefused((first, first, first))
    assert str(error) == "/a: It is wrong. And 2 more problems."
    assert error.advice == "Mend it."
    assert str(first) == "/a: It is wrong. Mend it."
