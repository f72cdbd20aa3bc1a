"""Garbage collection for a process that keeps hundreds of thousands of objects for good."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_THRESHOLD = (50_000, 20, 100)


@contextmanager
def collected_seldom() -> Iterator[None]:
    """Look for cycles seldom: the engine makes next to none, and each look goes over all it holds.

    It saves a tenth of the time.
    """
    before = gc.get_threshold()
    gc.set_threshold(*_THRESHOLD)
    try:
        yield
    finally:
        gc.set_threshold(*before)
