import random
from pathlib import Path

import pytest
import yaml

from entente.correlate.facts import Fact
from entente.correlate.rules import Rule, rules
from entente.errors import ConfigError

RULES = {rule.id: rule for rule in rules()}
FOLDER = Path(__file__).parents[2] / "services" / "entente" / "correlate" / "patterns"


@pytest.mark.parametrize("name", sorted(RULES))
def test_every_rule_fires_and_stays_silent_where_it_must(name: str) -> None:
    rule = RULES[name]
    assert rule.fires
    assert rule.silent
    for trial in rule.fires:
        found = rule.judge(trial.facts())
        assert found is not None
        assert found.note
        assert "{" not in found.note
    for trial in rule.silent:
        assert rule.judge(trial.facts()) is None


@pytest.mark.parametrize("name", sorted(RULES))
def test_every_rule_has_its_base_rate_and_its_trap(name: str) -> None:
    assert RULES[name].base_rate
    assert RULES[name].falsepositives
    assert RULES[name].pattern.startswith("P")


@pytest.mark.parametrize("name", sorted(RULES))
def test_order_of_arrival_does_not_matter(name: str) -> None:
    rule, rng = RULES[name], random.Random(name)
    for trial in (*rule.fires, *rule.silent):
        alerts = trial.facts()
        expected = rule.judge(alerts)
        for _ in range(5):
            rng.shuffle(alerts)
            assert rule.judge(alerts) == expected


def test_what_is_not_given_fires_nothing() -> None:
    empty = [Fact(f"a{n}", n, {}) for n in range(6)]
    assert not [r.id for r in rules() if r.judge(empty)]


def changed(tmp_path: Path, **changes: object) -> Path:
    given = yaml.safe_load((FOLDER / "route-diversion.yaml").read_text())
    (tmp_path / "x.yaml").write_text(yaml.safe_dump({**given, **changes}))
    return tmp_path


def test_unknown_keys_fields_and_selections_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="unknown field"):
        rules(changed(tmp_path, surprise=1))
    with pytest.raises(ConfigError, match="unknown fields: colour"):
        rules(changed(tmp_path / ".", selections={"before": {"colour": ["*"]}, "after": {}}))


def test_a_rule_that_fails_its_own_trial_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="fails its own trial"):
        rules(changed(tmp_path, fires=[{"alerts": [{"day": 0}]}]))


def test_a_day_is_counted_by_the_event(tmp_path: Path) -> None:
    rule: Rule = RULES["route-diversion"]
    late = [
        Fact("b", 40, {"transit": frozenset({"GE"}), "administration": frozenset({"DE"})}),
        Fact("a", 0, {"transit": frozenset({"AE"}), "administration": frozenset({"FR"})}),
    ]
    found = rule.judge(late)
    assert found is not None
    assert found.note == "After a seizure on the way through AE, the way went through GE."
