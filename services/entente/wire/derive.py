"""Derives Avro schemas from the records and releases them as ``schemas/<name>.<version>.avsc``.

A schema is self-contained and has no logical types. Of a record's fields all but ``nominal`` are
in it, in their order; ``kind`` is the schema's own name. Words become an enum, of which ``other``
is the default where it is among them; words that are no Avro names (digits of a transport mode)
become a string; decimals become strings, as in the JSON form.

A released file is never written again: a record that changed is released as the next version.
"""

import json
import re
import sys
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import msgspec

from entente.alert.decision import Decision
from entente.alert.epoch import Epoch
from entente.alert.fields import Field, documentation, fields
from entente.alert.listing import Listing
from entente.alert.proposal import Proposal
from entente.alert.receipt import Receipt
from entente.alert.record import Detention, Feedback, Nominal, Seizure, Warning
from entente.wire.schemas import FOLDER

RECORDS: tuple[type[msgspec.Struct], ...] = (
    Seizure, Detention, Warning, Feedback, Nominal, Proposal, Receipt, Decision, Epoch, Listing,
)  # fmt: skip
"""Records whose schemas are derived, released as their names in small letters."""
SEALED = "nominal"
"""The field that travels in the sealed part only."""
LIST = "RELEASED"
"""The file that lists every released schema with its SHA-256, as ``sha256sum`` writes it."""

_AVRO_NAME = re.compile("[A-Za-z_][A-Za-z0-9_]*")
_SCALARS = {bool: "boolean", int: "long", float: "double", str: "string"}


def derive(record: type[msgspec.Struct]) -> dict[str, Any]:
    """The Avro schema of a record. Raises TypeError for a type that has no Avro form here."""
    schema: dict[str, Any] = _Derivation().record(record)
    return schema


class _Derivation:
    """One schema: a named type is written out at its first place and named afterwards."""

    def __init__(self) -> None:
        self.named: dict[str, Any] = {}

    def record(self, cls: type[msgspec.Struct]) -> Any:
        fullname = f"{_namespace(cls)}.{cls.__name__}"
        if fullname in self.named:
            return self._again(fullname, cls)
        self.named[fullname] = cls
        docs = documentation(cls)
        defaults = {f.encode_name: f for f in msgspec.structs.fields(cls)}
        written = []
        for name, field in fields(cls).items():
            if name == SEALED:
                continue
            entry: dict[str, Any] = {"name": name, "type": self._type(cls, field)}
            if not defaults[name].required:
                entry["default"] = _plain(defaults[name].default)
            if name in docs:
                entry["doc"] = docs[name]
            written.append(entry)
        doc = " ".join((cls.__doc__ or "").split())
        return {"type": "record", "name": fullname, "doc": doc, "fields": written}

    def _type(self, cls: type[msgspec.Struct], field: Field) -> Any:
        if field.part:
            one = self.record(field.type)
        elif field.words:
            one = self._words(cls, field)
        else:
            one = _SCALARS.get(field.type, "string")
        whole = {"type": "array", "items": one} if field.many else one
        return ["null", whole] if field.optional else whole

    def _words(self, cls: type, field: Field) -> Any:
        if not all(map(_AVRO_NAME.fullmatch, field.words)):
            return "string"
        name, words = _alias(cls, field)
        fullname = f"{_namespace(cls)}.{name}"
        if fullname in self.named:
            return self._again(fullname, words)
        self.named[fullname] = words
        enum: dict[str, Any] = {"type": "enum", "name": fullname, "symbols": list(words)}
        return enum | ({"default": "other"} if "other" in words else {})

    def _again(self, fullname: str, meant: object) -> str:
        if self.named[fullname] != meant:
            raise TypeError(f"two types are called {fullname}")
        return fullname


def _namespace(cls: type) -> str:
    return ".".join(cls.__module__.split(".")[:2])


def _alias(cls: type, field: Field) -> tuple[str, tuple[str, ...]]:
    """The name that a module gives to these words, and the words in its order."""
    for base in cls.__mro__:
        module = sys.modules[base.__module__]
        for name, value in vars(module).items():
            if get_origin(value) is Literal and sorted(get_args(value)) == sorted(field.words):
                return name, get_args(value)
    raise TypeError(f"the words of {cls.__name__}.{field.name} need a name of their own")


def _plain(value: object) -> Any:
    """A default as Avro writes it: a record with all its fields."""
    if isinstance(value, msgspec.Struct):
        names = (name for name in fields(type(value)) if name != SEALED)
        return {name: _plain(getattr(value, name)) for name in names}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return msgspec.to_builtins(value)


def without_docs(schema: Any) -> Any:
    """The schema without its words for people: what makes two releases differ."""
    if isinstance(schema, dict):
        return {key: without_docs(value) for key, value in schema.items() if key != "doc"}
    return [without_docs(item) for item in schema] if isinstance(schema, list) else schema


def release(record: type[msgspec.Struct], folder: Path = FOLDER) -> Path | None:
    """Write the next version of a record's schema if it differs from the newest; its path if so.

    Whether every version can still read every other is for the tests to say, before the file is
    committed. Raises FileExistsError rather than write a released file again.
    """
    name, schema = record.__name__.lower(), derive(record)
    versions = {int(path.suffixes[0][1:]): path for path in folder.glob(f"{name}.*.avsc")}
    newest = max(versions, default=0)
    if newest and without_docs(json.loads(versions[newest].read_bytes())) == without_docs(schema):
        return None
    path = folder / f"{name}.{newest + 1}.avsc"
    data = (json.dumps(schema, indent=1, ensure_ascii=False) + "\n").encode()
    with path.open("xb") as file:
        file.write(data)
    return path


def freeze(folder: Path = FOLDER) -> list[str]:
    """List the schema files that are not listed yet, written by hand or derived; their names."""
    listing = folder / LIST
    listed = listing.read_text().split() if listing.exists() else []
    new = [path for path in sorted(folder.glob("*.avsc")) if path.name not in listed]
    with listing.open("a") as file:
        for path in new:
            file.write(f"{sha256(path.read_bytes()).hexdigest()}  {path.name}\n")
    return [path.name for path in new]


def main() -> None:
    """Release every record that changed, freeze what is new, and say which."""
    for record in RECORDS:
        release(record)
    new = freeze()
    sys.stdout.write(f"released: {', '.join(new)}\n" if new else "nothing has changed\n")


if __name__ == "__main__":
    main()
