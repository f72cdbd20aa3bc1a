"""A stream of heads through one engine, in order of arrival."""

from collections.abc import Iterable

from entente.alert.proposal import Proposal
from entente.correlate.ahead import Ahead
from entente.correlate.engine import Engine
from entente.correlate.head import Head
from entente.correlate.intake.intake import Read
from entente.correlate.rules.rule import Rule
from entente.correlate.weigh.model import Weights

EVERY = 50
"""Alerts after which an epoch begins."""


def run(
    heads: Iterable[Head | Read],
    weights: Weights,
    every: int = EVERY,
    given: tuple[Rule, ...] | None = None,
    network: Ahead | None = None,
) -> Iterable[tuple[int, int, Proposal]]:
    """Every proposal version as heads arrive: index of the head, version, proposal.

    An epoch begins after each ``every`` heads, and once more, whole, at the end. ``network``: one
    that is kept in step by whoever gives these heads, see ``ahead.py``.
    """
    engine = Engine(weights, given, network=network)
    index = -1
    for index, head in enumerate(heads):
        changed = engine.apply(head) if isinstance(head, Head) else engine.apply(*head)
        if index % every == every - 1:
            engine.begin()
        elif not changed:
            continue
        for version, proposal in engine.settle():
            yield index, version, proposal
    engine.begin(whole=True)
    for version, proposal in engine.settle():
        yield max(index, 0), version, proposal
