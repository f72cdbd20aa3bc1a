"""Apply a mapping to rows, and count what each rule could make of them."""

import hashlib
import re
from collections import Counter
from collections.abc import Mapping as Dict
from dataclasses import dataclass, field

import msgspec

from entente.alert.problem import Problem
from entente.publish.mapping import Branch, Mapping
from entente.publish.row import Row
from entente.publish.rule import Outcome, Rule, Value, What

MAX_REMEMBERED = 20_000
"""Distinct texts per rule whose outcome is kept."""
MAX_WORDS = 200
"""Distinct unmapped words per rule that are counted one by one."""
Json = Value | dict[str, "Json"] | list["Json"]


@dataclass(slots=True)
class Coverage:
    """What one rule made of the rows it looked at."""

    columns: tuple[str, ...]
    target: str
    counts: dict[What, int] = field(default_factory=dict)
    unmapped: Counter[str] = field(default_factory=Counter)
    """Words that a table does not list, with how often."""


@dataclass(slots=True)
class Mapped:
    """The JSON forms that a row maps to, with what is wrong with it so far."""

    alert: dict[str, Json]
    problems: list[Problem]


class _Memo:
    """A rule at work, with its outcomes by the text that they came from."""

    __slots__ = ("coverage", "needs", "remembered", "rule", "single")

    def __init__(self, rule: Rule) -> None:
        self.rule = rule
        self.needs = rule.needs
        self.single = rule.needs[0] if len(rule.needs) == 1 else None
        self.remembered: dict[object, Outcome | None] = {}
        self.coverage = Coverage(rule.columns, rule.target)

    def apply(self, cells: Dict[str, str]) -> Outcome | None:
        """As the rule itself, and counted."""
        if self.single is not None:
            key: object = cells.get(self.single, "")
        else:
            key = tuple([cells.get(column, "") for column in self.needs])
        try:
            outcome = self.remembered[key]
        except KeyError:
            if len(self.remembered) >= MAX_REMEMBERED:
                self.remembered.clear()
            outcome = self.remembered[key] = self.rule.apply(cells)
        if outcome is not None:
            counts = self.coverage.counts
            counts[outcome.what] = counts.get(outcome.what, 0) + 1
            if outcome.what in ("unmapped", "wrong"):
                self._unmapped(outcome, cells)
        return outcome

    def _unmapped(self, outcome: Outcome, cells: Dict[str, str]) -> None:
        if outcome.problem is not None and outcome.problem.code != "not_listed":
            return
        words = self.coverage.unmapped
        word = self.rule.join.join(cells.get(c, "").strip() for c in self.rule.columns)[:100]
        if word in words or len(words) < MAX_WORDS:
            words[word] += 1


class Mapper:
    """One mapping at work on one file. Outcomes are remembered by the text they came from."""

    def __init__(self, mapping: Mapping) -> None:
        self.mapping = mapping
        self._memos = {id(rule): _Memo(rule) for rule in mapping.rules}

    @property
    def coverage(self) -> tuple[Coverage, ...]:
        """Of every rule that reads a column, in the mapping's order."""
        return tuple(memo.coverage for memo in self._memos.values() if memo.rule.columns)

    def owner(self, row: Row, problems: list[Problem]) -> str | None:
        """Whose row it is, if the row tells."""
        if self.mapping.alerts:
            owner = row.cells.get("administration") if "alert" in row.cells else None
            return owner if isinstance(owner, str) else None
        rule = self.mapping.administration
        if rule is None:
            return None
        cells = {name: str(row.cells.get(name, "")) for name in rule.needs}
        owner = self.single(rule, cells, problems)
        return None if owner is None else str(owner)

    def alert(self, cells: Dict[str, str]) -> Mapped:
        """The JSON form of a row's alert."""
        problems: list[Problem] = []
        unknown: list[str] = []
        made = self._build(self.mapping.alert, cells, unknown, problems)
        alert = made[0] if made is not None and isinstance(made[0], dict) else {}
        reference = self._reference(cells, problems)
        alert |= {"kind": str(self.mapping.kind.__struct_config__.tag), "national_ref": reference}
        if unknown:
            alert["unknown"] = list(dict.fromkeys(unknown))
        return Mapped(alert, problems)

    def handling(self, cells: Dict[str, str], problems: list[Problem]) -> dict[str, Json]:
        """The JSON form of a row's handling marks."""
        made = self._build(self.mapping.handling, cells, [], problems)
        return made[0] if made is not None and isinstance(made[0], dict) else {}

    def single(
        self, rule: Rule | None, cells: Dict[str, str], problems: list[Problem]
    ) -> Value | None:
        """The value of a rule that stands outside the alert, e.g. of the administration."""
        outcome = self._memos[id(rule)].apply(cells) if rule is not None else None
        if outcome is None:
            return None
        if outcome.problem is not None:
            problems.append(outcome.problem)
        return outcome.value

    def _build(
        self, branch: Branch, cells: Dict[str, str], unknown: list[str], problems: list[Problem]
    ) -> tuple[Json, bool] | None:
        """The value of a branch and whether a column gave any of it; None if there is none."""
        found: dict[str, Json] = {}
        given = False
        for name, child in branch.children.items():
            if isinstance(child, Branch):
                below = self._build(child, cells, unknown, problems)
            else:
                below = self._leaf(child, cells, unknown, problems)
            if below is not None:
                found[name] = below[0]
                given = given or below[1]
        if not found or (branch.needy and not given):
            return None
        if branch.is_list:
            return [found[key] for key in sorted(found, key=int)], given
        return found, given

    def _leaf(
        self, rules: list[Rule], cells: Dict[str, str], unknown: list[str], problems: list[Problem]
    ) -> tuple[Json, bool] | None:
        for rule in rules:
            outcome = self._memos[id(rule)].apply(cells)
            if outcome is None:
                continue
            if outcome.value is not None:
                return outcome.value, outcome.what != "constant"
            if outcome.problem is not None:
                problems.append(outcome.problem)
                return None
            if outcome.what == "unknown":
                unknown.append(rule.unknown_as)
                return None
        return None

    def _reference(self, cells: Dict[str, str], problems: list[Problem]) -> str:
        reference = self.mapping.reference
        if not reference.template:
            exact = msgspec.json.encode([cells.get(column, "") for column in reference.columns])
            return reference.prefix + hashlib.sha256(exact).hexdigest()[:24]
        for column in reference.columns:
            if not cells.get(column, "").strip():
                problems.append(
                    Problem(
                        "/national_ref", "", f"Column {column} is empty; the reference needs it.",
                        "Give the row its reference.", "missing",
                    )
                )  # fmt: skip
        return re.sub(r"\{([^{}]+)\}", lambda m: cells.get(m[1], "").strip(), reference.template)
