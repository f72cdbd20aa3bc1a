"""Whether every threat of ``deploy/threats.toml`` was tried: its tests have run and have passed.

That is known when all have run, and to who hears of them all: with ``pytest -n`` that is not those
who run tests, but the process that gives them out.
"""

import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

FILE = "deploy/threats.toml"
THREATS: list[dict[str, Any]] = tomllib.loads(
    (Path(__file__).parents[2] / FILE).read_text("utf-8")
)["threat"]
TABLE = "tests/attack/test_table.py::test_the_attack_is_stopped_and_nothing_of_it_is_lost"

PICKING = (
    "keyword", "markexpr", "deselect", "ignore", "ignore_glob", "lf", "stepwise", "collectonly",
)  # fmt: skip
"""Options of pytest that leave tests out."""


def proofs(threat: Mapping[str, Any]) -> list[str]:
    """The node ids of a threat's tests, those of the attack table included."""
    return [*threat.get("tests", ()), *(f"{TABLE}[{name}]" for name in threat.get("attacks", ()))]


def gaps(wanted: Iterable[str], outcomes: Mapping[str, str], *, whole: bool) -> list[str]:
    """Which of the ``wanted`` tests have not passed, and why.

    A parametrised test passes with all of its cases. One that did not run is missed in a ``whole``
    run only.
    """
    found = []
    for proof in wanted:
        ran = {
            name: outcome
            for name, outcome in outcomes.items()
            if name == proof or name.startswith(f"{proof}[")
        }
        if whole and not ran:
            found.append(f"{proof} did not run")
        found += [f"{name} {outcome}" for name, outcome in ran.items() if outcome != "passed"]
    return found


class Outcomes:
    """What became of the tests of this run, and at its end a failure for each threat with gaps."""

    def __init__(self) -> None:
        self._found: dict[str, str] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep a test's own outcome, or that of the set-up or tear-down that went wrong."""
        if report.when == "call" or report.outcome != "passed":
            self._found[report.nodeid] = report.outcome

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Report a failure, as if of a test, for each threat with gaps."""
        if exitstatus not in {pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED}:
            return
        whole = is_whole(session)
        for threat in THREATS:
            if missing := gaps(proofs(threat), self._found, whole=whole):
                session.exitstatus = pytest.ExitCode.TESTS_FAILED
                session.config.hook.pytest_runtest_logreport(
                    report=pytest.TestReport(
                        nodeid=f"{FILE}::{threat['name']}",
                        location=(FILE, None, threat["name"]),
                        keywords={},
                        outcome="failed",
                        longrepr="\n".join(missing),
                        when="call",
                    )
                )


def is_whole(session: pytest.Session) -> bool:
    """Whether this run was of the whole suite to its end, and not of tests picked by hand."""
    config = session.config
    picked = any(config.getoption(name, None) for name in PICKING)
    ended = session.shouldstop or session.shouldfail
    return config.args_source is pytest.Config.ArgsSource.TESTPATHS and not (picked or ended)
