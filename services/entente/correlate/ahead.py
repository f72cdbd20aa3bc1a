"""Networks kept by another process, a little ahead of who folds them into proposals.

Nothing that is said flows back into how alerts are weighed, as long as nobody decides anything. So
in a run over a file the weighing is a stage of its own: what is compared of each alert goes to a
second process in portions, and what follows for networks comes back, while this one words, judges
rules and bursts, and reads on. Both do what one process would, in the same order; so the result is
the same, byte for byte.
"""

import gc
from collections import deque
from collections.abc import Collection, Iterable, Iterator, Mapping
from concurrent.futures import Executor, Future
from itertools import islice
from typing import NamedTuple

from entente.correlate.cases.groups import News
from entente.correlate.cases.network import Network
from entente.correlate.evidence import Case
from entente.correlate.intake.intake import Intake, Read
from entente.correlate.weigh.features import Features
from entente.correlate.weigh.model import Model, Weights

PORTION, AHEAD = 64, 32
"""Alerts in a portion, and portions on their way: so many that neither process waits while the
other is at a whole epoch or judges bursts."""
_LOT = "lot.1:"
"""Of these this process has to know the frequency, and of circumstances: health clusters and facts
go by them."""


class Epoch(NamedTuple):
    """What an epoch has changed, as far as this process has to know."""

    number: int
    alerts: int
    served: frozenset[str]
    """Values that are now of who serves everybody, and were not, or the other way round."""
    lots: dict[str, int]
    around: dict[str, int] | None
    """Floors of log2 of the number of alerts; None: as before."""


Begin = bool
"""Begin an epoch, whole or not."""
Step = tuple[str, Features | None] | Begin | None
"""A subject and what is compared of it now; an epoch; None: settle."""
Answer = Epoch | News


class Ahead:
    """Stands for a ``Network`` that another process keeps: the same answers to the same calls.

    ``feed`` gives it heads to pass on, and answers to have ready.
    """

    def __init__(self, weights: Weights) -> None:
        self._weights = weights
        self.features: dict[str, Features] = {}
        self._answers: deque[Answer] = deque()
        self._cases: dict[str, Case] = {}
        self._middlemen: set[str] = set()
        self._lots: dict[str, int] = {}
        self._around: dict[str, int] = {}
        self.model = Model(weights)

    def judge(
        self,
        *,
        apart: frozenset[tuple[str, str]] = frozenset(),
        together: frozenset[tuple[str, str]] = frozenset(),
    ) -> None:
        """Never asked for: who decides does not run ahead. Raises NotImplementedError."""
        raise NotImplementedError

    def serve(self, values: frozenset[str]) -> frozenset[str]:
        """Nothing is ever listed here."""
        return values

    def change(self, subject: str, new: Features | None) -> None:
        """Keep what is compared of an alert; the other process has it already."""
        if new:
            self.features[subject] = new
        else:
            self.features.pop(subject, None)

    def begin(self, *, whole: bool = False) -> None:
        """Start an epoch as the other process did."""
        answer = self._answers.popleft()
        assert isinstance(answer, Epoch)  # noqa: S101  # both take the same steps
        self._middlemen ^= answer.served
        self._lots.update(answer.lots)
        if answer.around is not None:
            self._around = answer.around
        self.model = Model(
            self._weights,
            epoch=answer.number,
            alerts=answer.alerts,
            slow=self._around,
            fast=self._lots,
            middlemen=self._middlemen,
        )

    def settle(self) -> News:
        """What has changed since the last call."""
        answer = self._answers.popleft()
        assert isinstance(answer, News)  # noqa: S101  # both take the same steps
        for gid, case in answer.cases.items():
            if case:
                self._cases[gid] = case
            else:
                self._cases.pop(gid, None)
        return answer

    def all_cases(self) -> list[Case]:
        """Every case there is."""
        return sorted(self._cases.values(), key=lambda c: c.members)

    def feed(
        self, heads: Iterable[Read], intake: Intake, every: int, other: Executor
    ) -> Iterator[Read]:
        """Give heads on when the answers to the steps that they make are there.

        ``intake``: one that takes the same heads as the engine's; ``every``: heads to an epoch;
        ``other``: one process, see ``keep``.
        """
        portions = _portions(heads, intake, every)
        waiting: deque[tuple[list[Read], Future[list[Answer]]]] = deque()
        for some, steps in portions:
            waiting.append((some, other.submit(take, steps)))
            if len(waiting) > AHEAD:
                yield from self._ready(*waiting.popleft())
        while waiting:
            yield from self._ready(*waiting.popleft())

    def _ready(self, some: list[Read], answers: Future[list[Answer]]) -> Iterator[Read]:
        self._answers.extend(answers.result())
        yield from some


def _portions(
    heads: Iterable[Read], intake: Intake, every: int
) -> Iterator[tuple[list[Read], list[Step]]]:
    """Heads in portions with the steps that an engine takes for them, as ``loop.run`` does."""
    left, index = iter(heads), 0
    while some := list(islice(left, PORTION)):
        steps: list[Step] = []
        for head, of in some:
            index += 1
            taken = intake.take(head, of)
            if taken and taken.change:
                steps.append((head.subject, taken.change.of))
            if index % every == 0:
                steps += _epoch(intake, whole=False)
            elif taken:
                steps.append(None)
        yield some, steps
    yield [], _epoch(intake, whole=True)


def _epoch(intake: Intake, *, whole: bool) -> list[Step]:
    return [*((change.subject, None) for change in intake.cut().gone), whole, None]


_network: list[Network] = []
"""In the other process: the one that it keeps."""


def keep(weights: Weights) -> None:
    """Begin, in a process of its own, to keep a network."""
    gc.disable()  # see ``collecting.uncollected``; this process ends with the file
    _network[:] = [Network(weights)]


def take(steps: Iterable[Step]) -> list[Answer]:
    """Take the next steps there; the answers to those that have one."""
    (network,) = _network
    return [answer for step in steps if (answer := _step(network, step)) is not None]


def _step(network: Network, step: Step) -> Answer | None:
    if step is None:
        return network.settle()
    if isinstance(step, tuple):
        network.change(*step)
        return None
    cut = network.begin(whole=step)
    model = network.model
    return Epoch(
        model.epoch,
        model.alerts,
        frozenset(cut.served),
        {v: model.fast.get(v, 0) for v in cut.moved | cut.served if v.startswith(_LOT)},
        _of_kinds(model.slow, model.link.circumstances) if cut.whole else None,
    )


def _of_kinds(counts: Mapping[str, int], kinds: Collection[str]) -> dict[str, int]:
    return {value: n for value, n in counts.items() if value.partition(":")[0] in kinds}
