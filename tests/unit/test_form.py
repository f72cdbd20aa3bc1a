"""The JSON form: what is written is read again, and what is wrong is said where it stands."""

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from entente.alert.fields import fields
from entente.alert.form import json_schema, parse
from entente.alert.problem import AlertRefused, Problem
from entente.alert.record import Leg, Seizure
from entente.alert.validate import validate
from strategies import alerts, hostile_texts

SEIZURE = {"kind": "seizure", "national_ref": "A-1", "event": {"date": "2026-03-01"}}
modest = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@modest
@given(alerts())
def test_a_good_alert_is_read_as_it_was_written(alert):
    assert validate(alert) == ()
    assert parse(msgspec.json.encode(alert)) == alert
    assert parse(msgspec.to_builtins(alert)) == alert


def refusal(data) -> Problem:
    with pytest.raises(AlertRefused) as caught:
        parse(data)
    (problem,) = caught.value.problems
    assert caught.value.advice == problem.repair
    assert problem.reason
    assert problem.repair
    return problem


@pytest.mark.parametrize("encode", [dict, msgspec.json.encode])
@pytest.mark.parametrize(
    ("fault", "pointer", "code", "repair"),
    [
        ({"evnt": 1}, "/evnt", "unknown_field", "Did you mean `event`?"),
        ({"knd": 1}, "/knd", "unknown_field", "Did you mean `kind`?"),
        ({"goods": [{"quantitty": 1}]}, "/goods/0/quantitty",
         "unknown_field", "Did you mean `quantity`?"),
        ({"transport": {"xyzzy": 1}}, "/transport/xyzzy",
         "unknown_field", "Its fields are `mode`, "),
        ({"event": {}}, "/event/date", "missing", "Give `date`."),
        ({"kind": "seizzure"}, "/kind", "malformed", "Did you mean `seizure`?"),
        ({"kind": "xyzzy"}, "/kind", "malformed", "Write one of `seizure`, `detention`, "),
        ({"stage": "sezied"}, "/stage", "malformed", "Did you mean `seized`?"),
        ({"modus": ["rip_off", "???"]}, "/modus/1", "malformed", "Write one of "),
        ({"goods": [{}, {"quantity": "1,200"}]}, "/goods/1/quantity",
         "malformed", "Write digits with a point"),
        ({"goods": {}}, "/goods", "type", "Write a list"),
        ({"event": "2026"}, "/event", "type", "Write an object"),
        ({"national_ref": 7}, "/national_ref", "type", "Write a text in quotes."),
        ({"goods": [{"rights": [{"nice": 2.5}]}]}, "/goods/0/rights/0/nice",
         "type", "Write a whole number."),
        ({"route": {"origin": {"free_zone": "yes"}}}, "/route/origin/free_zone",
         "type", "Write true or false."),
        ({"event": None}, "/event", "type", "Write an object"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_where_it_stands(encode, fault, pointer, code, repair):
    problem = refusal(encode(SEIZURE | fault))
    assert (problem.pointer, problem.code) == (pointer, code)
    assert problem.repair.startswith(repair)


def test_an_alert_says_of_what_kind_it_is():
    assert refusal({}).pointer == "/kind"
    assert refusal({"kind": "seizure"}).pointer == "/national_ref"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"null",
        b"[1]",
        b"[1",
        b"\xff\xfe",
        b'{"kind":"seizure","national_ref":"\xff"}',
        b"[" * 100_000,
        b'{"x":' * 100_000,
        b'{"kind":' * 100_000,
        b'{"kind":"seizure","national_ref":1,"x":' + b"[" * 100_000,
        b'"' + b"a" * 1_000_000 + b'"',
        '{"kind":"seizure","national_ref":"\ud800"}',
        b'{"kind":"feedback","national_ref":"a","about":"x","about_version":' + b"9" * 5_000 + b"}",
        msgspec.json.encode(SEIZURE) + b" x",
    ],
)
def test_hostile_text_is_refused_in_words(data):
    assert refusal(data).code in ("syntax", "type", "length", "missing")


@modest
@given(st.binary(max_size=200) | hostile_texts())
def test_noise_is_refused_in_words(data):
    refusal(data)


@modest
@given(hostile_texts())
def test_any_text_is_either_read_or_refused(text):
    for data in (SEIZURE | {"national_ref": text}, SEIZURE | {text: 1}, SEIZURE | {"stage": text}):
        try:
            validate(parse(data))
        except AlertRefused as refused:
            assert str(refused).isprintable()  # noqa: PT017 - either outcome is right


def test_the_schema_describes_every_field_of_the_record():
    schema = json_schema()
    assert schema["discriminator"]["mapping"].keys() == {
        "seizure", "detention", "warning", "feedback",
    }  # fmt: skip
    assert schema["$defs"]["Leg"]["properties"].keys() == fields(Leg).keys()
    assert schema["$defs"]["Seizure"]["properties"].keys() == {"kind", *fields(Seizure)}
    assert "alpha-2" in schema["$defs"]["Leg"]["properties"]["country"]["description"]
    assert "subject id" in schema["$defs"]["Seizure"]["properties"]["national_ref"]["description"]
    msgspec.json.encode(schema)
