"""Health clusters (P19): unsafe goods of one lot or with one telling defect, in several countries.

They are told at once, whatever thresholds hold for networks: two alerts are enough. A network that
holds all of a cluster tells it itself. Two brands are two makers, who may number alike; and a
defect tells only in three words or more, and where all who report it name one brand: a broken seal
is found on any goods.
"""

from collections.abc import Callable, Collection, Iterator, Mapping

from entente.alert.record import Consignment
from entente.correlate.evidence import Case, Evidence, Wording
from entente.correlate.head import Head
from entente.correlate.sentences import THINGS
from entente.correlate.weigh.facts import dangers
from entente.correlate.weigh.features import Features
from entente.correlate.weigh.forms import plain

PATTERN = "health_cluster"
LEAST = {"lot.1": 10.0, "defect": 6.0}
"""Bits below which a lot or defect tells nothing: a year, a placeholder, a usual flaw."""
_RULE = 4.0
"""Bits for the danger being the same."""
_DEFECT = "defect:"
_KINDS = ("lot.1:", _DEFECT)


class Clusters:
    """The dangerous lots and defects of all heads, kept up to date change by change."""

    def __init__(self) -> None:
        self._keys: dict[str, frozenset[tuple[str, str]]] = {}
        self._held: dict[tuple[str, str], dict[str, tuple[str, frozenset[str]]]] = {}
        self._wide: set[tuple[str, str]] = set()
        """Held by two administrations or more."""
        self._changed = False

    def change(self, subject: str, head: Head | None, of: Features | None) -> None:
        """Put a new head in the place of what was held of a subject."""
        new = frozenset(_keys(head, of)) if head and of else frozenset()
        for key in self._keys.pop(subject, frozenset()):
            held = self._held[key]
            del held[subject]
            if not held:
                del self._held[key]
            self._look(key)
        if new:
            self._keys[subject] = new
        owner = (head.issuer, _brands(head)) if head else ("", frozenset())
        for key in new:
            self._held.setdefault(key, {})[subject] = owner
            self._look(key)

    def _look(self, key: tuple[str, str]) -> None:
        wide = len({issuer for issuer, _ in self._held.get(key, {}).values()}) > 1
        self._changed |= wide or key in self._wide
        if wide:
            self._wide.add(key)
        else:
            self._wide.discard(key)

    def news(self, *, again: bool = False) -> bool:
        """Whether any cluster may have changed since this was last asked.

        ``again``: also if what decides on them has, the model or the networks.
        """
        changed = self._changed or (again and bool(self._wide))
        self._changed = False
        return changed

    def cases(
        self,
        worth: Callable[[str], float],
        prior: float,
        features: Mapping[str, Features],
        networks: Callable[[str], list[Collection[str]]],
    ) -> list[Case]:
        """Every cluster that is in no network: a pure function of heads, model and networks.

        Of clusters with the same alerts only the most surprising. ``worth``: bits of a lot or
        defect, and ``prior`` those against two alerts belonging together. ``networks``: the members
        of those that have an alert.
        """
        best: dict[tuple[str, ...], Case] = {}
        for key in sorted(self._wide):
            bits = worth(key[0])
            if bits < LEAST[key[0].partition(":")[0]]:
                continue
            for members in self._of_one_brand(key):
                if any(set(members) <= set(network) for network in networks(members[0])):
                    continue
                case = _case(key, members, bits, prior, features)
                if members not in best or case.bits > best[members].bits:
                    best[members] = case
        return [best[members] for members in sorted(best)]

    def _of_one_brand(self, key: tuple[str, str]) -> Iterator[tuple[str, ...]]:
        """The alerts of a lot or defect by brand, each with those that name none; of two
        administrations at least."""
        held = self._held[key]
        brands = sorted({brand for _, named in held.values() for brand in named})
        if key[0].startswith(_DEFECT) and (
            len(brands) != 1 or not all(named for _, named in held.values())
        ):
            return
        for brand in brands or [""]:
            members = [s for s, (_, named) in held.items() if not named or brand in named]
            if len({held[s][0] for s in members}) > 1:
                yield tuple(sorted(members))


def _brands(head: Head) -> frozenset[str]:
    goods = head.alert.goods if isinstance(head.alert, Consignment) else ()
    return frozenset(plain(r.brand) for g in goods for r in g.rights if r.brand)


def _keys(head: Head, of: Features) -> Iterator[tuple[str, str]]:
    if not isinstance(head.alert, Consignment):
        return
    values = [
        value
        for value in (*of.owner, *of.circumstances)
        if value.startswith(_KINDS) and not (value.startswith(_DEFECT) and value.count(" ") < 2)
    ]
    if values:
        for danger in dangers(head.alert):
            yield from ((value, danger) for value in values)


def _case(
    key: tuple[str, str],
    members: tuple[str, ...],
    bits: float,
    prior: float,
    features: Mapping[str, Features],
) -> Case:
    value, danger = key
    kind, _, form = value.partition(":")
    shown = next((s for m in members if (s := features[m].shown.get(value))), form)
    thing = THINGS.get(kind, kind)
    issuers = sorted({features[m].issuer for m in members})
    evidence = (
        Evidence(kind, round(bits, 2), shown, shown),
        Evidence("danger", _RULE, danger, note=f"It is one danger each time: {danger}."),
        Evidence("prior", prior),
    )
    first, second = members[:2]
    return Case(
        pattern=PATTERN,
        members=members,
        bits=round(sum(e.bits for e in evidence), 2),
        anchor=(first, second),
        evidence=evidence,
        wording=Wording(
            claim=(
                f"one {thing} ({shown}) of goods that are a danger ({danger.replace('_', ' ')}) in "
                f"{len(members)} alerts of {', '.join(issuers)}: warn at once."
            ),
            innocent=(
                f"The {thing} {shown} could be that of genuine goods that were stolen or diverted, "
                "or several makers could use it."
            ),
            refuted_by=(
                f"The case falls if the makers of the goods differ, or if the maker knows {shown} "
                "as his and where it went."
            ),
        ),
    )
