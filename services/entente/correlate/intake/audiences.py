"""Whom a proposal may reach: what all the audiences in it have in common.

An audience as an alert gives it leaves out who says it, who sees it nevertheless. Here it is named,
so that what AR says to BR and what BR says to AR are for the same two.
"""

from collections.abc import Iterable, Iterator, Mapping

from entente.correlate.head import Head
from entente.trust.administration import Administration
from entente.trust.audience import admits
from entente.trust.register import Register
from entente.wire.statement import Audience

Signature = tuple[Audience, ...]
"""Limited audiences, sorted. Empty: only what is said to everybody."""


def readers(register: Register) -> tuple[Administration, ...]:
    """The members who may receive proposals, by id."""
    return tuple(
        member
        for _, member in sorted(register.administrations.items())
        if member.retired is None
        and member.role != "correlator"
        and any(topic.startswith("proposals.") for topic in member.reads)
    )


def reckoned(register: Register) -> object:
    """What of a register decides who is in an audience, who hears, and who may decide about whom:
    two that are equal in it lead to the same."""
    return {
        id: (
            m.role, m.retired is None, m.home, frozenset(m.regions),
            frozenset(t for t in m.duties if t.startswith("decisions.")),
            any(t.startswith("proposals.") for t in m.reads),
        )
        for id, m in register.administrations.items()
    }  # fmt: skip


def limited(head: Head, members: Mapping[str, Administration]) -> Audience | None:
    """Whom an alert is for, its issuer included; None: everybody.

    Who is in one of the regions anyway is not named: so what the members of a region say to their
    region has one audience.
    """
    if head.regions is None and head.administrations is None:
        return None
    regions = frozenset(head.regions or ())
    return Audience(
        regions=tuple(sorted(regions)),
        administrations=tuple(
            id
            for id in sorted({head.issuer, *(head.administrations or ())})
            if id not in members or regions.isdisjoint(members[id].all_regions)
        ),
    )


def sort_key(audience: Audience) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The order of audiences within a signature."""
    return audience.regions, audience.administrations


def admitted(signature: Signature, among: Iterable[Administration]) -> list[Administration]:
    """Those who may see every audience of a signature."""
    return [one for one in among if all(admits(a, "", one) for a in signature)]


def common(signature: Signature, among: Iterable[Administration]) -> Audience | None:
    """What the audiences of a signature have in common; None: nobody may see all of them.

    Never the empty audience for a limited one: on the wire that means everybody. A single audience
    is given as it is, so that who joins its regions later is in it as well.
    """
    if not signature:
        return Audience()
    found = admitted(signature, among)
    if not found:
        return None
    if len(signature) == 1:
        return signature[0]
    regions = frozenset.intersection(*(frozenset(a.regions) for a in signature))
    return Audience(
        regions=tuple(sorted(regions)),
        administrations=tuple(one.id for one in found if regions.isdisjoint(one.all_regions)),
    )


def hears(
    said_to: Audience, by: str, signature: Signature, among: Iterable[Administration]
) -> bool:
    """Whether all who hear what follows from a signature are told what ``by`` says to some.

    What is for everybody is heard by members who are yet to come, so nothing less covers it.
    """
    if said_to == Audience() or not signature:
        return said_to == Audience()
    return all(admits(said_to, by, one) for one in admitted(signature, among))


def signatures(held: Iterable[Audience], among: Iterable[Administration]) -> Iterator[Signature]:
    """Every set of these audiences that somebody may see whole: small ones first, in order."""
    everyone = list(among)
    single = [
        (audience,) for audience in sorted(held, key=sort_key) if admitted((audience,), everyone)
    ]
    found: list[Signature] = list(single)
    while found:
        yield from found
        found = [
            wider
            for some in found
            for (more,) in single
            if sort_key(more) > sort_key(some[-1]) and admitted(wider := (*some, more), everyone)
        ]
