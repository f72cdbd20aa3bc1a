"""Handing out evidence: what an office holds, as an export that proves itself.

The form is section 11 of ``schemas/README.md``; ``trust.evidence`` verifies it. Equal records,
questions and times give equal bytes.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import BinaryIO, NamedTuple
from uuid import UUID

import msgspec

from entente.bus.arrivals import View
from entente.bus.holdings import record, refused, relied_upon
from entente.errors import InputError
from entente.office import cover, selection, witness
from entente.office.cosigned import Words
from entente.office.follow import PROJECTION, store
from entente.office.item import item
from entente.office.selection import Asked, Seen
from entente.proof.tlog import to_tlog_proof
from entente.store.reader import Reader
from entente.trust.administration import Administration
from entente.trust.archive import ArchiveWriter
from entente.trust.layout import COSIGNED, COVER_HTML, COVER_TEXT, MANIFEST, SUFFIXES, record_name
from entente.trust.manifest import Manifest, Marks
from entente.trust.register import Register
from entente.wire.envelope import decode_envelope
from entente.wire.names import Origin
from entente.wire.schemas import Schema, by_sha256, latest

Progress = Callable[[str, int, int], object]
"""Is told what is being done, how much of it is, and of how much (0: not known)."""
_TELL = 256


class Exported(NamedTuple):
    """What went into an export, and what was asked for but may not leave."""

    manifest: Manifest
    left_out: list[Seen]
    witnessed: int
    """How many records have a witness's word with them."""
    unmet: list[str]
    """Subjects that were asked for and are not held here, or not under the other conditions."""


def export(
    folder: Path,
    office: Administration,
    register: Register,
    chain: Mapping[str, bytes],
    asked: Asked,
    *,
    file: BinaryIO,
    made_at: int,
    progress: Progress = lambda what, done, total: None,
) -> Exported:
    """Write what the office in ``folder`` holds and may hand out to ``file``.

    ``chain`` has every version of the root and the register's, as on the ``register`` topic;
    ``register`` was verified from it. Times are microseconds since the epoch.

    Raises:
        InputError: nothing is there, nothing may leave, or it is too much for one export.
        StoreError: there is no inbox, or it cannot be read.
    """
    with (
        Reader(store(folder)) as reader,
        reader.views(PROJECTION, witness.PROJECTION) as (view, notes),
    ):
        seen: list[Seen] = []
        for holding in relied_upon(view):
            seen.append(selection.look(view, holding, asked, office, made_at))
            if len(seen) % _TELL == 0:
                progress("reading", len(seen), 0)
        chosen, left_out = selection.choose(seen)
        places = (holding[:4] for holding in refused(view))
        roots = sum(key.startswith("root/") for key in chain)
        marks = Marks()
        for one in chosen:
            marks = marks.joined(one.handling)
        manifest = Manifest(
            network=register.network,
            made_at=made_at,
            made_by=office.id,
            asked=str(asked),
            root=roots,
            register=register.version,
            records=len(chosen),
            lanes=tuple(selection.lanes(register.network, chosen, seen, places)),
            marks=marks,
        )
        writer = ArchiveWriter(file, made_at)
        rows = _rows(view, notes, register.network, chosen, seen)
        writer.add(MANIFEST, manifest.encode())
        writer.add(COVER_HTML, cover.html(manifest, rows, len(left_out)))
        writer.add(COVER_TEXT, cover.text(manifest, rows, len(left_out)))
        for key in (*(f"root/{n + 1}" for n in range(roots)), f"register/{register.version}"):
            writer.add(f"{key}.json", chain[key])
        for schema in _schemas(chosen):
            writer.add(f"schemas/{schema.name}.{schema.version}.avsc", schema.text)
        words, witnessed, going = Words(view, notes, register, seen), 0, 0
        following = {(*one.place[:3], one.place[3] - 1) for one in chosen}
        for done, one in enumerate(chosen):
            last = one.place not in following
            going += 1
            if _add(writer, view, words, one, last=last):
                witnessed, going = witnessed + going, 0
            going = 0 if last else going
            if done % _TELL == 0:
                progress("writing", done, len(chosen))
        writer.close()
    unmet = selection.unmet(asked, register.network, (*chosen, *left_out))
    return Exported(manifest, left_out, witnessed, unmet)


def _add(writer: ArchiveWriter, view: View, words: Words, one: Seen, *, last: bool) -> bool:
    """Write the files of a record; whether a witness's word is among them."""
    value = record(view, one.holding).value or b""
    envelope = decode_envelope(value)
    files = (value, envelope.statement, to_tlog_proof(envelope).encode())
    for suffix, data in zip(SUFFIXES, files, strict=True):
        writer.add(f"{_name(one)}.{suffix}", data)
    cosigned = words.file(one.place, envelope, last=last)
    if cosigned is not None:
        writer.add(f"{_name(one)}.{COSIGNED}", cosigned)
    return cosigned is not None


def _schemas(chosen: list[Seen]) -> list[Schema]:
    """The schemas that are needed to read what was chosen, by file name."""
    found = {latest(name) for name in ("envelope", "statement")}
    for digest in {one.schema for one in chosen if not one.withdrawal}:
        schema = by_sha256(digest)
        if schema is None:
            raise InputError(f"there is no schema {digest.hex()} here any more")
        found.add(schema)
    return sorted(found, key=lambda schema: f"{schema.name}.{schema.version}")


def _rows(
    view: View, notes: witness.View, network: str, chosen: list[Seen], seen: list[Seen]
) -> list[cover.Row]:
    """The first records for the cover, with what was said later of the same, and witnesses."""
    newest: dict[tuple[str, str, UUID], tuple[int, bool]] = {}
    for one in seen:
        if not one.admitted:
            continue
        said = one.version, one.withdrawal
        newest[one.spoken_of] = max(newest.get(one.spoken_of, said), said)
    rows, called = [], dict[tuple[str, str, UUID], str]()
    for one in chosen[: cover.SHOWN]:
        version, withdrawn = newest[one.spoken_of]
        later = "" if version == one.version else "withdrawn" if withdrawn else "corrected"
        origin, index = Origin(network, *one.place[:3]), one.holding.number
        shown = item(record(view, one.holding), 0)
        if shown.reference is not None:
            called[one.spoken_of] = shown.reference
        shown = msgspec.structs.replace(
            shown,
            reference=called.get(one.spoken_of),
            witnessed_at=witness.existed_at(view, notes, origin, index),
        )
        rows.append(cover.Row(_name(one), shown, later))
    return rows


def _name(one: Seen) -> str:
    return record_name(Origin("", *one.place[:3]), one.holding.number)
