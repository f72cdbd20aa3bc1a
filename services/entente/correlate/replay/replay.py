"""Proposals computed again, from the epochs of a view and what these name. Pure.

An engine is a function of what it was given between its epochs, so the last time that it began anew
is early enough to begin.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import NamedTuple, TypeVar

import msgspec

from entente.alert.epoch import Epoch
from entente.alert.proposal import Proposal
from entente.correlate.engine import Engine
from entente.correlate.head import Head
from entente.correlate.intake.audiences import Signature, limited
from entente.correlate.intake.held import Held
from entente.correlate.intake.rulings import Ruled
from entente.correlate.views.view import Past, Turn, View
from entente.correlate.views.views import salt, shows
from entente.errors import StoreError
from entente.trust.administration import Administration
from entente.trust.mandate import speaks_for
from entente.wire.statement import Audience


class Log(NamedTuple):
    """What a reader holds."""

    heads: Mapping[str, Head]
    """Versions of alerts by SHA-256 of their statements;"""
    ruled: Mapping[str, Ruled]
    """decisions by the same, whatever the mandate;"""
    proposals: Mapping[tuple[str, int], Proposal]
    """proposals by case and version."""


def joined(parts: Iterable[Epoch]) -> list[Epoch]:
    """The epochs of one view, whole, by number. Raises StoreError: some of it is missing."""
    found: dict[int, dict[int, Epoch]] = {}
    for one in parts:
        found.setdefault(one.number, {})[one.part] = one
    epochs: list[Epoch] = []
    for number, some in sorted(found.items()):
        first = next(iter(some.values()))
        # What an epoch was given that was lost with the store is named again by the one after it.
        follows = not epochs or first.anew or number == epochs[-1].number + 1
        if len(some) != first.parts or not follows:
            raise StoreError(
                f"Epoch {number if len(some) != first.parts else number - 1} of the correlator is"
                " missing here.",
                advice="Read all topics of proposals that the register lets you, then try again.",
            )
        ordered = [some[part] for part in sorted(some)]
        epochs.append(
            msgspec.structs.replace(
                first,
                part=1,
                parts=1,
                alerts=tuple(digest for one in ordered for digest in one.alerts),
                gone=tuple(digest for one in ordered for digest in one.gone),
                decisions=tuple(digest for one in ordered for digest in one.decisions),
                said=tuple(said for one in ordered for said in one.said),
            )
        )
    return epochs


def signature_of(epoch: Epoch) -> Signature:
    """Whose view an epoch is of."""
    return tuple(
        Audience(regions=one.regions, administrations=one.administrations) for one in epoch.view
    )


def replay(
    epochs: Sequence[Epoch],
    audience: Audience,
    log: Log,
    members: Callable[[int | None], Mapping[str, Administration]],
    make: Callable[[str], Engine],
) -> Turn:
    """What the correlator said in the last of these epochs, computed again.

    ``epochs``: all of one view up to that one, as ``joined`` gives them; ``audience``: to whom it
    was said; ``members``: by a version of the register. Raises StoreError: something that it was
    computed from is not in the log.
    """
    begin = max((at for at, one in enumerate(epochs) if one.anew), default=0)
    signature = tuple(
        Audience(regions=one.regions, administrations=one.administrations)
        for one in epochs[-1].view
    )
    view, held = View(signature, make(salt(signature))), Held()
    view.said = {
        case: (version, _known(log.proposals, (case, version), f"version {version} of {case}"))
        for case, version in sorted(_said(epochs[:begin]).items())
    }
    view.restore(Past(signature, epochs[begin].number - 1, frozenset()))
    given = {digest for one in epochs[: begin + 1] for digest in one.alerts}
    given.difference_update(*(one.gone for one in epochs[: begin + 1]))
    turn = None
    for at, epoch in enumerate(epochs[begin:]):
        then = members(epoch.register)
        for digest in sorted(given) if at == 0 else epoch.alerts:
            _give(view, held, signature, _known(log.heads, digest, "an alert"), then)
        decided = (_known(log.ruled, digest, "a decision") for digest in epoch.decisions)
        view.judge(one._replace(speaks_for=speaks_for(one.coordinator, then)) for one in decided)
        turn = view.tell(partial(shows, held, signature), audience, epoch.register)
    if turn is None:
        raise StoreError("There is no epoch to begin from.", advice="Read the topics again.")
    return turn


def _said(epochs: Iterable[Epoch]) -> dict[str, int]:
    """The last version of each case that was said."""
    return {one.case: one.version for epoch in epochs for one in epoch.said}


def _give(
    view: View,
    held: Held,
    signature: Signature,
    head: Head,
    members: Mapping[str, Administration],
) -> None:
    if held.take(head, limited(head, members)):
        _, top = held.top(signature, head.subject)
        if top is not None:
            view.engine.apply(top)


_Key = TypeVar("_Key")
_Value = TypeVar("_Value")


def _known(found: Mapping[_Key, _Value], key: _Key, what: str) -> _Value:
    try:
        return found[key]
    except KeyError:
        raise StoreError(
            f"What it was computed from is not all here: {what} is missing ({key}).",
            advice="Who may see all of it can compute it again; read all topics first.",
        ) from None
