"""A rule: how one field of the alert comes from the columns of a row.

    /goods/0/quantity: {column: AMOUNT, times: {column: UNIT, table: units.factor}}
    /event/date:       {column: DATE, date: ["%d/%m/%Y", "%Y"]}
    /stage:            seized

In this order: `when`/`unless` decide whether the rule speaks; the column's text is trimmed (several
`columns` are joined by `join`); empty gives `default` or nothing; `ignore` gives nothing; `unknown`
puts the field on the alert's list of unknowns; `table` translates, and `otherwise` says what
becomes of a word it does not list (`reject` the row, `skip` the field, `keep` the word); `date`,
`decimal`, `thousands`, `places` and `times` read what is left. ISO 8601 dates are always read.
"""

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from entente.alert.problem import Problem, ProblemCode, shown
from entente.publish.document import Node
from entente.publish.shape import Leaf
from entente.publish.tables import Table, find_table

KEYS = frozenset({
    "column", "columns", "join", "value", "table", "otherwise", "unknown", "unknown_as", "ignore",
    "default", "date", "precision", "decimal", "thousands", "places", "times", "when", "unless",
})  # fmt: skip
ISO = re.compile(r"[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?")
WHOLE = re.compile(r"-?[0-9]{1,18}")
NUMBER = re.compile(r"[+-]?[0-9]{1,18}(\.[0-9]{1,30})?([eE][+-]?[0-9]{1,2})?")
Value = str | int | bool
What = Literal["given", "constant", "empty", "ignored", "unknown", "unmapped", "wrong"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a rule made of a row: a value, an unknown, a problem, or nothing."""

    what: What
    value: Value | None = None
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class Condition:
    """Holds when ``column`` has one of ``values``; ``*`` stands for any text, `""` for none."""

    column: str
    values: frozenset[str]

    def holds(self, cells: Mapping[str, str]) -> bool:
        """Whether it does for a row."""
        text = cells.get(self.column, "").strip()
        return text in self.values or ("*" in self.values and text != "")


@dataclass(frozen=True, slots=True)
class Rule:
    """See the module. ``columns`` empty: a constant."""

    target: str
    leaf: Leaf
    columns: tuple[str, ...] = ()
    join: str = " "
    constant: str = ""
    table: Table | None = None
    otherwise: str = "reject"
    unknown: frozenset[str] = frozenset()
    unknown_as: str = ""
    ignore: frozenset[str] = frozenset()
    default: str = ""
    dates: tuple[str, ...] = ()
    precision: str = "day"
    decimal: str = "."
    thousands: str = ""
    places: int | None = None
    times: "Rule | None" = None
    when: tuple[Condition, ...] = ()
    unless: tuple[Condition, ...] = ()
    needs: tuple[str, ...] = field(init=False)
    """Every column that it looks at, each once."""

    def __post_init__(self) -> None:
        conditions = (c.column for c in (*self.when, *self.unless))
        times = self.times.needs if self.times else ()
        needs = tuple(dict.fromkeys((*self.columns, *conditions, *times)))
        object.__setattr__(self, "needs", needs)

    def apply(self, cells: Mapping[str, str]) -> Outcome | None:
        """The outcome for a row, or None if the rule does not speak."""
        if not all(c.holds(cells) for c in self.when) or any(c.holds(cells) for c in self.unless):
            return None
        if not self.columns:
            return self._read(self.constant, "given" if self.when else "constant")
        parts = [cells.get(column, "").strip() for column in self.columns]
        text = self.join.join(part for part in parts if part)
        outcome = self._translated(text) if text else self._default()
        if self.times is None or outcome.value is None:
            return outcome
        return self._scaled(outcome.value, self.times.apply(cells))

    def _default(self) -> Outcome:
        return self._read(self.default, "constant") if self.default else Outcome("empty")

    def _translated(self, text: str) -> Outcome:
        """What a text that is not empty comes to, before it is scaled."""
        if text in self.unknown:
            return Outcome("unknown")
        if text in self.ignore:
            return Outcome("ignored")
        found = self.table.get(text) if self.table is not None else text
        if found is None and self.otherwise == "skip":
            return Outcome("unmapped")
        if found is None and self.otherwise == "reject":
            assert self.table is not None  # noqa: S101 - nothing else gives None
            return self._wrong(
                text,
                f"table {self.table.name} does not list",
                "Correct the cell, or add the word to the table.",
                "not_listed",
            )
        return (
            self._read(text if found is None else found, "given")
            if found != ""
            else (Outcome("ignored"))
        )

    def _wrong(self, text: str, reason: str, repair: str, code: ProblemCode) -> Outcome:
        reason = f"Column {' + '.join(self.columns)} has {shown(text)!r}, which {reason}."
        return Outcome("wrong", problem=Problem(self.target, shown(text), reason, repair, code))

    def _read(self, text: str, what: What) -> Outcome:
        """Read dates and numbers; all else is text."""
        if self.dates:
            date = self._date(text)
            if date is None:
                forms = " or ".join(repr(form) for form in self.dates)
                return self._wrong(
                    text, f"is no date of the form {forms}",
                    "Correct the cell, or add its form to `date` in the mapping.", "date",
                )  # fmt: skip
            return Outcome(what, date)
        if self.leaf.type in ("decimal", "int"):
            return self._number(text, what)
        if self.leaf.type == "bool":
            if text not in ("true", "false"):
                return self._wrong(
                    text, "is neither true nor false",
                    "Translate it by a table to true or false.", "malformed",
                )  # fmt: skip
            return Outcome(what, text == "true")
        return Outcome(what, text)

    def _number(self, text: str, what: What) -> Outcome:
        number = text.replace(self.thousands, "") if self.thousands else text
        number = number.replace(self.decimal, ".") if self.decimal != "." else number
        whole = self.leaf.type == "int"
        if not (WHOLE if whole else NUMBER).fullmatch(number):
            return self._wrong(
                text, "is no number",
                f"Write digits with {self.decimal!r} before the decimals, or set `decimal` and "
                "`thousands` in the mapping.", "malformed",
            )  # fmt: skip
        return Outcome(what, int(number) if whole else self._plain(Decimal(number)))

    def _date(self, text: str) -> str | None:
        cut = {"day": 10, "month": 7, "year": 4}[self.precision]
        for form in self.dates:
            try:
                date = dt.datetime.strptime(text, form).date()
            except (ValueError, OverflowError):
                continue
            length = 10 if re.search("%[djxcD]", form) else 7 if re.search("%[mbB]", form) else 4
            return date.isoformat()[: min(cut, length)]
        day = text.partition("T")[0]
        return day[:cut] if ISO.fullmatch(day) else None

    def _plain(self, number: Decimal) -> str:
        if self.places is not None:
            number = round(number, self.places)
        text = format(number, "f")
        return text.rstrip("0").rstrip(".") if "." in text else text

    def _scaled(self, value: Value, factor: Outcome | None) -> Outcome:
        if factor is None or factor.value is None:
            return factor if factor is not None else Outcome("empty")
        return Outcome("given", self._plain(Decimal(str(value)) * Decimal(str(factor.value))))


def read_rule(target: str, leaf: Leaf, node: Node, tables: Mapping[str, Table]) -> Rule:
    """Check and build a rule; a plain value is a constant. Raises MappingError."""
    if isinstance(node.value, str):
        leaf.check(node.value, node)
        return Rule(target, leaf, constant=node.value)
    parts = node.mapping(f"the rule of {target}", KEYS)
    sources = [key for key in ("column", "columns", "value") if key in parts]
    if len(sources) != 1:
        raise node.error(f"the rule of {target} needs one of column, columns or value.")

    def text(key: str, default: str = "") -> str:
        return parts[key].text(key) if key in parts else default

    def texts(key: str) -> tuple[str, ...]:
        return parts[key].texts(key) if key in parts else ()

    def choice(key: str, default: str, choices: tuple[str, ...]) -> str:
        value = text(key, default)
        if value not in choices:
            raise parts[key].error(f"{key} is one of {', '.join(choices)}, not {value!r}.")
        return value

    def conditions(key: str) -> tuple[Condition, ...]:
        if key not in parts:
            return ()
        return tuple(
            Condition(column, frozenset(values.texts(column)))
            for column, values in parts[key].mapping(key).items()
        )

    table = find_table(parts["table"], tables) if "table" in parts else None
    reads = "times" in parts or "date" in parts
    if table is not None and not reads:
        for value in table.exact.values():
            if value:
                leaf.check(value, parts["table"])
    for key in ("value", "default"):
        if key in parts and not reads:
            leaf.check(text(key), parts[key])
    if "date" in parts and leaf.type != "str":
        raise parts["date"].error(f"{target} is not a date.")
    times = None
    if "times" in parts:
        if leaf.type != "decimal":
            raise parts["times"].error(f"{target} is not a decimal number.")
        times = read_rule(target, leaf, parts["times"], tables)
    places = text("places")
    if places and not (places.isdecimal() and int(places) <= 12):
        raise parts["places"].error("places is a number from 0 to 12.")
    return Rule(
        target, leaf,
        columns=texts("column") or texts("columns"),
        join=text("join", " "),
        constant=text("value"),
        table=table,
        otherwise=choice("otherwise", "reject", ("reject", "skip", "keep")),
        unknown=frozenset(texts("unknown")),
        unknown_as=text("unknown_as", target),
        ignore=frozenset(texts("ignore")),
        default=text("default"),
        dates=texts("date"),
        precision=choice("precision", "day", ("day", "month", "year")),
        decimal=text("decimal", "."),
        thousands=text("thousands"),
        places=int(places) if places else None,
        times=times,
        when=conditions("when"),
        unless=conditions("unless"),
    )  # fmt: skip
