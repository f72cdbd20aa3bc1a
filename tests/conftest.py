"""What all tests share: none depends on how busy the machine is, and each outcome is remembered."""

import signal

import hypothesis
import pytest
from tests.attack.threats import Outcomes

hypothesis.settings.register_profile(
    "unhurried", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("unhurried")


def pytest_configure(config: pytest.Config) -> None:
    """Begin to remember, where all outcomes arrive: xdist's workers each know but their own.

    A shell lets what it runs in the background ignore Ctrl-C, and what that runs in turn; but the
    commands that tests start and stop shall hear it.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Outcomes())
