import random
from pathlib import Path
from typing import Any

import pytest
import yaml

from entente.correlate.propose.own import base_rates
from entente.correlate.rules.rule import Condition
from entente.correlate.rules.rules import TRIALS, released, rules
from entente.correlate.rules.trials import check, trials
from entente.correlate.weigh.facts import Fact
from entente.errors import ConfigError

RULES = {rule.id: rule for rule in rules()}
FOLDER = Path(str(released()))


@pytest.mark.parametrize("name", sorted(RULES))
def test_every_rule_fires_and_stays_silent_where_it_must(name: str) -> None:
    rule = RULES[name]
    for trial in trials(rule, FOLDER):  # raises for a rule without, or with one kind only
        found = rule.judge(trial.alerts)
        assert (found is not None) == trial.fires, trial.why
        if found is not None:
            assert found.left == rule.id
            assert found.right == rule.pattern
            assert "{" not in found.note
            assert "something unknown" not in found.note, found.note


def test_no_file_is_left_over() -> None:
    names = {f.name for f in FOLDER.iterdir()}
    assert names == {f"{r}{end}" for r in RULES for end in (".yaml", TRIALS)}


def test_every_rule_has_its_base_rate_and_its_trap() -> None:
    for rule in RULES.values():
        assert "TODO" not in rule.base_rate
        assert rule.falsepositives
        assert rule.pattern[0] == "P"
        assert 1 <= int(rule.pattern[1:]) <= 24


def test_what_needs_no_rule_has_its_base_rate_too() -> None:
    assert base_rates().keys() == {"route-burst", "network", "missing-sibling"}
    assert all("simulated worlds" in rate for rate in base_rates().values())
    every = {rule.pattern for rule in RULES.values()} | {"P03", "P22", "P24"}
    assert every == {f"P{n:02}" for n in range(1, 25)}


@pytest.mark.parametrize("name", sorted(RULES))
def test_order_of_arrival_does_not_matter(name: str) -> None:
    rule, rng = RULES[name], random.Random(name)
    for trial in trials(rule, FOLDER):
        alerts = list(trial.alerts)
        expected = rule.judge(alerts)
        for _ in range(5):
            rng.shuffle(alerts)
            assert rule.judge(alerts) == expected


def test_what_is_not_given_fires_nothing() -> None:
    empty = [Fact(f"a{n}", n, {}) for n in range(6)]
    assert not [r.id for r in rules() if r.judge(empty)]


@pytest.mark.parametrize(
    ("how", "holds"),
    [({"gt": 2}, [3, 4]), ({"gte": 2}, [2, 3, 4]), ({"lt": 2}, [0, 1]), ({"lte": 2}, [0, 1, 2]),
     ({"eq": 2}, [2]), ({"gte": 1, "lt": 3}, [1, 2])],
)  # fmt: skip
def test_conditions_compare(how: dict[str, int], holds: list[int]) -> None:
    condition = Condition(**how)  # type: ignore[arg-type]  # the field is no number
    assert [n for n in range(5) if condition.holds(n)] == holds


def changed(tmp_path: Path, **changes: object) -> Path:
    given: dict[str, Any] = yaml.safe_load((FOLDER / "route-diversion.yaml").read_text())
    for key, value in changes.items():
        old = given.get(key)
        given[key] = (
            {**old, **value} if isinstance(old, dict) and isinstance(value, dict) else value
        )
    folder = tmp_path / "".join(changes)
    folder.mkdir(exist_ok=True)
    (folder / "route-diversion.yaml").write_text(yaml.safe_dump(given))
    return folder


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"surprise": 1}, "unknown field `surprise`"),
        ({"correlation": {"order": "any"}}, "unknown field `order`"),
        ({"correlation": {"timespan": "2h"}}, "timespan is days or weeks"),
        ({"correlation": {"timespan": 120}}, r"correlation\.timespan"),
        ({"correlation": {"rules": ["before", "later"]}}, "unknown detections: later"),
        ({"correlation": {"group-by": ["colour"]}}, "unknown fields: colour"),
        ({"correlation": {"condition": {"field": "colour", "gte": 2}}}, "unknown fields: colour"),
        ({"correlation": {"condition": {"field": "brand"}}}, "one of gt, gte"),
        ({"correlation": {"aliases": {"x": {"before": "colour"}}}}, "unknown fields: colour"),
        ({"correlation": {"type": "event_count"}}, "event_count needs"),
        ({"correlation": {"moves": ["colour"]}}, "unknown fields: colour"),
        ({"correlation": {"moves": ["transit"], "type": "temporal"}}, "moves asks about a first"),
        ({"correlation": {"type": "burst"}}, "Invalid enum value 'burst'"),
        ({"detections": {"before": {"colour": "*"}}}, "unknown fields: colour"),
        ({"evidence": {"sentence": "by {first.colour}"}}, "first.colour"),
        ({"falsepositives": []}, "falsepositives"),
        ({"id": "another"}, "stands in"),
    ],
)
def test_what_does_not_fit_is_refused_with_a_sentence(
    tmp_path: Path, changes: dict[str, object], message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        rules(changed(tmp_path, **changes))


def test_a_folder_without_rules_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no rule"):
        rules(tmp_path)
    with pytest.raises(ConfigError, match="not a folder"):
        rules(tmp_path / "none")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "no test alerts"),
        ("fires: {}\nsilent: {}", "needs alerts that fire"),
        ("fires: {a: [{issuer: FR, colour: red}]}\nsilent: {}", "unknown field `colour`"),
        ("fires: {a: [{event: {date: 2026-03-01}}]}\nsilent: {b: []}", "fires not on its trial"),
        ("fires: {", "do not fit"),
    ],
)
def test_a_rule_without_good_test_alerts_is_refused(
    tmp_path: Path, text: str | None, message: str
) -> None:
    folder = changed(tmp_path, title="again")
    if text is not None:
        (folder / f"route-diversion{TRIALS}").write_text(text)
    with pytest.raises(ConfigError, match=message):
        check(rules(folder), folder)


def test_an_alias_names_another_field_for_each_detection() -> None:
    rule = RULES["counter-flow"]
    out = {"group": "ipr", "source": "TR", "destination": "FR"}
    back = {"group": "cash", "source": "FR", "destination": "TR"}
    facts = [
        Fact(f"{n}", n, {k: frozenset({v}) for k, v in fields.items()})
        for n, fields in enumerate((out, back))
    ]
    assert rule.judge(facts)
    assert not rule.judge([facts[0], facts[0]._replace(subject="2")])


def test_a_sentence_tells_the_first_and_the_last() -> None:
    late = [
        Fact("b", 40, {"transit": frozenset({"GE"}), "administration": frozenset({"DE"})}),
        Fact("a", 0, {"transit": frozenset({"AE"}), "administration": frozenset({"FR"})}),
    ]
    found = RULES["route-diversion"].judge(late)
    assert found is not None
    assert found.note == "After a seizure on the way through AE, the way went through GE."


def test_a_sentence_does_not_show_a_token() -> None:
    token = frozenset({f"phone.1:2026/{'0' * 32}"})
    facts = [
        Fact(s, day, {"contact": token, "party": token, "administration": frozenset({issuer})})
        for s, day, issuer in (("a", 0, "FR"), ("b", 3, "DE"), ("c", 9, "FR"))
    ]
    found = RULES["new-actor"].judge(facts)
    assert found is not None
    assert "a sealed telephone" in found.note
    assert "000" not in found.note
