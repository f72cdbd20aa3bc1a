"""Time and randomness, as parameters: the pure rooms read no clock, the edges pass one in."""

import time
from collections.abc import Callable

Clock = Callable[[], int]
"""Returns microseconds since 1970-01-01T00:00:00Z."""

SECOND = 1_000_000
"""One second, in microseconds."""


def now() -> int:
    """The system's time in microseconds since the epoch."""
    return time.time_ns() // 1_000
