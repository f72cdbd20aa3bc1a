"""One rule: what a pattern looks like among the alerts of one case, in the manner of Sigma 2.0.

A rule looks at alerts that links have brought together, in order of their events and never of
arrival; so what it says is a function of the set. The language is described in the room's README.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import pairwise, product
from string import Formatter
from typing import Literal, NamedTuple

import msgspec

from entente.correlate.evidence import Evidence
from entente.correlate.weigh.facts import FIELDS, Fact, said

_MOST = 12
"""Alerts of one detection that ordered rules try; the earliest."""
Type = Literal["event_count", "value_count", "temporal", "temporal_ordered"]
Values = str | tuple[str, ...]
Detection = dict[str, Values] | tuple[dict[str, Values], ...]
"""All of these fields; of several, one or another."""


class Condition(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How many alerts there must be or, where a field is named, how many values of it."""

    field: str | None = None
    gt: int | None = None
    gte: int | None = None
    lt: int | None = None
    lte: int | None = None
    eq: int | None = None

    def __post_init__(self) -> None:
        if all(n is None for n in (self.gt, self.gte, self.lt, self.lte, self.eq)):
            raise ValueError("a condition compares with one of gt, gte, lt, lte, eq")

    def holds(self, count: int) -> bool:
        """Whether a count is as it must be."""
        return (
            (self.gt is None or count > self.gt)
            and (self.gte is None or count >= self.gte)
            and (self.lt is None or count < self.lt)
            and (self.lte is None or count <= self.lte)
            and (self.eq is None or count == self.eq)
        )


class Correlation(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"group_by": "group-by"}
):
    """How the alerts that detections choose must stand to each other."""

    type: Type
    rules: tuple[str, ...]
    """Names of detections."""
    timespan: str
    """From the first event to the last: days or weeks, e.g. ``120d``, ``2w``."""
    group_by: tuple[str, ...] = ()
    """Fields in which the alerts share a value."""
    differ: tuple[str, ...] = ()
    """Fields in which no two of them share a value, though each has one."""
    moves: tuple[str, ...] = ()
    """Fields in which the case leaves the values of the first alert for those of the last: of the
    former half as many alerts come from the last on as came before, of the latter twice as many."""
    fresh: bool = False
    """Whether the group begins here: no earlier alert shares its values of ``group-by``."""
    condition: Condition | tuple[Condition, ...] = ()
    aliases: dict[str, dict[str, str]] = {}
    """Name to the field that it means, by detection."""

    def __post_init__(self) -> None:
        number, unit = self.timespan[:-1], self.timespan[-1:]
        if not number.isdecimal() or unit not in ("d", "w"):
            raise ValueError(f"timespan is days or weeks, e.g. 120d; not {self.timespan!r}")
        counted = [c for c in self.conditions if c.field is None]
        if self.type == "event_count" and not counted:
            raise ValueError("event_count needs a condition without a field, e.g. {gte: 3}")
        if self.type == "value_count" and len(counted) == len(self.conditions):
            raise ValueError("value_count needs a condition with a field")
        if self.moves and self.type != "temporal_ordered":
            raise ValueError("moves asks about a first and a last alert: temporal_ordered")
        if self.fresh and not (self.group_by and self.type.endswith("_count")):
            raise ValueError("fresh asks about a count of alerts with a group-by")

    @property
    def days(self) -> int:
        """The timespan in days."""
        return int(self.timespan[:-1]) * (7 if self.timespan.endswith("w") else 1)

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """All of them; each must hold."""
        one = self.condition
        return (one,) if isinstance(one, Condition) else one


class Given(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a rule adds to a case."""

    bits: float
    """0 where the links have counted it already and the rule only gives it its name."""
    sentence: str
    """May hold ``{first.field}`` and ``{last.field}`` of the first and last alert that it fired
    on, ``{shared.field}``, the values that all of these have, ``{all.field}``, those that any of
    them has, and ``{count}``, how many these are."""


class Picked(NamedTuple):
    """An alert and the detections that chose it."""

    fact: Fact
    names: tuple[str, ...]


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One pattern."""

    title: str
    id: str
    pattern: str
    """By the catalogue of patterns, e.g. ``P09``."""
    base_rate: str
    """How often it fires, and on what that was counted."""
    falsepositives: tuple[str, ...]
    """Innocent things that look alike."""
    detections: dict[str, Detection]
    """Names for alerts: field to the values of which one must be there; ``*`` is any, and
    ``field|not`` takes values that must not."""
    correlation: Correlation
    evidence: Given

    def __post_init__(self) -> None:
        if not self.falsepositives or not self.base_rate:
            raise ValueError("a rule says its base_rate and at least one of falsepositives")
        if unknown := sorted(self._fields() - FIELDS - self.correlation.aliases.keys()):
            raise ValueError(f"unknown fields: {', '.join(unknown)}")
        named = {
            *self.correlation.rules,
            *(d for a in self.correlation.aliases.values() for d in a),
        }
        if unknown := sorted(named - self.detections.keys()):
            raise ValueError(f"unknown detections: {', '.join(unknown)}")
        for _, place, _, _ in Formatter().parse(self.evidence.sentence):
            which, _, field = (place or "count").partition(".")
            if which != "count" and (which not in _PLACES or field not in FIELDS):
                raise ValueError(f"the sentence names {{{place}}}, which there is not")

    def _fields(self) -> set[str]:
        how = self.correlation
        named = {
            f.removesuffix("|not") for d in self.detections.values() for m in _maps(d) for f in m
        }
        named |= {
            *how.group_by,
            *how.differ,
            *how.moves,
            *(f for a in how.aliases.values() for f in a.values()),
        }
        return named | {c.field for c in how.conditions if c.field}

    def judge(self, alerts: Iterable[Fact]) -> Evidence | None:
        """The evidence that these alerts give by this rule, if it fires."""
        return next(iter(judge((self,), alerts)), None)

    def _judge(self, ordered: Sequence[Fact], shared: Collection[str]) -> Evidence | None:
        how = self.correlation
        if not all(field in shared or field in how.aliases for field in how.group_by):
            return None
        found = self._find(ordered)
        if found is None:
            return None
        first, last = found[0].fact, found[-1].fact
        note = self.evidence.sentence.format(
            first=_Words(first.fields),
            last=_Words(last.fields),
            shared=_Words(_shared([p.fact for p in found])),
            all=_Words(_union([p.fact for p in found])),
            count=len(found),
        )
        return Evidence("pattern", self.evidence.bits, self.id, self.pattern, note=note)

    def _find(self, ordered: Sequence[Fact]) -> list[Picked] | None:
        how = self.correlation
        chosen = {
            name: [f for f in ordered if _chosen(f, self.detections[name])] for name in how.rules
        }
        if how.type.startswith("temporal"):
            return self._sequence(chosen, ordered) if all(chosen.values()) else None
        names: dict[str, tuple[str, ...]] = {}
        for name, facts in chosen.items():
            for fact in facts:
                names[fact.subject] = (*names.get(fact.subject, ()), name)
        picked = [Picked(f, names[f.subject]) for f in ordered if f.subject in names]
        found = [held for group in self._groups(picked) if (held := self._window(group))]
        return min(found, key=_when, default=None)

    def _sequence(
        self, chosen: Mapping[str, list[Fact]], ordered: Sequence[Fact]
    ) -> list[Picked] | None:
        how = self.correlation
        sides = [[Picked(f, (name,)) for f in facts[:_MOST]] for name, facts in chosen.items()]
        for pick in product(*sides):
            days = [p.fact.day for p in pick]
            if (
                len({p.fact.subject for p in pick}) == len(pick)
                and max(days) - min(days) <= how.days
                and (how.type == "temporal" or all(a < b for a, b in pairwise(days)))
                and all(self._share(pick, field) for field in how.group_by)
                and self._fits(pick)
                and all(_moves(pick[0].fact, pick[-1].fact, f, ordered) for f in how.moves)
            ):
                return sorted(pick, key=lambda p: (p.fact.day, p.fact.subject))
        return None

    def _window(self, group: list[Picked]) -> list[Picked] | None:
        """The first window of a group that is as it must be."""
        for at, start in enumerate(group):
            until = start.fact.day + self.correlation.days
            window = [p for p in group[at:] if p.fact.day <= until]
            if self._fits(window):
                return window
            if self.correlation.fresh:
                return None
        return None

    def _groups(self, picked: list[Picked]) -> Iterator[list[Picked]]:
        """The alerts that share a value of every field to group by: two at least."""
        groups = [picked]
        for field in self.correlation.group_by:
            groups = [part for group in groups for part in self._parts(group, field)]
        yield from groups

    def _parts(self, group: list[Picked], field: str) -> Iterator[list[Picked]]:
        values = [self._values(p, field) for p in group]
        counts = Counter(v for held in values for v in held)
        for value in sorted(v for v, n in counts.items() if n > 1):
            yield [p for p, held in zip(group, values, strict=True) if value in held]

    def _fits(self, pick: Sequence[Picked]) -> bool:
        return all(
            c.holds(len(pick) if c.field is None else len(self._all(pick, c.field)))
            for c in self.correlation.conditions
        ) and all(self._differ(pick, field) for field in self.correlation.differ)

    def _values(self, picked: Picked, field: str) -> frozenset[str]:
        """What an alert has of a field, or of what an alias means for who chose it."""
        alias = self.correlation.aliases.get(field)
        if alias is None:
            return picked.fact.fields.get(field, _NONE)
        held = [picked.fact.fields.get(alias[n], _NONE) for n in picked.names if n in alias]
        return _NONE.union(*held)

    def _all(self, pick: Sequence[Picked], field: str) -> frozenset[str]:
        return _NONE.union(*(self._values(p, field) for p in pick))

    def _share(self, pick: Sequence[Picked], field: str) -> bool:
        return bool(frozenset.intersection(*(self._values(p, field) for p in pick)))

    def _differ(self, pick: Sequence[Picked], field: str) -> bool:
        held = [self._values(p, field) for p in pick]
        return all(held) and sum(map(len, held)) == len(self._all(pick, field))


def judge(rules: Iterable[Rule], alerts: Iterable[Fact]) -> tuple[Evidence, ...]:
    """The evidence that the alerts of one case give by all these rules."""
    ordered = sorted(alerts, key=lambda f: (f.day, f.subject))
    seen: dict[str, frozenset[str]] = {}
    shared: set[str] = set()
    for fact in ordered:
        for field, values in fact.fields.items():
            if field not in shared:
                known = seen.get(field, _NONE)
                if known.isdisjoint(values):
                    seen[field] = known | values
                else:
                    shared.add(field)
    return tuple(e for rule in rules if (e := rule._judge(ordered, shared)))


def _moves(first: Fact, last: Fact, field: str, alerts: Sequence[Fact]) -> bool:
    """Whether what the first has of a field makes room for what the last has."""

    def come(like: Fact) -> tuple[int, int]:
        """How many alerts have it before the last, and from it on."""
        wanted = like.fields.get(field, _NONE)
        have = [f.day < last.day for f in alerts if not wanted.isdisjoint(f.fields.get(field, ()))]
        return sum(have), len(have) - sum(have)

    (before, after), (earlier, later) = come(first), come(last)
    return 2 * after <= before and 2 * earlier <= later


_NONE: frozenset[str] = frozenset()
_PLACES = ("first", "last", "shared", "all")


class _Words:
    """Lets a sentence name a field of an alert."""

    def __init__(self, fields: Mapping[str, frozenset[str]]) -> None:
        self._fields = fields

    def __getattr__(self, field: str) -> str:
        words = sorted({said(value) for value in self._fields.get(field, ())})
        return ", ".join(words) or "something unknown"


def _shared(facts: Sequence[Fact]) -> dict[str, frozenset[str]]:
    fields = set.intersection(*(set(f.fields) for f in facts))
    return {name: frozenset.intersection(*(f.fields[name] for f in facts)) for name in fields}


def _union(facts: Sequence[Fact]) -> dict[str, frozenset[str]]:
    fields = set().union(*(f.fields for f in facts))
    return {name: _NONE.union(*(f.fields.get(name, _NONE) for f in facts)) for name in fields}


def _when(group: Sequence[Picked]) -> tuple[tuple[int, str], ...]:
    return tuple((p.fact.day, p.fact.subject) for p in group)


def _maps(detection: Detection) -> tuple[dict[str, Values], ...]:
    return (detection,) if isinstance(detection, dict) else detection


def _chosen(fact: Fact, detection: Detection) -> bool:
    return any(_has(fact, wanted) for wanted in _maps(detection))


def _has(fact: Fact, wanted: Mapping[str, Values]) -> bool:
    for key, values in wanted.items():
        field, _, modifier = key.partition("|")
        have = fact.fields.get(field, _NONE)
        listed = (values,) if isinstance(values, str) else values
        if modifier == "not":
            if have if "*" in listed else not have.isdisjoint(listed):
                return False
        elif not have or ("*" not in listed and have.isdisjoint(listed)):
            return False
    return True
