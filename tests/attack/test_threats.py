"""Every threat of ``deploy/threats.toml`` has tests that exist, and a run tells if they passed."""

import ast
import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from tests.attack.test_table import ATTACKS
from tests.attack.threats import FILE, THREATS, gaps, proofs

ROOT = Path(__file__).parents[2]


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


def test_a_gap_is_a_case_that_did_not_pass_and_in_a_whole_run_a_test_that_did_not_run() -> None:
    outcomes = {"a::x[1]": "passed", "a::x[2]": "skipped", "a::xy": "failed", "a::z": "passed"}
    assert gaps(["a::x", "a::z"], outcomes, whole=True) == ["a::x[2] skipped"]
    assert gaps(["a::x[1]", "a::y"], outcomes, whole=True) == ["a::y did not run"]
    assert gaps(["a::x[1]", "a::y"], outcomes, whole=False) == []


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a suite whose two tests prove nothing."""
    (folder / "pytest.ini").write_text("[pytest]\ntestpaths = .\n")
    (folder / "test_nothing.py").write_text("def test_a(): pass\ndef test_b(): pass\n")
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "tests.conftest", *arguments], cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("workers", [(), ("-n", "1")], ids=["in one process", "by a worker"])
def test_a_whole_run_fails_for_each_threat_whose_tests_did_not_run(
    tmp_path: Path, workers: tuple[str, ...]
) -> None:
    whole = run(tmp_path, *workers)
    assert whole.returncode == pytest.ExitCode.TESTS_FAILED, whole.stdout
    assert f"{len(THREATS)} failed, 2 passed" in whole.stdout
    for threat in THREATS:
        assert f"FAILED {FILE}::{threat['name']}" in whole.stdout
        for proof in proofs(threat):
            assert f"{proof} did not run" in whole.stdout


def test_a_run_of_tests_picked_by_hand_misses_no_others(tmp_path: Path) -> None:
    picked = run(tmp_path, "test_nothing.py")
    assert picked.returncode == pytest.ExitCode.OK, picked.stdout
