"""Released schemas are frozen, fit today's records, and every version reads every other."""

import json
from copy import deepcopy
from decimal import Decimal
from hashlib import sha256
from io import BytesIO
from itertools import permutations
from pathlib import Path
from typing import Any, Literal, get_args

import fastavro
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings

from entente.alert.record import AnyAlert, Nominal, Part
from entente.wire.derive import LIST, RECORDS, derive, freeze, release, without_docs
from entente.wire.schemas import FOLDER, Schema, latest, released
from strategies import alerts, nominals

modest = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
NAMES = sorted({schema.name for schema in released()})


def versions(name: str) -> list[Schema]:
    return [schema for schema in released() if schema.name == name]


# Frozen


def test_every_released_file_is_as_it_was_released():
    lines = (FOLDER / LIST).read_text().splitlines()
    listed = {name: digest for digest, name in (line.split("  ") for line in lines)}
    assert len(listed) == len(lines), "a file is listed once"
    assert listed.keys() == {path.name for path in FOLDER.glob("*.avsc")}, "run `make schemas`"
    for name, digest in listed.items():
        assert sha256((FOLDER / name).read_bytes()).hexdigest() == digest, f"{name} is frozen"


@pytest.mark.parametrize("name", NAMES)
def test_versions_are_counted_without_holes(name: str):
    assert [schema.version for schema in versions(name)] == list(range(1, len(versions(name)) + 1))


@pytest.mark.parametrize("record", RECORDS)
def test_todays_record_is_the_newest_release(record: type[msgspec.Struct]):
    newest = latest(record.__name__.lower())
    assert without_docs(derive(record)) == without_docs(newest.json), "run `make schemas`"


@pytest.mark.parametrize("name", NAMES)
def test_no_schema_has_a_logical_type(name: str):
    assert all(b"logicalType" not in schema.text for schema in versions(name))


# Compatible: by the rules of Avro 1.12, "Schema Resolution", written down a second time


def named_types(schema: Any, space: str, found: dict[str, Any]) -> dict[str, Any]:
    if isinstance(schema, list):
        for one in schema:
            named_types(one, space, found)
    elif isinstance(schema, dict):
        if schema["type"] in ("record", "enum", "fixed"):
            full = full_name(schema["name"], schema.get("namespace", space))
            space = full.rpartition(".")[0]
            found[full] = schema
        for field in schema.get("fields", ()):
            named_types(field["type"], space, found)
        for key in ("items", "values", "type"):
            if isinstance(schema.get(key), dict | list):
                named_types(schema[key], space, found)
    return found


def full_name(name: str, space: str) -> str:
    return name if "." in name or not space else f"{space}.{name}"


class Side:
    """A schema as one of two parties sees it."""

    def __init__(self, schema: dict[str, Any]) -> None:
        self.root = schema
        self.named = named_types(schema, "", {})
        self.by_short_name = {name.rpartition(".")[2]: one for name, one in self.named.items()}

    def at(self, schema: Any) -> Any:
        """The type itself where its name stands."""
        if isinstance(schema, str):
            return self.named.get(schema) or self.by_short_name.get(schema) or {"type": schema}
        if isinstance(schema, dict) and isinstance(schema["type"], dict | list):
            return self.at(schema["type"])
        return schema


PROMOTIONS = {
    "int": {"long", "float", "double"},
    "long": {"float", "double"},
    "float": {"double"},
    "string": {"bytes"},
    "bytes": {"string"},
}


def faults(reader: Side, writer: Side, read: Any, written: Any, at: str = "") -> list[str]:
    """Why the reader cannot read all that the writer may write."""
    r, w = reader.at(read), writer.at(written)
    if isinstance(w, list):
        return [fault for one in w for fault in faults(reader, writer, r, one, at)]
    if isinstance(r, list):
        tries = [faults(reader, writer, one, w, at) for one in r]
        return [] if [] in tries else [f"{at}: no branch reads {w['type']}"]
    if r["type"] != w["type"]:
        promoted = r["type"] in PROMOTIONS.get(w["type"], ())
        return [] if promoted else [f"{at}: {w['type']} is read as {r['type']}"]
    short = [side.get("name", "").rpartition(".")[2] for side in (r, w)]
    if short[0] != short[1]:
        return [f"{at}: {short[1]} is read as {short[0]}"]
    match r["type"]:
        case "array":
            return faults(reader, writer, r["items"], w["items"], f"{at}[]")
        case "map":
            return faults(reader, writer, r["values"], w["values"], f"{at}{{}}")
        case "fixed":
            return [] if r["size"] == w["size"] else [f"{at}: another size"]
        case "enum":
            new = set(w["symbols"]) - set(r["symbols"])
            return [f"{at}: does not know {sorted(new)}"] if new and "default" not in r else []
        case "record":
            known = {field["name"]: field for field in w["fields"]}
            found = []
            for field in r["fields"]:
                here = f"{at}.{field['name']}"
                if field["name"] in known:
                    other = known[field["name"]]["type"]
                    found += faults(reader, writer, field["type"], other, here)
                elif "default" not in field:
                    found.append(f"{here}: is not written and has no default")
            return found
    return []


def cannot_read(reader: dict[str, Any], writer: dict[str, Any]) -> list[str]:
    return faults(Side(reader), Side(writer), reader, writer)


@pytest.mark.parametrize("name", NAMES)
def test_every_version_reads_every_other(name: str):
    of_it = versions(name)
    for one in of_it:
        assert cannot_read(one.json, one.json) == []
    for reader, writer in permutations(of_it, 2):
        assert cannot_read(reader.json, writer.json) == []


def avro(schema: dict[str, Any], value: dict[str, Any]) -> bytes:
    out = BytesIO()
    fastavro.schemaless_writer(out, fastavro.parse_schema(deepcopy(schema)), value)
    return out.getvalue()


def read_as(reader: dict[str, Any], writer: dict[str, Any], data: bytes) -> Any:
    parsed = fastavro.parse_schema(deepcopy(writer))
    return fastavro.schemaless_reader(
        BytesIO(data), parsed, fastavro.parse_schema(deepcopy(reader))
    )


def changed(schema: dict[str, Any], change: str) -> dict[str, Any]:
    """A made-up next version of the seizure."""
    new = deepcopy(schema)
    by_name = {field["name"]: field for field in new["fields"]}
    named = named_types(new, "", {})
    match change:
        case "field with default":
            new["fields"].append({"name": "colour", "type": ["null", "string"], "default": None})
        case "nothing but words":
            new["doc"] = "Other words."
        case "word in a list with other":
            named["entente.alert.Modus"]["symbols"].append("by_drone")
        case "field without default":
            new["fields"].append({"name": "colour", "type": "string"})
        case "required field gone":
            new["fields"].remove(by_name["national_ref"])
        case "another type":
            by_name["stage"]["type"] = "string"
        case "null no longer allowed":
            named["entente.alert.Text"]["fields"][1] = {"name": "language", "type": "string"}
        case "word in a closed list":
            named["entente.alert.Stage"]["symbols"].append("returned")
    return new


GOOD_CHANGES = ["field with default", "nothing but words", "word in a list with other"]
BAD_CHANGES = [
    "field without default",
    "required field gone",
    "another type",
    "null no longer allowed",
    "word in a closed list",
]


@pytest.mark.parametrize("change", [*GOOD_CHANGES, *BAD_CHANGES])
def test_the_rules_tell_good_changes_from_bad_ones(change: str):
    old = versions("seizure")[0].json
    new = changed(old, change)
    found = cannot_read(old, new) + cannot_read(new, old)
    assert bool(found) == (change in BAD_CHANGES), found


FULL: dict[str, Any] = {
    "national_ref": "A",
    "event": {"date": "2026"},
    "stage": "seized",
    "modus": ["rip_off"],
    "remarks": {"text": "t"},
}


@pytest.mark.parametrize("change", GOOD_CHANGES)
def test_fastavro_agrees_that_good_changes_are_read_both_ways(change: str):
    old = versions("seizure")[0].json
    new = changed(old, change)
    for reader, writer in permutations([old, new]):
        value = read_as(reader, writer, avro(writer, FULL))
        assert {key: value[key] for key in ("national_ref", "stage", "modus")} == {
            key: FULL[key] for key in ("national_ref", "stage", "modus")
        }


def test_fastavro_reads_a_word_it_does_not_know_as_other():
    old = versions("seizure")[0].json
    new = changed(old, "word in a list with other")
    assert read_as(old, new, avro(new, FULL | {"modus": ["by_drone"]}))["modus"] == ["other"]


@pytest.mark.parametrize(
    ("change", "value"),
    [
        ("field without default", FULL | {"colour": "red"}),
        ("required field gone", FULL),
        ("another type", FULL),
        ("null no longer allowed", FULL),
        ("word in a closed list", FULL | {"stage": "returned"}),
    ],
)
def test_fastavro_agrees_that_bad_changes_lose_a_reader(change: str, value: dict[str, Any]):
    old = versions("seizure")[0].json
    new = changed(old, change)
    failed = 0
    for reader, writer in permutations([old, new]):
        try:
            read_as(reader, writer, avro(writer, value))
        except (fastavro.read.SchemaResolutionError, ValueError, KeyError, TypeError):
            failed += 1
    assert failed


# The record and its Avro are one


def builtins(record: Any) -> dict[str, Any]:
    value: dict[str, Any] = msgspec.to_builtins(record)
    return {key: item for key, item in value.items() if key not in ("kind", "nominal")}


def there_and_back(record: Any) -> None:
    kind = type(record)
    names = [schema.json for schema in versions(kind.__name__.lower())]
    newest = names[-1]
    open_part = (
        msgspec.structs.replace(record, nominal=None) if hasattr(record, "nominal") else record
    )
    value = fastavro.schemaless_reader(
        BytesIO(data := avro(newest, builtins(record))), newest, None
    )
    tag = msgspec.inspect.type_info(kind).tag
    given = {"kind": tag} if tag else {}
    assert msgspec.convert(given | value, kind) == open_part
    for reader in names:
        read_as(reader, newest, data)


@modest
@given(alerts())
def test_an_alert_survives_avro(alert: AnyAlert):
    there_and_back(alert)


@modest
@given(nominals())
def test_a_nominal_part_survives_avro(nominal: Nominal):
    there_and_back(nominal)


# Deriving and releasing

Colour = Literal["red", "green", "other"]
Digit = Literal["1", "2"]


class Inner(Part):
    """Within."""

    n: int = 3


class Made(Part):
    """A record
    of a test."""

    required: str
    inner: Inner = Inner()
    again: Inner | None = None
    colours: tuple[Colour, ...] = ()
    digit: Digit | None = None
    share: Decimal | None = None
    """Of the whole."""
    maybe: tuple[str, ...] | None = None
    nominal: Inner | None = None


def test_a_record_derives_as_promised():
    schema = derive(Made)
    assert schema["name"].endswith(".Made")
    assert schema["doc"] == "A record of a test."
    fields = {field["name"]: field for field in schema["fields"]}
    assert "nominal" not in fields
    inner = fields["inner"]["type"]
    assert fields["required"] == {"name": "required", "type": "string"}
    assert fields["inner"]["default"] == {"n": 3}
    assert inner["fields"] == [{"name": "n", "type": "long", "default": 3}]
    assert fields["again"]["type"] == ["null", inner["name"]]
    assert fields["colours"]["type"]["items"]["symbols"] == list(get_args(Colour))
    assert fields["colours"]["type"]["items"]["default"] == "other"
    assert fields["digit"]["type"] == ["null", "string"]
    assert fields["share"] == {
        "name": "share", "type": ["null", "string"], "default": None, "doc": "Of the whole.",
    }  # fmt: skip
    assert fields["maybe"]["type"] == ["null", {"type": "array", "items": "string"}]
    fastavro.parse_schema(schema)


class Unnamed(Part):
    colour: Literal["a", "b"]


class Odd(Part):
    table: dict[str, str]


@pytest.mark.parametrize("record", [Unnamed, Odd])
def test_what_has_no_avro_form_is_refused(record):
    with pytest.raises(TypeError):
        derive(record)


def test_a_release_is_made_once_and_never_again(tmp_path: Path):
    first = release(Made, tmp_path)
    assert first == tmp_path / "made.1.avsc"
    assert freeze(tmp_path) == ["made.1.avsc"]
    assert release(Made, tmp_path) is None
    assert freeze(tmp_path) == []
    old = first.read_bytes()
    first.write_bytes(old.replace(b'"required"', b'"demanded"'))
    assert release(Made, tmp_path) == tmp_path / "made.2.avsc"
    assert (tmp_path / "made.2.avsc").read_bytes() == old
    assert freeze(tmp_path) == ["made.2.avsc"]
    digests = [line.split("  ")[0] for line in (tmp_path / LIST).read_text().splitlines()]
    assert digests == [sha256(old).hexdigest()] * 2


def test_changed_words_are_no_release(tmp_path: Path):
    path = release(Made, tmp_path)
    assert path is not None
    path.write_text(json.dumps(without_docs(derive(Made))))
    assert release(Made, tmp_path) is None
