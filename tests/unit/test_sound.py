"""A glance at a body finds nothing sound that the rules refuse, and doubts little else."""

from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bodies import said
from entente.alert.form import KINDS, parse
from entente.alert.handling import Handling
from entente.alert.validate import validate
from entente.errors import WireError
from entente.wire.avro import decode
from entente.wire.body import decode_body
from entente.wire.records import RECORDS
from entente.wire.schemas import released
from entente.wire.sound import decode_sound_body
from entente.wire.statement import Statement
from strategies import alerts, hostile_texts

modest = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def open_part(alert: Any) -> Any:
    return msgspec.structs.replace(alert, nominal=None) if hasattr(alert, "nominal") else alert


@modest
@given(alerts())
def test_what_keeps_the_rules_is_read_as_it_was_said(alert: Any) -> None:
    statement = said(alert)
    assert decode_body(statement) == open_part(alert)
    for _ in range(2):  # what was read before is remembered
        assert decode_sound_body(statement) in (open_part(alert), None)


def spoil(alert: Any, text: str, data: st.DataObject) -> Any:
    """The alert with another text in one place."""
    fields = msgspec.to_builtins(alert)
    places: list[tuple[Any, Any]] = []
    todo: list[Any] = [fields]
    while todo:
        node = todo.pop()
        for key, value in node.items() if isinstance(node, dict) else enumerate(node):
            if isinstance(value, dict | list):
                todo.append(value)
            elif isinstance(value, str) and key != "kind":
                places.append((node, key))
    node, key = data.draw(st.sampled_from(places))
    node[key] = text
    return msgspec.convert(fields, type(alert))


@modest
@given(alerts(), hostile_texts() | st.sampled_from(["", " ", "XX", "2026-13-01", "9E9"]), st.data())
def test_what_breaks_a_rule_is_never_sound(alert: Any, text: str, data: st.DataObject) -> None:
    try:
        spoilt = spoil(open_part(alert), text, data)
        statement = said(spoilt)
    except (msgspec.ValidationError, UnicodeEncodeError, WireError):
        return  # half a character is no word of a list: msgspec cannot even look it up
    decode_sound_body(said(alert))
    if decode_sound_body(statement) is not None:
        assert validate(spoilt) == ()


def test_a_plain_alert_of_each_kind_is_sound() -> None:
    route = {"departure": {"country": "CN"}, "location": {"country": "JP", "place": "JPTYO"}}
    stopped = {"route": route, "event": {"date": "2026-03-01"}, "goods": [{"hs": "6404"}]}
    about = str(UUID(int=5))
    more: dict[str, dict[str, Any]] = {
        "seizure": stopped | {"unknown": ["/route/origin"], "modus": ["undeclared"]},
        "detention": stopped,
        "warning": {"valid_from": "2026"},
        "feedback": {"about": about, "about_version": 1, "outcome": "seized"},
    }
    for kind in KINDS:
        alert = parse({"kind": kind, "national_ref": "R"} | more[kind])
        assert decode_sound_body(said(alert)) == alert


@modest
@given(alerts())
def test_a_body_is_what_msgspec_would_make_of_its_fields(alert: Any) -> None:
    statement = said(alert)
    schema = next(one for one in released() if one.sha256 == statement.schema)
    fields = decode(schema, statement.body)
    assert decode_body(statement) == msgspec.convert(fields, type(alert))


def test_every_release_of_a_record_can_be_made() -> None:
    for schema in released():
        if schema.fullname in RECORDS:
            blank = Statement(
                id=UUID(int=1), subject=UUID(int=2), version=1, change="NEW", type=schema.fullname,
                schema=schema.sha256, network="n", issuer="JP", topic="t", issued_at=1,
                handling=Handling(tlp="RED", purpose="t", source_grade="A", information_grade=1),
            )  # fmt: skip
            with pytest.raises(WireError, match="end within"):
                decode_body(blank)


def test_what_is_remembered_is_no_more_than_what_was_there() -> None:
    """A text that is cut short is refused, and not remembered as a shorter one that was whole."""
    alert = parse(
        {"kind": "warning", "national_ref": "R", "valid_from": "2026", "remarks": {"text": "words"}}
    )
    statement = said(alert)
    for size in range(len(statement.body)):
        cut = msgspec.structs.replace(statement, body=statement.body[:size])
        assert decode_sound_body(cut) is None
        with pytest.raises(WireError):
            decode_body(cut)
    assert decode_sound_body(statement) == alert
