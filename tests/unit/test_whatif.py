"""Other rules and weights on the same history: what is new, lost, changed, and right."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import msgspec
import pytest
from tests.unit.test_decisions import ALERTS, OTHERS, ruled

from entente.alert.decision import Decision
from entente.cli.main import main
from entente.correlate.head import Head
from entente.correlate.replay.whatif import WEEK, Comparison, Setting, compare
from entente.correlate.rules.rules import released, rules
from entente.correlate.weigh.features import features
from entente.correlate.weigh.model import load, weights
from entente.errors import ConfigError

TODAY = Setting(rules(), weights())
SURER = Setting(
    TODAY.rules,
    msgspec.structs.replace(
        weights(), fold=msgspec.structs.replace(weights().fold, likelihood=1.01)
    ),
)
"""Weights with which nothing is likely enough."""


Capture = pytest.CaptureFixture[str]


class Said(NamedTuple):
    code: int
    out: str
    err: str


def history(heads: Iterable[Head], days: int = 1) -> list[tuple[int, tuple[Head, object]]]:
    return [(at * days * WEEK // 7, (one, features(one))) for at, one in enumerate(heads)]


def compared(today: Setting, candidate: Setting, *decisions: Decision, days: int = 1) -> Comparison:
    return compare(
        history([*ALERTS, *OTHERS], days), today, candidate, decisions=decisions,  # type: ignore[arg-type]
        concerns=lambda p: ("COORD-1", "COORD-2")[: 1 + ("NL" in p.administrations)],
    )  # fmt: skip


def subjects(heads: list[Head]) -> tuple[str, ...]:
    return tuple(sorted(one.subject for one in heads))


def test_the_same_rules_change_nothing() -> None:
    found = compared(TODAY, TODAY)
    assert (found.new, found.lost, found.changed, found.same) == ([], [], [], 2)
    assert found.today == found.candidate
    assert found.today.open == 2
    assert (found.alerts, found.weeks) == (8, 2)


def test_what_is_lost_and_what_is_new() -> None:
    found = compared(TODAY, SURER)
    assert (found.candidate.open, found.candidate.load) == (0, {})
    assert {one.alerts for one in found.lost} == {subjects(ALERTS), subjects(OTHERS)}
    back = compared(SURER, TODAY)
    assert (back.new, back.lost) == (found.lost, [])


def test_what_has_changed_is_matched_by_its_alerts() -> None:
    larger = msgspec.structs.replace(
        weights(), fold=msgspec.structs.replace(weights().fold, alerts=4)
    )
    found = compared(TODAY, Setting(TODAY.rules, larger))
    assert [one.alerts for one in found.lost] == [subjects(OTHERS)], "three alerts are too few"
    without = Setting(tuple(r for r in TODAY.rules if r.id != "same-consignor"), weights())
    other = compared(TODAY, without)
    assert (other.new, other.lost) == ([], [])
    assert len(other.changed) + other.same == 2


def test_what_a_coordinator_has_to_read_in_a_week() -> None:
    """The second coordinator is told of what concerns the Netherlands."""
    load = compared(TODAY, TODAY, days=7).today.load
    assert load.keys() == {"COORD-1", "COORD-2"}
    one, two = load.values()
    assert (one.cases, two.cases) == (0.25, 0.12), "two and one cases in eight weeks"
    assert one.versions * 8 >= one.most >= 1
    assert two.versions <= one.versions


@pytest.mark.parametrize(
    ("said", "right", "wrong"),
    [
        ((ruled("accept", "x", subjects(ALERTS)),), 1, 0),
        ((ruled("decline", "x", subjects(ALERTS), code="innocent"),), 0, 1),
        ((ruled("decline", "x", subjects(ALERTS), code="known"),), 1, 0),
        ((ruled("decline", "x", subjects(ALERTS), code="no_means"),), 0, 0),
        ((ruled("decline", "x", subjects(ALERTS)[:2], code="weak"),), 0, 0),
        (
            (
                ruled("decline", "x", subjects(ALERTS), code="weak"),
                ruled("accept", "x", subjects(ALERTS)),
            ),
            1,
            0,
        ),
        (
            (
                ruled("decline", "x", subjects(ALERTS), code="weak"),
                ruled("accept", "y", subjects(OTHERS)),
            ),
            1,
            1,
        ),
    ],
)
def test_proposals_are_judged_by_decisions(
    said: tuple[object, ...], right: int, wrong: int
) -> None:
    decisions = [one.decision for one in said]  # type: ignore[attr-defined]
    precision = compared(TODAY, SURER, *decisions).today.precision
    assert (precision.right, precision.wrong) == (right, wrong)
    assert precision.unjudged == 2 - right - wrong
    expected = right / (right + wrong) if right + wrong else None
    assert precision.precision == expected
    assert precision.found == precision.accepted == right
    missed = compared(TODAY, SURER, *decisions).candidate.precision
    assert (missed.found, missed.accepted) == (0, right)


def test_pairs_that_were_judged_apart_are_counted() -> None:
    apart = ruled("apart", "x", ("FR1",), ("DE2", "NL12")).decision
    assert compared(TODAY, SURER, apart).today.precision.parted == 1
    assert compared(TODAY, SURER, apart).candidate.precision.parted == 0


def run(capsys: Capture, *arguments: str) -> Said:
    """What a command prints, and its exit code."""
    code = main(list(arguments))
    return Said(code, *capsys.readouterr())


def test_from_files(tmp_path: Path, capsys: Capture) -> None:
    stream = f"{tmp_path}/s.jsonl"
    assert run(capsys, "exercise", "simulate", "--alerts", "150", "--out", stream).code == 0
    candidate = tmp_path / "candidate"
    candidate.mkdir()
    for file in released().iterdir():
        if file.name.startswith("document-reuse"):
            (candidate / file.name).write_bytes(file.read_bytes())
    weighed = tmp_path / "w.yaml"
    weighed.write_text(
        (released().joinpath("..", "weights", "1.yaml"))
        .read_text("utf-8")
        .replace("likelihood: 0.3", "likelihood: 0.9")
    )
    decided = tmp_path / "d.jsonl"
    decided.write_bytes(
        msgspec.json.encode({"decision": ruled("accept", "c", ("a",)).decision, "version": 1})
    )
    options = ("--alerts", stream, "--rules", f"{candidate}")
    said = run(capsys, "correlate", "what-if", *options, "--weights", f"{weighed}")
    assert (said.code, said.err) == (0, "")
    assert "candidate" in said.out
    assert "new: 0" in said.out
    said = run(capsys, "correlate", "what-if", *options, "--decisions", f"{decided}", "--json")
    found = json.loads(said.out)
    assert found["today"]["precision"]["accepted"] == 1
    decided.write_text("{}")
    said = run(capsys, "correlate", "what-if", *options, "--decisions", f"{decided}")
    assert said.code == 65
    assert "Line 1 of d.jsonl is not a decision" in said.err


@pytest.mark.parametrize(
    "arguments",
    [(), ("--rules", "x"), ("--alerts", "x"), ("--rules", "x", "--alerts", "y", "--as", "C")],
)  # fmt: skip
def test_a_candidate_and_a_history_are_needed(capsys: Capture, arguments: tuple[str, ...]) -> None:
    said = run(capsys, "correlate", "what-if", *arguments)
    assert said.code == 64
    assert "A candidate and a history" in said.err


def test_weights_that_do_not_fit(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="There are no weights"):
        load(tmp_path / "none.yaml")
    (tmp_path / "bad.yaml").write_text("version: '2'")
    with pytest.raises(ConfigError, match=r"bad\.yaml do not fit"):
        load(tmp_path / "bad.yaml")
