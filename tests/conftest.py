"""What all tests share: no test depends on how busy the machine is, and each outcome is remembered.

The last test asks whether every threat was tested.
"""

import hypothesis
import pytest

hypothesis.settings.register_profile(
    "unhurried", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("unhurried")

LAST = "tests/attack/test_threats.py"


class Outcomes:
    """What became of the tests of this run, by node id: ``passed``, ``failed`` or ``skipped``."""

    def __init__(self) -> None:
        self.found: dict[str, str] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep a test's own outcome, or that of the set-up or tear-down that went wrong."""
        if report.when == "call" or report.outcome != "passed":
            self.found[report.nodeid] = report.outcome


def pytest_configure(config: pytest.Config) -> None:
    """Begin to remember."""
    config.pluginmanager.register(Outcomes(), "outcomes")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Who asks for outcomes comes last."""
    items.sort(key=lambda item: item.nodeid.startswith(LAST))


@pytest.fixture
def outcomes(request: pytest.FixtureRequest) -> dict[str, str]:
    """What became of the tests so far."""
    plugin = request.config.pluginmanager.get_plugin("outcomes")
    assert isinstance(plugin, Outcomes)
    return plugin.found


@pytest.fixture
def everything(request: pytest.FixtureRequest) -> bool:
    """Whether this run is of the whole suite, and not of tests picked by hand."""
    config = request.config
    picked = any(config.getoption(name) for name in ("keyword", "markexpr", "deselect", "lf"))
    return config.args_source is pytest.Config.ArgsSource.TESTPATHS and not picked
