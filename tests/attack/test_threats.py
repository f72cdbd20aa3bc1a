"""Every threat of ``deploy/threats.toml`` has tests that exist and, in a whole run, have passed."""

import ast
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from tests.attack.test_table import ATTACKS

ROOT = Path(__file__).parents[2]
THREATS: list[dict[str, Any]] = tomllib.loads(
    (ROOT / "deploy" / "threats.toml").read_text("utf-8")
)["threat"]
TABLE = "tests/attack/test_table.py::test_the_attack_is_stopped_and_nothing_of_it_is_lost"


def proofs(threat: dict[str, Any]) -> list[str]:
    """The node ids of a threat's tests, those of the attack table included."""
    return [*threat.get("tests", ()), *(f"{TABLE}[{name}]" for name in threat.get("attacks", ()))]


@cache
def written(file: str) -> set[str]:
    """The tests that a file defines."""
    tree = ast.parse((ROOT / file).read_bytes())
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return {node.name for node in ast.walk(tree) if isinstance(node, kinds)}


@pytest.mark.parametrize("threat", THREATS, ids=lambda threat: threat["name"])
def test_a_threat_has_a_control_and_tests_that_exist(threat: dict[str, Any]) -> None:
    assert threat["control"].endswith(".")
    assert threat.keys() <= {"name", "control", "left", "attacks", "tests"}
    assert proofs(threat)
    for proof in proofs(threat):
        file, _, test = proof.partition("::")
        assert test.partition("[")[0] in written(file), proof


def test_every_attack_of_the_table_belongs_to_one_threat() -> None:
    named = [name for threat in THREATS for name in threat.get("attacks", ())]
    assert sorted(named) == sorted(attack["name"] for attack in ATTACKS)


@pytest.mark.parametrize("threat", THREATS, ids=lambda threat: threat["name"])
def test_the_tests_of_a_threat_have_run_and_passed(
    threat: dict[str, Any], outcomes: dict[str, str], everything: bool
) -> None:
    """In a whole run all of them; in another one, those that ran."""
    for proof in proofs(threat):
        ran = {name: what for name, what in outcomes.items() if is_of(name, proof)}
        assert ran or not everything, f"{proof} did not run"
        assert set(ran.values()) <= {"passed"}, ran


def is_of(name: str, proof: str) -> bool:
    """Whether a node id is that of a proof, or of one of its cases."""
    return name == proof or name.startswith(f"{proof}[")
