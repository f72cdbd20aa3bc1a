"""Case ids that stay: survive, mint, retire.

An id is minted once, from the two alerts of the case's strongest link and the epoch; it is never
computed again. When cases change, old ones and new are matched by overlap: the best match survives
under its id, what matches nothing is minted, and an old case that no new one continues retires
and names its heir. A retired case keeps its last members, so that a change and its reversal lead
back to the same id. What was first seen as a burst and then as a network stays one case. A case
that a coordinator has accepted goes before all others: it survives as long as any of its alerts is
in a case, and retires only when two such cases become one.
"""

import uuid
from collections.abc import Collection, Iterable
from typing import NamedTuple

from entente.correlate.evidence import Case

_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_DNS, "case.entente")


class Known(NamedTuple):
    """A case that has an id. ``live`` is false once it has retired; ``since``: an epoch."""

    case: str
    pattern: str
    members: frozenset[str]
    live: bool = True
    since: int = 0


class Named(NamedTuple):
    """The outcome of one match."""

    cases: dict[str, Case]
    """New cases by id."""
    retired: dict[str, str | None]
    """Ids that no new case continues, each with its heir."""


def mint(case: Case, epoch: int, salt: str = "") -> str:
    """The id of a case never seen before. ``salt`` keeps apart engines that see other alerts."""
    low, high = sorted(case.anchor)
    space = uuid.uuid5(_NAMESPACE, salt) if salt else _NAMESPACE
    return str(uuid.uuid5(space, f"{case.pattern}/{low}/{high}/{epoch}"))


def name(
    known: Iterable[Known],
    found: Iterable[Case],
    epoch: int,
    salt: str = "",
    accepted: Collection[str] = (),
) -> Named:
    """Give every found case an id; new ones as ``mint`` does. Deterministic: live before retired,
    accepted before others, the same pattern before another, larger overlaps first, older cases
    first; ties by their ids and the new cases' members."""
    old = {k.case: k for k in known}
    new = sorted(found, key=lambda c: (c.pattern, c.members))
    holders: dict[str, list[str]] = {}
    for k in old.values():
        for member in k.members:
            holders.setdefault(member, []).append(k.case)
    pairs = []
    for index, case in enumerate(new):
        shared: dict[str, int] = {}
        for member in case.members:
            for holder in holders.get(member, ()):
                shared[holder] = shared.get(holder, 0) + 1
        pairs += [
            (
                not old[k].live,
                k not in accepted,
                old[k].pattern != case.pattern,
                -n,
                old[k].since,
                k,
                index,
            )
            for k, n in shared.items()
            if k in accepted or 2 * n >= min(len(case.members), len(old[k].members))
        ]
    taken: dict[str, int] = {}
    named: dict[int, str] = {}
    for *_, key, index in sorted(pairs):
        if key not in taken and index not in named:
            taken[key] = index
            named[index] = key
    cases: dict[str, Case] = {}
    for index, case in enumerate(new):
        key = named.get(index) or mint(case, epoch, salt)
        while key in cases or (key in old and index not in named):
            key = str(uuid.uuid5(uuid.UUID(key), "again"))
        cases[key] = case
    retired = {k.case: _heir(k, cases) for k in old.values() if k.live and k.case not in cases}
    return Named(cases, retired)


def _heir(gone: Known, cases: dict[str, Case]) -> str | None:
    shares = [(-len(gone.members.intersection(case.members)), key) for key, case in cases.items()]
    best = min(shares, default=(0, ""))
    return best[1] if best[0] < 0 else None
