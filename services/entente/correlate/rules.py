"""Patterns as rules: YAML files in the manner of Sigma correlations, one pattern each.

A rule looks at the alerts of one case, which the links have found, in order of their events and
never of arrival; so it is a function of the set. It says what the case looks like, and adds
evidence to it. Unknown keys are an error, and every file carries alerts on which it must fire and
alerts on which it must not.

    selections   names for alerts: field to the values of which one must be there
    correlation  type: ``event_count`` (so many alerts of a selection), ``value_count`` (so many
                 values of a field), ``temporal_ordered`` (the selections one after the other),
                 ``temporal`` (all selections, in any order)
                 same / differ: fields in which the alerts share a value, or share none
                 timespan: days from the first to the last
                 fresh: none of those that share the values of ``same`` is earlier
                 condition: a field, and how many values of it the alerts must have
"""

from collections.abc import Iterable, Sequence
from functools import cache
from hashlib import sha256
from importlib.resources import files
from importlib.resources.abc import Traversable
from itertools import pairwise, product
from typing import Literal

import msgspec
import yaml

from entente.correlate.evidence import Evidence
from entente.correlate.facts import FIELDS, Fact
from entente.errors import ConfigError

_MOST = 12
"""Alerts of one selection that are tried; the earliest."""


class Condition(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """At least ``gte`` values of ``field`` among the alerts."""

    field: str
    gte: int


class Correlation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the selected alerts must stand to each other."""

    type: Literal["event_count", "value_count", "temporal", "temporal_ordered"]
    selections: tuple[str, ...]
    timespan: int
    """Days."""
    gte: int = 2
    field: str | None = None
    """Counted by ``value_count``."""
    same: tuple[str, ...] = ()
    differ: tuple[str, ...] = ()
    fresh: bool = False
    condition: Condition | None = None


class Given(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a rule adds to a case."""

    bits: float
    sentence: str
    """With ``{first.field}`` and ``{last.field}`` of the first and last alert that it fired on."""


class Trial(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Alerts to try a rule on: day, and field to value or values."""

    alerts: tuple[dict[str, int | str | tuple[str, ...]], ...]

    def facts(self) -> list[Fact]:
        """As facts."""
        found = []
        for number, alert in enumerate(self.alerts):
            fields = {
                k: frozenset((v,) if isinstance(v, str) else v)
                for k, v in alert.items()
                if not isinstance(v, int)
            }
            found.append(Fact(f"alert {number}", int(str(alert.get("day", 0))), fields))
        return found


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One pattern."""

    title: str
    id: str
    pattern: str
    """By the catalogue of patterns, e.g. ``P09``."""
    base_rate: str
    falsepositives: tuple[str, ...]
    selections: dict[str, dict[str, tuple[str, ...]]]
    correlation: Correlation
    evidence: Given
    fires: tuple[Trial, ...]
    silent: tuple[Trial, ...]

    def judge(self, alerts: Iterable[Fact]) -> Evidence | None:
        """The evidence that these alerts give by this rule, if it fires."""
        ordered = sorted(alerts, key=lambda f: (f.day, f.subject))
        found = self._find(ordered)
        if found is None:
            return None
        first, last = found[0], found[-1]
        note = self.evidence.sentence.format(first=_Words(first), last=_Words(last))
        return Evidence(kind="pattern", bits=self.evidence.bits, left=self.id, note=note)

    def _find(self, ordered: Sequence[Fact]) -> list[Fact] | None:
        how = self.correlation
        chosen = [
            [f for f in ordered if _selected(f, self.selections[name])] for name in how.selections
        ]
        if how.type in ("temporal", "temporal_ordered"):
            for pick in product(*(c[:_MOST] for c in chosen)):
                days = [f.day for f in pick]
                in_order = how.type == "temporal" or all(a < b for a, b in pairwise(days))
                distinct = len({f.subject for f in pick}) == len(pick)
                if in_order and distinct and self._fits(pick):
                    return sorted(pick, key=lambda f: (f.day, f.subject))
            return None
        return self._count(chosen[0])

    def _count(self, chosen: Sequence[Fact]) -> list[Fact] | None:
        how = self.correlation
        for start in range(len(chosen)):
            window = [f for f in chosen[start:] if f.day - chosen[start].day <= how.timespan]
            groups = self._groups(window)
            for group in groups:
                count = (
                    len(group)
                    if how.type == "event_count"
                    else len({v for f in group for v in f.fields.get(how.field or "", ())})
                )
                if count >= how.gte and self._condition(group) and self._fresh(group, chosen):
                    return group
        return None

    def _fresh(self, group: Sequence[Fact], chosen: Sequence[Fact]) -> bool:
        """Whether nothing that shares the group's values came before it, where that is asked."""
        earlier = [f for f in chosen if f.day < group[0].day] if self.correlation.fresh else []
        return not any(
            all(_share((*group, one), field) for field in self.correlation.same) for one in earlier
        )

    def _groups(self, window: list[Fact]) -> list[list[Fact]]:
        """The alerts that share a value of every field of ``same``."""
        groups = [window]
        for field in self.correlation.same:
            groups = [
                [f for f in group if value in f.fields.get(field, ())]
                for group in groups
                for value in sorted({v for f in group for v in f.fields.get(field, ())})
            ]
        return [g for g in groups if len(g) > 1]

    def _fits(self, pick: Sequence[Fact]) -> bool:
        how = self.correlation
        days = [f.day for f in pick]
        return (
            max(days) - min(days) <= how.timespan
            and all(_share(pick, field) for field in how.same)
            and all(_differ(pick, field) for field in how.differ)
            and self._condition(pick)
        )

    def _condition(self, alerts: Sequence[Fact]) -> bool:
        need = self.correlation.condition
        if need is None:
            return True
        return len({v for f in alerts for v in f.fields.get(need.field, ())}) >= need.gte


class _Words:
    """Lets a sentence name a field of an alert."""

    def __init__(self, fact: Fact) -> None:
        self._fact = fact

    def __getattr__(self, field: str) -> str:
        return ", ".join(sorted(self._fact.fields.get(field, ()))) or "unknown"


def _selected(fact: Fact, wanted: dict[str, tuple[str, ...]]) -> bool:
    """``*``: any value at all."""
    return all(
        (have := fact.fields.get(field, frozenset()))
        and ("*" in values or not have.isdisjoint(values))
        for field, values in wanted.items()
    )


def _share(pick: Sequence[Fact], field: str) -> bool:
    return bool(frozenset.intersection(*(f.fields.get(field, frozenset()) for f in pick)))


def _differ(pick: Sequence[Fact], field: str) -> bool:
    values = [f.fields.get(field, frozenset()) for f in pick]
    return all(values) and all(
        a.isdisjoint(b) for i, a in enumerate(values) for b in values[i + 1 :]
    )


@cache
def rules(folder: Traversable | None = None) -> tuple[Rule, ...]:
    """Every rule of a folder, by id; the released ones without.

    Raises ConfigError at the first that does not fit, names a field or selection that does not
    exist, or fails on its own trials.
    """
    folder = folder or files("entente.correlate").joinpath("patterns")
    found = [_load(f) for f in folder.iterdir() if f.name.endswith(".yaml")]
    return tuple(sorted(found, key=lambda r: r.id))


def version(given: tuple[Rule, ...]) -> str:
    """What names a set of rules: the same name, the same rules."""
    whole = msgspec.json.encode(given, order="deterministic")
    return sha256(whole).hexdigest()[:12]


def _load(file: Traversable) -> Rule:
    try:
        rule = msgspec.convert(yaml.safe_load(file.read_text("utf-8")), Rule)
    except (yaml.YAMLError, msgspec.ValidationError) as error:
        raise ConfigError(f"The rule {file.name} does not fit: {error}.") from error
    how = rule.correlation
    named = {f for s in rule.selections.values() for f in s} | {*how.same, *how.differ}
    named |= {how.field} if how.field else set()
    named |= {how.condition.field} if how.condition else set()
    if unknown := sorted(named - FIELDS):
        raise ConfigError(f"The rule {file.name} names unknown fields: {', '.join(unknown)}.")
    if unknown := sorted(set(how.selections) - rule.selections.keys()):
        raise ConfigError(f"The rule {file.name} names unknown selections: {', '.join(unknown)}.")
    for expected, trials in ((True, rule.fires), (False, rule.silent)):
        for number, trial in enumerate(trials, 1):
            if (rule.judge(trial.facts()) is not None) != expected:
                which = "fires" if expected else "silent"
                raise ConfigError(f"The rule {file.name} fails its own trial {which} {number}.")
    return rule
