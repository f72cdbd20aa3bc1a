"""Does an alert keep the rules of the record? Each problem names field, value, reason, repair.

Publishers run this at the door, readers in step 8: it is a pure function of the alert and of the
code lists that this version carries. A good alert costs some ten microseconds.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Any

import msgspec
from msgspec.structs import replace

from entente.alert.checks.relations import RELATIONS
from entente.alert.checks.rules import check_of
from entente.alert.checks.text import Check
from entente.alert.checks.unknown import unknown_pointers
from entente.alert.fields import Field, fields
from entente.alert.handling import Handling
from entente.alert.nearest import nearest_word, one_of
from entente.alert.problem import Problem, fault, shown
from entente.alert.record import Alert, AnyAlert, Goods, Leg, Nominal

MAX_ITEMS = 1_000
"""Entries of one list."""
MAX_ALERT = 400_000
"""Bytes of an alert in its JSON form, so that its envelope stays under 900,000."""

MAY_REPEAT = {Leg, Goods}
"""A journey may pass a country twice, and two lines of goods may look the same."""
_TYPE_NAMES = {str: "a text", int: "a whole number", bool: "true or false", tuple: "a list"}

_Found = Problem | Sequence[Problem] | None
_Judge = Callable[[Any], _Found]
"""What is wrong with a value of the right type, its pointers relative to it."""


def validate(alert: AnyAlert | Nominal) -> tuple[Problem, ...]:
    """All that is wrong with an alert, or with a nominal part that was opened; empty if nothing is.

    It takes records made by hand too, whatever their fields hold, and never raises.
    """
    found = _judge_part(alert)
    if isinstance(alert, Alert) and alert.unknown and not _wrong_types(found):
        found = [p for p in found if not (p.code == "missing" and p.pointer in alert.unknown)]
        found += unknown_pointers(alert)
    if not found and (size := len(_encode(alert))) > MAX_ALERT:
        reason = f"The alert has {size:,} bytes in its JSON form; {MAX_ALERT:,} are the most."
        found.append(fault("length", "", reason, "Split it, or name documents as attachments."))
    return tuple(found)


def validate_handling(handling: Handling) -> tuple[Problem, ...]:
    """All that is wrong with handling marks; empty if nothing is."""
    return tuple(_judge_part(handling))


_encode = msgspec.json.Encoder().encode


def _wrong_types(found: list[Problem]) -> bool:
    return any(problem.code == "type" for problem in found)


def _judge_part(part: Any) -> list[Problem]:
    kind: type[msgspec.Struct] = type(part)
    return _judge_of(kind)(part)


def _below(name: str, wrong: Problem | Sequence[Problem]) -> list[Problem]:
    problems = (wrong,) if isinstance(wrong, Problem) else wrong
    return [replace(problem, pointer=f"/{name}{problem.pointer}") for problem in problems]


@cache
def _judge_of(cls: type[msgspec.Struct]) -> Callable[[Any], list[Problem]]:
    """The judge of a type of part, as source of its own.

    An alert has some eighty fields, nearly all of them absent, and every reader asks for each.
    """
    known: dict[str, Any] = {
        "EMPTY": (), "NEVER": object(), "relations": RELATIONS.get(cls),
        "below": _below, "wrong_type": _wrong_type, "wrong_types": _wrong_types,
    }  # fmt: skip
    lines = ["def judge(part):", "    found = []"]
    for n, field in enumerate(fields(cls).values()):
        judge = _judge_of(field.type) if field.part else _check_of(cls, field)
        known[f"judge_{n}"] = _list_judge(field.type, judge) if field.many else judge
        known[f"type_{n}"] = tuple if field.many else field.type
        absent = "EMPTY" if field.many else "None" if field.optional else "NEVER"
        lines += [
            f"    value = part.{field.name}",
            f"    if value is not {absent}:",
            f"        if type(value) is not type_{n}:",
            f"            found += below({field.name!r}, wrong_type(value, type_{n}))",
            f"        elif wrong := judge_{n}(value):",
            f"            found += below({field.name!r}, wrong)",
        ]
    if known["relations"] is not None:
        lines += ["    if not (found and wrong_types(found)):", "        found += relations(part)"]
    lines.append("    return found")
    source = compile("\n".join(lines), f"<judge of {cls.__name__}>", "exec")
    exec(source, known)  # noqa: S102  made of the field names of our own records
    compiled: Callable[[Any], list[Problem]] = known["judge"]
    return compiled


def _list_judge(wanted: type, judge: _Judge) -> _Judge:
    def judge_list(values: tuple[Any, ...]) -> _Found:
        if len(values) > MAX_ITEMS:
            reason = f"It has {len(values):,} entries; {MAX_ITEMS:,} are the most."
            return fault("length", "", reason, "Split the alert, or sum the entries up.")
        found: list[Problem] = []
        for i, value in enumerate(values):
            if type(value) is not wanted:
                found += _below(str(i), _wrong_type(value, wanted))
            elif wrong := judge(value):
                found += _below(str(i), wrong)
        if len(values) > 1 and not found and wanted not in MAY_REPEAT:
            found += _repeated(values)
        return found

    return judge_list


def _repeated(values: tuple[object, ...]) -> Iterator[Problem]:
    seen = set()
    for i, value in enumerate(values):
        if value in seen:
            twice = fault("duplicate", value, "It is listed twice.", "Remove one of them.")
            yield replace(twice, pointer=f"/{i}")
        seen.add(value)


def _check_of(cls: type, field: Field) -> Check:
    if field.words:
        return _word_check(frozenset(field.words))
    return check_of(cls, field) or _anything


def _anything(value: object) -> None:
    """Accept what has the right type."""


def _word_check(words: frozenset[str]) -> Check:
    return lambda value: None if value in words else _wrong_word(value, words)


def _wrong_type(value: object, wanted: type) -> Problem:
    reason = f"It must be {_TYPE_NAMES.get(wanted, 'an object')}, not {type(value).__name__}."
    return fault("type", value, reason, "Make the record with `parse`, which says what fits.")


def _wrong_word(value: str, words: frozenset[str]) -> Problem:
    near = nearest_word(value, words)
    repair = f"Did you mean `{near}`?" if near else f"Write one of {one_of(sorted(words))}."
    return fault("malformed", value, f"`{shown(value)}` is not one of the words here.", repair)
