"""Networks as cases: which groups are worth a coordinator's time, and how to say it."""

from collections import Counter
from collections.abc import Iterable, Mapping

from entente.correlate.day import iso
from entente.correlate.evidence import Case, Link, Wording
from entente.correlate.sentences import THINGS
from entente.correlate.weigh.features import Features
from entente.correlate.weigh.model import FoldWeights

PATTERN = "network"


def network_case(
    members: tuple[str, ...],
    links: tuple[Link, ...],
    features: Mapping[str, Features],
    weights: FoldWeights,
) -> Case | None:
    """The case of a group, or nothing when it concerns one administration or too few alerts."""
    issuers = {features[s].issuer for s in members}
    if len(members) < weights.alerts or len(issuers) < weights.administrations:
        return None
    if _crossing(members, links, features) < weights.crossing:
        return None
    loose = not any(x.identifying for x in links)
    few = len(members) < weights.loose_alerts or len(issuers) < weights.loose_administrations
    if loose and few:
        return None
    tree = _tree(links)
    bits = sum(x.bits for x in tree) / len(tree)
    return Case(
        pattern=PATTERN,
        members=members,
        bits=round(bits, 2),
        anchor=(links[0].a, links[0].b),
        wording=_wording(members, links, features),
        links=links,
        weakest=min(x.bits for x in tree),
    )


def extended(
    case: Case, members: Iterable[str], links: Iterable[Link], features: Mapping[str, Features]
) -> Case:
    """A case with further alerts and links; how sure it is rests on what it was without them."""
    everyone = tuple(sorted(members))
    ranked = tuple(sorted(links, key=lambda x: (-x.bits, x.a, x.b)))
    wording = _wording(everyone, ranked, features)
    return case._replace(members=everyone, links=ranked, wording=wording)


def _crossing(
    members: tuple[str, ...], links: tuple[Link, ...], features: Mapping[str, Features]
) -> float:
    """How well the alerts of other administrations hang on those of the main one: the best links
    of the two that hang best, across a border."""
    counts = Counter(features[s].issuer for s in members)
    main = min(counts, key=lambda issuer: (-counts[issuer], issuer))
    best: dict[str, float] = {}
    for link in links:
        if features[link.a].issuer != features[link.b].issuer:
            for subject in (link.a, link.b):
                if features[subject].issuer != main:
                    best[subject] = max(best.get(subject, 0.0), link.bits)
    return sum(sorted(best.values(), reverse=True)[:2])


def _tree(links: tuple[Link, ...]) -> list[Link]:
    """The strongest links that hold the group together."""
    group: dict[str, set[str]] = {}
    tree = []
    for link in links:
        one, other = group.setdefault(link.a, {link.a}), group.setdefault(link.b, {link.b})
        if one is not other:
            one |= other
            for subject in other:
                group[subject] = one
            tree.append(link)
    return tree


def _wording(
    members: tuple[str, ...], links: tuple[Link, ...], features: Mapping[str, Features]
) -> Wording:
    kinds = Counter(x.evidence[0].kind for x in links)
    ties = [_tie(kind) for kind, _ in kinds.most_common(3)]
    days = [features[s].day for s in members]
    issuers = sorted({features[s].issuer for s in members})
    claim = (
        f"{len(members)} alerts of {', '.join(issuers)} between {iso(min(days))} and "
        f"{iso(max(days))} belong together: they share {_and(list(dict.fromkeys(ties)))}."
    )
    return Wording(claim=claim)  # the rest is told from the links, see ``innocence.py``


def _tie(kind: str) -> str:
    aside = {
        "name": "a name in several spellings",
        "container-slip": "a container with a misread number",
        "neighbour": "neighbouring document numbers",
        "judged": "what a coordinator has judged",
    }
    thing = THINGS.get(kind)
    return aside.get(kind, f"one {thing}" if thing else "goods, route and method")


def _and(parts: list[str]) -> str:
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)
