"""The JSON form of an alert: what the API, files and tests speak."""

import re
from decimal import Decimal
from typing import Any

import msgspec

from entente.alert.fields import Field, documentation, fields
from entente.alert.nearest import nearest_word, one_of
from entente.alert.problem import AlertRefused, Problem, ProblemCode, shown
from entente.alert.record import Alert, AnyAlert, Detention, Feedback, Seizure, Warning

KINDS: dict[str, type[AnyAlert]] = {
    "seizure": Seizure,
    "detention": Detention,
    "warning": Warning,
    "feedback": Feedback,
}
MAX_BYTES = 900_000

_decoder: msgspec.json.Decoder[AnyAlert] = msgspec.json.Decoder(AnyAlert)


def parse(data: bytes | str | dict[str, Any]) -> AnyAlert:
    """The alert that JSON text, or the object it stands for, describes.

    It checks names and types; what the fields say is for ``validate``. Raises AlertRefused, whose
    problem points to the field, with a repair; hostile input (deep nesting, megabytes, broken
    UTF-8) too.
    """
    try:
        if isinstance(data, dict):
            alert: AnyAlert = msgspec.convert(data, AnyAlert)
            return alert
        if len(data) > MAX_BYTES:
            reason = f"The text is longer than {MAX_BYTES:,} bytes."
            raise _refused(reason, "Send one alert at a time.", "length")
        return _decoder.decode(data)
    except msgspec.ValidationError as error:
        raise AlertRefused((_explain(data, str(error)),)) from None
    except (msgspec.DecodeError, UnicodeError) as error:
        reason = f"This is not JSON in UTF-8 ({shown(str(error))})."
        raise _refused(reason, "Write one JSON object for each alert.", "syntax") from None
    except RecursionError:
        reason = "It is nested deeper than any alert."
        raise _refused(reason, _SEE, "syntax") from None


def _refused(reason: str, repair: str, code: ProblemCode) -> AlertRefused:
    return AlertRefused((Problem("", "", reason, repair, code),))


_SEE = "See `entente alert schema` for the form."
_PLAIN = {
    "str": "a text",
    "int": "a whole number",
    "float": "a number with decimals",
    "bool": "true or false",
    "decimal": "a number",
    "array": "a list",
    "object": "an object",
    "null": "null",
}
_WHERE = re.compile(r"(?P<what>.*?)(?: - at `(?:key` in `)?\$(?P<path>.*)`)?", re.DOTALL)


def _explain(data: bytes | str | dict[str, Any], message: str) -> Problem:
    """What ``msgspec`` says, in words that help, with a pointer and a repair."""
    found = _WHERE.fullmatch(message)
    what, path = (found["what"], found["path"] or "") if found else (message, "")
    pointer = re.sub(r"\.|\[(\d+)\]", lambda m: f"/{m[1] or ''}", path)
    cls, field, value = _look(data, pointer.split("/")[1:])
    if name := _named("Object contains unknown field", what):
        known = [*fields(cls), "kind"] if cls in KINDS.values() else list(fields(cls))
        near = nearest_word(name, known)
        repair = f"Did you mean `{near}`?" if near else f"Its fields are {one_of(known)}."
        reason = f"There is no field `{shown(name)}` here."
        return Problem(f"{pointer}/{shown(name)}", shown(name), reason, repair, "unknown_field")
    if name := _named("Object missing required field", what):
        repair = f"Write one of {one_of(KINDS)}." if name == "kind" else f"Give `{name}`."
        return Problem(f"{pointer}/{name}", "", f"`{name}` is missing.", repair, "missing")
    words = list(KINDS) if pointer == "/kind" else field.words if field else ()
    if words and what.startswith("Invalid"):
        near = nearest_word(str(value), words)
        repair = f"Did you mean `{near}`?" if near else f"Write one of {one_of(words)}."
        reason = f"`{shown(value)}` is not one of the words here."
        return Problem(pointer, shown(value), reason, repair, "malformed")
    if what.startswith("Invalid decimal"):
        reason = f"`{shown(value)}` is not a number."
        repair = "Write digits with a point, like `1200.5`, without spaces or commas between them."
        return Problem(pointer, shown(value), reason, repair, "malformed")
    reason = re.sub(r"`(\w+)( \| null)?`", lambda m: _PLAIN.get(m[1], f"`{m[1]}`"), what) + "."
    if field is None:
        repair = _SEE
    elif field.many and not pointer[-1:].isdecimal():
        repair = "Write a list, `[…]`, even of one."
    else:
        repair = f"Write {_PLAIN_TYPES.get(field.type, 'an object, `{…}`')}."
    return Problem(pointer, shown(value), reason, repair, "type")


_PLAIN_TYPES: dict[type, str] = {
    str: "a text in quotes",
    int: "a whole number",
    bool: "true or false",
    Decimal: "a number",
}


def _named(start: str, what: str) -> str | None:
    return what.removeprefix(start)[2:-1] if what.startswith(start) else None


def _look(
    data: bytes | str | dict[str, Any], steps: list[str]
) -> tuple[type[msgspec.Struct], Field | None, Any]:
    """What the steps of a pointer lead to: the record there, the field, the value."""
    try:
        value: Any = data if isinstance(data, dict) else msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        value = None  # the first fault is reported; there is more wrong behind it
    cls: type[msgspec.Struct] = Alert
    if isinstance(value, dict):
        cls = KINDS.get(str(value.get("kind")), Alert)
    field: Field | None = None
    for step in steps:
        if isinstance(value, list | tuple) and step.isdecimal():
            value = value[int(step)]
            continue
        field = fields(cls).get(step)
        value = value.get(step) if isinstance(value, dict) else None
        if field is not None and field.part:
            cls = field.type
    return cls, field, value


def json_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of every kind of alert, with what each field means."""
    schema = msgspec.json.schema(AnyAlert)
    for name, part in schema["$defs"].items():
        cls = _classes().get(name)
        for field, words in (documentation(cls) if cls else {}).items():
            if field in part["properties"]:
                part["properties"][field]["description"] = words
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Alert", **schema}


def _classes() -> dict[str, type[msgspec.Struct]]:
    """The records that alerts are made of, by name."""
    found: dict[str, type[msgspec.Struct]] = {}
    todo: list[type[msgspec.Struct]] = list(KINDS.values())
    while todo:
        cls = todo.pop()
        if cls.__name__ not in found:
            found[cls.__name__] = cls
            todo += [field.type for field in fields(cls).values() if field.part]
    return found
