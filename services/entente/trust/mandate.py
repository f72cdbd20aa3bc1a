"""Who may decide about whose alerts, by the duties that the register gives.

A duty on ``decisions.<region>`` makes a coordinator or a liaison office speak for the members of
that region. An administration with such a duty speaks for itself alone. Nobody else speaks for
anybody: what they say is kept and shown, and not obeyed.
"""

from collections.abc import Iterable, Mapping

from entente.trust.administration import Administration

FAMILY = "decisions."
COORDINATE = ("coordinator", "liaison_office")
"""Roles that speak for the members of a region."""


def speaks_for(id: str, members: Mapping[str, Administration]) -> frozenset[str]:
    """The members whose alerts ``id`` may decide about; none if it may decide nothing."""
    me = members.get(id)
    regions = {t.removeprefix(FAMILY) for t in (me.duties if me else ()) if t.startswith(FAMILY)}
    if me is None or not regions:
        return frozenset()
    if me.role == "administration":
        return frozenset({id})
    if me.role not in COORDINATE:
        return frozenset()
    return frozenset(m.id for m in members.values() if not regions.isdisjoint(m.all_regions))


def lists(id: str, members: Mapping[str, Administration]) -> bool:
    """Whether what ``id`` lists is obeyed: who serves everybody, does so in every region, so any
    region's coordinator or liaison office may say it; administrations may not."""
    me = members.get(id)
    return me is not None and me.role in COORDINATE and bool(speaks_for(id, members))


def seals(id: str, members: Mapping[str, Administration]) -> bool:
    """Whether the link tokens that ``id`` lists count: only an administration holds the keys that
    they are made with. Nobody else can check them, so two have to say the same."""
    me = members.get(id)
    return me is not None and me.role == "administration" and bool(speaks_for(id, members))


def unlisted(id: str, members: Mapping[str, Administration], *, sealed: bool) -> str:
    """Why an entry of a list is not obeyed; empty: it is."""
    if sealed:
        why = "counts once another administration lists the same"
        return why if seals(id, members) else f"not obeyed: {id} holds no community key"
    return "" if lists(id, members) else f"not obeyed: {id} may not list for others"


def unheeded(
    id: str, administrations: Iterable[str], ruling: str, members: Mapping[str, Administration]
) -> str:
    """What of a decision about alerts of these is not obeyed, and why; empty: all of it is."""
    whose, mine = set(administrations), speaks_for(id, members)
    inside, outside = sorted(whose & mine), sorted(whose - mine)
    if not inside:
        return f"not obeyed: {id} does not speak for {', '.join(outside) or 'anybody'}"
    if outside and ruling == "decline":
        return (
            f"counts for {', '.join(inside)}: the case goes on until somebody who speaks for "
            f"{', '.join(outside)} declines it too"
        )
    if outside and ruling != "accept":
        return f"counts where one of two alerts is of {', '.join(inside)}"
    return ""
