"""The lines of a stream of alerts, read a little ahead; what is none is handed aside."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from itertools import islice
from multiprocessing import get_context
from typing import BinaryIO, NamedTuple

from entente.correlate.head import Head
from entente.correlate.intake.intake import Read
from entente.correlate.line import read, seal
from entente.correlate.weigh.features import Features, features
from entente.errors import InputError

LONGEST = 1 << 22
"""Bytes of one line; no alert that fits a Kafka record comes near."""
_COMMENT = b"#"
"""As above a line that was set aside, so that it can be mended and read from there."""
_PORTION = 64
"""Lines that a worker is given at a time."""


class Arrived(NamedTuple):
    """Where a head stood in its file, and when it came."""

    line: int
    """From 0."""
    at: int
    """Microseconds since 1970."""


Aside = Callable[[int, bytes, InputError], None]
"""Is given each line that is none: its number from 1, its bytes, and why."""
Numbered = tuple[int, bytes]


def read_ahead(
    source: BinaryIO, arrived: list[Arrived], workers: int, *, sealed: bool, aside: Aside
) -> Iterator[Read]:
    """Heads with their features, in the order of their lines; ``workers`` beside this process make
    the features. ``arrived`` grows by one for each."""
    if workers < 1:
        for line in _lines(source):
            if head := _head(line, arrived, aside, sealed=sealed):
                yield head, features(head)
        return
    left = _lines(source)
    portions = iter(lambda: list(islice(left, _PORTION)), [])
    made = partial(_features, sealed=sealed)
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        waiting = deque((some, pool.submit(made, some)) for some in islice(portions, 2 * workers))
        while waiting:
            lines, found = waiting.popleft()
            waiting.extend((some, pool.submit(made, some)) for some in islice(portions, 1))
            for line, known in zip(lines, found.result(), strict=True):
                if head := _head(line, arrived, aside, sealed=sealed):
                    yield head, known


def _lines(source: BinaryIO) -> Iterator[Numbered]:
    """The lines that say something, with their numbers; of too long ones the beginning."""
    number = 0
    while raw := source.readline(LONGEST + 1):
        number += 1
        end = raw
        while len(end) > LONGEST and not end.endswith(b"\n"):
            end = source.readline(LONGEST + 1)
        if raw.strip() and not raw.startswith(_COMMENT):
            yield number, raw


def _head(line: Numbered, arrived: list[Arrived], aside: Aside, *, sealed: bool) -> Head | None:
    number, raw = line
    try:
        if len(raw) > LONGEST:
            raise InputError(
                f"Line {number} has more than {LONGEST:,} bytes.",
                advice="An alert takes some thousand; only the beginning of the line is kept.",
            )
        at, head = read(number, raw)
    except InputError as error:
        aside(number, raw, error)
        return None
    arrived.append(Arrived(number - 1, at))
    return seal(head) if sealed else head


def _features(lines: Iterable[Numbered], *, sealed: bool) -> list[Features | None]:
    """Features alone: to decode a line again costs less than to be handed its record."""
    heads = (_head(line, [], _ignored, sealed=sealed) for line in lines)
    return [features(head) if head else None for head in heads]


def _ignored(number: int, raw: bytes, error: InputError) -> None:
    """The process that reads on sets it aside."""
