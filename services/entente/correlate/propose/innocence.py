"""The innocent explanation of a network, and what would show that it is the right one.

Both are about this case: about the very things that its links rest on, and what is left without
them.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from entente.correlate.evidence import Case, Evidence, Link
from entente.correlate.rules.rule import Rule
from entente.correlate.sentences import THINGS


class Doubt(NamedTuple):
    """How a thing that alerts share can be shared by strangers, and how one finds out."""

    innocent: str
    refuted: str


_SERVES = Doubt(
    "{it} could belong to somebody who serves many senders without knowing of the goods: a "
    "forwarder, a marketplace, an agent",
    "lawful goods of others move under {it} as well",
)
_PLACE = Doubt(
    "{it} could be a parcel locker, a freight station or an office that many firms share",
    "strangers to each other receive or send at {it}",
)
_NUMBER = Doubt(
    "{it} could be a number that begins anew at every shipper, or that a carrier used again",
    "the papers themselves show two issuers of {it}",
)
_NAME = Doubt(
    "{it} could be borne by several people or firms",
    "those who bear {it} have other birth dates, numbers and addresses",
)
_IDENTITY = Doubt(
    "{it} could have been used by others without its owner's knowledge",
    "the owner of {it} can show that these consignments are not his",
)
_AROUND = Doubt(
    "goods, route and method could be those of a whole trade ({it})",
    "other goods rise on this route alike, or makers unknown to each other pack in this way",
)
_DOUBTS = {
    **dict.fromkeys(("phone.1", "email.1", "domain", "mailbox", "url.1", "payment.1"), _SERVES),
    **dict.fromkeys(("shop.1", "seller"), _SERVES),
    **dict.fromkeys(("address.1", "street.1", "door", "lane", "postcode.1"), _PLACE),
    **dict.fromkeys(("document.1", "seal-number.1", "neighbour"), _NUMBER),
    **dict.fromkeys(("name", "name.1", "name-skeleton.1", "name-run.1", "name-pair.1"), _NAME),
    **dict.fromkeys(("tax-id.1", "lei.1", "person-document.1", "born.1"), _IDENTITY),
    "container.1": Doubt(
        "{it} could have been leased to another shipper in between",
        "its owner names two shippers of {it} who have nothing to do with each other",
    ),
    "container-slip": Doubt(
        "{it} could be two containers after all", "the carrier knows two containers by {it}"
    ),
    "plate.1": Doubt(
        "{it} could belong to a haulier who carries for anybody",
        "the haulier of {it} shows orders of customers who do not know each other",
    ),
    "lot.1": Doubt(
        "{it} could be a genuine lot that was stolen or diverted",
        "the maker confirms {it} as his and knows where it went",
    ),
    "defect": Doubt(
        "the defect ({it}) could be usual in goods of this sort",
        "goods of other makers have it too ({it})",
    ),
    "judged": Doubt(
        "the coordinator who joined some of these alerts could be mistaken",
        "that decision is taken back",
    ),
}


def innocence(case: Case, rules: Iterable[Rule]) -> tuple[str, str]:
    """The innocent explanation of a network, and what would refute the case."""
    props: list[_Prop] = []
    doubts: list[Doubt] = []
    for prop in _props(case.links):
        doubt = _DOUBTS.get(prop[0], _AROUND)
        if doubt not in doubts and len(doubts) < 2:
            props.append(prop)
            doubts.append(doubt)
    names = [_named(kind, shown) for kind, shown, _ in props]
    innocent = [
        f"{_upper(doubt.innocent.format(it=name))}; {_left(case, prop)}."
        for doubt, name, prop in zip(doubts, names, props, strict=True)
    ]
    fired = {e.left for e in case.patterns}
    innocent += [
        f"What looks like {rule.pattern} could be {rule.falsepositives[0]}."
        for rule in rules
        if rule.id in fired and rule.evidence.bits > 0
    ][:2]
    ways = " or ".join(d.refuted.format(it=n) for d, n in zip(doubts, names, strict=True))
    return " ".join(innocent), f"The case falls if {ways}."


_Prop = tuple[str, str, Callable[[Link], bool]]


def _props(links: Sequence[Link]) -> list[_Prop]:
    """What most links rest on: kind, how it is shown, and whether a link rests on it."""
    resting: dict[tuple[str, str], list[Link]] = {}
    for link in links:
        best = _best(link)
        if best is not None:
            resting.setdefault((best.kind, _shown(best)), []).append(link)
    ranked = sorted(resting, key=lambda k: (-len(resting[k]), k))
    return [(kind, shown, _rests(kind, shown)) for kind, shown in ranked]


def _rests(kind: str, shown: str) -> Callable[[Link], bool]:
    def rests(link: Link) -> bool:
        best = _best(link)
        return best is not None and (best.kind, _shown(best)) == (kind, shown)

    return rests


def _best(link: Link) -> Evidence | None:
    return max(
        (e for e in link.evidence if e.kind != "prior"),
        key=lambda e: (e.bits, e.kind),
        default=None,
    )


def _shown(evidence: Evidence) -> str:
    return "" if evidence.sealed else min(evidence.left, evidence.right or evidence.left)


def _named(kind: str, shown: str) -> str:
    thing = THINGS.get(kind, "name" if kind == "name" else "")
    if not thing:
        return shown or kind
    shown = f'"{shown}"' if kind == "name" else shown
    return f"the {thing} {shown}" if shown else f"the {thing} (sealed)"


def _left(case: Case, prop: _Prop) -> str:
    """What still hangs together without a thing."""
    rests = prop[2]
    links = [x for x in case.links if not rests(x)]
    held = max(map(len, groups(case.members, links)), default=0)
    if len(links) == len(case.links) or held == len(case.members):
        return "the alerts hang together without it, too"
    if held < 2:
        return "nothing else ties them"
    return f"without it, {held} of the {len(case.members)} alerts still hang together"


def groups(members: Iterable[str], links: Iterable[Link]) -> list[set[str]]:
    """The alerts in groups that links hold together."""
    group = {subject: {subject} for subject in members}
    for link in links:
        one, other = group.get(link.a), group.get(link.b)
        if one is None or other is None or one is other:
            continue
        one |= other
        for subject in other:
            group[subject] = one
    return list({id(g): g for g in group.values()}.values())


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]
