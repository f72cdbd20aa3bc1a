"""What an alert says it could not establish: the pointers in ``unknown``."""

from collections.abc import Iterator
from functools import lru_cache

import msgspec
from msgspec.structs import replace

from entente.alert.fields import fields
from entente.alert.nearest import nearest_word
from entente.alert.problem import Problem, fault, shown
from entente.alert.record import Alert

MAX_PATH = 100
"""Characters in a pointer that is remembered; all that lead to parts have fewer."""


def unknown_pointers(alert: Alert) -> Iterator[Problem]:
    """Each pointer leads to a field of this alert that holds no value."""
    for i, pointer in enumerate(alert.unknown):
        if not _is_absent(alert, pointer) and (problem := _judge(alert, pointer)):
            yield replace(problem, pointer=f"/unknown/{i}")


def _is_absent(alert: Alert, pointer: str) -> bool:
    """Whether a pointer leads to a field without a value, at a glance."""
    names = _path(type(alert), pointer) if len(pointer) <= MAX_PATH else ()
    value: object = alert
    for name in names:
        value = getattr(value, name)
        if value is None:
            return True
    return value == ()


@lru_cache(maxsize=1_024)
def _path(cls: type[msgspec.Struct], pointer: str) -> tuple[str, ...]:
    """The fields of parts that a pointer names from the alert on; none if it is another pointer."""
    names = tuple(pointer.split("/")[1:])
    for at, name in enumerate(names):
        field = fields(cls).get(name)
        if field is None or (at < len(names) - 1 and (field.many or not field.part)):
            return ()
        cls = field.type
    return () if names[:1] == ("nominal",) else names


def _judge(alert: Alert, pointer: str) -> Problem | None:
    names = pointer.split("/")[1:]
    if names[:1] == ["nominal"] and len(names) > 2:
        return fault(
            "contradiction",
            pointer,
            "What is inside the sealed part cannot be named in the open one.",
            "Write `/nominal`, `/nominal/parties` or `/nominal/persons`.",
        )
    cls: type[msgspec.Struct] = type(alert)
    value: object = alert
    seen = ""
    while names:
        name, *names = names
        field = fields(cls).get(name)
        if field is None:
            near = nearest_word(name, fields(cls))
            repair = f"Did you mean `{seen}/{near}`?" if near else "Name a field of this alert."
            return fault("malformed", pointer, f"There is no field `{shown(name)}` there.", repair)
        seen += f"/{name}"
        value = getattr(value, name, None)
        if field.many and names:
            index, *names = names
            known = isinstance(value, tuple) and index in map(str, range(len(value)))
            if not isinstance(value, tuple) or not known:
                return fault(
                    "malformed",
                    pointer,
                    f"`{seen}` has no entry `{shown(index)}`.",
                    f"Count from 0, or write `{seen}` for all of it.",
                )
            seen += f"/{index}"
            value = value[int(index)]
        if names and not field.part:
            return fault(
                "malformed", pointer, f"`{seen}` has no fields of its own.", f"Write `{seen}`."
            )
        cls = field.type
    if says_something(value):
        return fault(
            "contradiction",
            pointer,
            f"`{pointer}` is said to be unknown, and it has a value.",
            "Remove the value or the pointer.",
        )
    return None


def says_something(value: object) -> bool:
    """Whether a field's value says anything: a part does if one of its fields does."""
    if isinstance(value, msgspec.Struct):
        return any(map(says_something, msgspec.structs.astuple(value)))
    return value is not None and value != ()
