"""Files of an exercise: simulate a world, score proposals."""

from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

import msgspec

from entente.errors import FileError, InputError
from entente.exercise.disorder import Message
from entente.exercise.score import Line, ProposalLine, Score, score
from entente.exercise.stream import line, stream
from entente.exercise.truth import Truth, truth
from entente.exercise.world import Spec, World

T = TypeVar("T")


def simulate(spec: Spec, out: Path, truth_out: Path | None = None) -> int:
    """Write the stream (JSON Lines) and the truth (JSON) of a world; return the number of lines.

    Raises:
        FileError: a file cannot be written.
    """
    world, count = World(spec), 0
    try:
        with out.open("wb") as file:
            for message in stream(world):
                file.write(line(message) + b"\n")
                count += 1
        if truth_out is not None:
            truth_out.write_bytes(msgspec.json.format(msgspec.json.encode(truth(world))))
    except OSError as error:
        raise FileError(f"cannot write {error.filename}: {error.strerror}") from error
    return count


def publishable(spec: Spec, folder: Path, recipients: Sequence[str]) -> int:
    """Write what each administration of a world has to say, ``<administration>.jsonl`` as
    ``entente publish`` takes it, in order of issue; return the number of lines.

    ``recipients`` are to open the names, which go sealed. Raises FileError: a file cannot be
    written.
    """
    world = World(spec)
    told: dict[tuple[str, int], Message] = {}
    for message in stream(world):
        told.setdefault((message.subject, message.version), message)
    kinds: dict[str, tuple[str, str]] = {}
    lines: dict[str, list[bytes]] = {}
    for message in sorted(told.values(), key=lambda m: (m.issued_at, m.subject, m.version)):
        if message.alert is not None:
            kind = type(message.alert).__name__.lower()
            kinds[message.subject] = kind, message.alert.national_ref
        kind, ref = kinds[message.subject]
        said = {
            "alert": message.alert or {"kind": kind, "national_ref": ref},
            "version": message.version,
            "change": message.change,
            "reason": None if message.version == 1 else "Our report was wrong.",
            "handling": _HANDLING,
            "recipients": recipients,
        }
        lines.setdefault(message.issuer, []).append(msgspec.json.encode(said))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for issuer, texts in sorted(lines.items()):
            (folder / f"{issuer}.jsonl").write_bytes(b"".join(t + b"\n" for t in texts))
    except OSError as error:
        raise FileError(f"cannot write {error.filename}: {error.strerror}") from error
    return sum(map(len, lines.values()))


_HANDLING = {
    "tlp": "GREEN", "codes": ["H0"], "purpose": "exercise", "source_grade": "B",
    "information_grade": 2,
}  # fmt: skip


def score_files(stream_file: Path, truth_file: Path, proposals_file: Path) -> Score:
    """Score the output of ``entente correlate run`` on a simulated stream.

    Raises:
        FileError: a file cannot be read.
        InputError: a file is not what it must be.
    """
    lines = _lines(stream_file, Line)
    emitted = _lines(proposals_file, ProposalLine)
    try:
        known = msgspec.json.decode(_read(truth_file), type=Truth)
    except msgspec.MsgspecError as error:
        raise InputError(f"{truth_file} is no truth of an exercise: {error}") from error
    return score(lines, known, emitted)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise FileError(f"cannot read {path}: {error.strerror}") from error


def _lines(path: Path, kind: type[T]) -> list[T]:
    decoder, result = msgspec.json.Decoder(kind), []
    for number, text in enumerate(_read(path).splitlines(), 1):
        try:
            result.append(decoder.decode(text))
        except msgspec.MsgspecError as error:
            raise InputError(f"{path}, line {number}: {error}") from error
    return result
