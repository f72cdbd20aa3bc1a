"""How many mutants meet the office."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Known when ``tests/attack`` is named; else its default counts."""
    parser.addoption("--mutations", type=int, default=5_000, help="mutated records for an office")
