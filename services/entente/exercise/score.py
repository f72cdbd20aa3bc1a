"""How good proposals are against the truth: the definitions of correlation quality, in one place.

- A network's **visible** alerts hang together by values that survive in their current versions
  (``truth.visible``); a network with fewer than three of them, or of one administration only,
  cannot be found by anybody and is not asked for.
- A proposal **finds** a network when it covers at least half of the visible alerts and at least
  70 % of its alerts are the network's. The best one counts as found, others as **duplicates**; one
  as pure that covers less is a **fragment**; every other open proposal is **false**.
- Precision is found / (found + false): duplicates and fragments are reported apart, and strict
  precision counts them against us. Recall is found / visible networks.
- Per alert: an alert in several open proposals counts in the most probable one. A network's
  invisible alerts are left out on both sides. Pairwise figures count pairs; B-cubed precision is
  the mean over alerts in proposals, B-cubed recall over visible network alerts.
- Delay runs in lines of the stream from the message at which three linked alerts of two
  administrations are first in hand to the first proposal version that finds the network among the
  alerts visible at that moment.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from statistics import median

import msgspec

from entente.exercise.truth import Network, Truth, components, visible

COVER, PURITY = 0.5, 0.7


class Line(msgspec.Struct):
    """What the scorer needs of a line of the stream."""

    subject: str
    issuer: str
    version: int
    change: str


class ProposalLine(msgspec.Struct):
    """What the scorer needs of a line of ``entente correlate run``."""

    proposal: str
    version: int
    after: int
    """Index of the stream's line after which it was emitted, from 0."""
    status: str
    probability: float
    alerts: list[str]
    bits: float = 0.0


class Judged(msgspec.Struct):
    """One open proposal and what it is."""

    proposal: str
    label: str
    """``found``, ``duplicate``, ``fragment`` or ``false``."""
    network: str | None
    probability: float
    alerts: int


class Score(msgspec.Struct):
    """All figures. Shares are 0 to 1; delay and versions are medians and means where said."""

    alerts: int
    networks: int
    """That can be seen at all."""
    found: int
    duplicates: int
    fragments: int
    false: int
    precision: float
    strict_precision: float
    recall: float
    f1: float
    pairwise_precision: float
    pairwise_recall: float
    pairwise_f1: float
    bcubed_precision: float
    bcubed_recall: float
    bcubed_f1: float
    precision_at_10: float
    precision_at_50: float
    false_per_1000: float
    brier: float
    ece: float
    delay: float | None
    """Median, in lines; null when nothing was found."""
    ids_per_found: float | None
    versions_per_proposal: float
    withdrawn_shown: int
    missed: list[str]
    proposals: list[Judged]


def heads(lines: Iterable[Line]) -> dict[str, Line]:
    """The line of the highest version of each subject, whatever the order of arrival."""
    result: dict[str, Line] = {}
    for line in lines:
        if line.subject not in result or line.version > result[line.subject].version:
            result[line.subject] = line
    return result


def can_be_found(network: Network, alerts: frozenset[str]) -> bool:
    """Three alerts of two administrations at least."""
    return len(alerts) >= 3 and len({network.alerts[a].issuer for a in alerts}) >= 2


def score(lines: Sequence[Line], truth: Truth, emitted: Sequence[ProposalLine]) -> Score:
    """Score every emitted version against the truth; the last version of an id is what stands."""
    current = heads(lines)
    versions = {subject: line.version for subject, line in current.items()}
    gone = {subject for subject, line in current.items() if line.change == "WITHDRAWAL"}
    seen = {n.id: visible(n, versions) for n in truth.networks}
    targets = {n.id: seen[n.id] for n in truth.networks if can_be_found(n, seen[n.id])}
    members = {alert: n.id for n in truth.networks for alert in n.alerts}
    last: dict[str, ProposalLine] = {}
    for line in emitted:
        last[line.proposal] = line
    opened = sorted(
        (p for p in last.values() if p.status == "open" and p.alerts),
        key=lambda p: (-p.probability, -p.bits, p.proposal),
    )
    judged = judge(opened, targets, members)
    labels = Counter(j.label for j in judged)
    found, false = labels["found"], labels["false"]
    precision, recall = _share(found, found + false), _share(found, len(targets))
    pairs, bcubed = _per_alert(opened, targets, members)
    right = [(j.probability, j.label != "false") for j in judged]
    reached = {j.network for j in judged if j.label == "found"}
    delays, ids = _in_time(lines, truth, targets, members, emitted, reached=reached)
    return Score(
        alerts=len(current), networks=len(targets), found=found, duplicates=labels["duplicate"],
        fragments=labels["fragment"], false=false, precision=precision,
        strict_precision=_share(found, len(judged)), recall=recall, f1=_f1(precision, recall),
        pairwise_precision=pairs[0], pairwise_recall=pairs[1], pairwise_f1=_f1(*pairs),
        bcubed_precision=bcubed[0], bcubed_recall=bcubed[1], bcubed_f1=_f1(*bcubed),
        precision_at_10=_at(right, 10), precision_at_50=_at(right, 50),
        false_per_1000=1000 * false / max(1, len(current)), brier=brier(right), ece=ece(right),
        delay=median(delays) if delays else None,
        ids_per_found=sum(ids) / len(ids) if ids else None,
        versions_per_proposal=_share(len(emitted), len(last)),
        withdrawn_shown=sum(alert in gone for p in opened for alert in p.alerts),
        missed=sorted(set(targets) - {r for r in reached if r}), proposals=judged,
    )  # fmt: skip


def purest(alerts: Iterable[str], members: Mapping[str, str]) -> tuple[str | None, float]:
    """The network that most of the alerts belong to, and its share of them."""
    chosen = sorted(set(alerts))
    counts = Counter(members[a] for a in chosen if a in members)
    if not counts:
        return None, 0.0
    best = max(sorted(counts), key=lambda n: counts[n])
    return best, counts[best] / len(chosen)


def judge(
    opened: Sequence[ProposalLine],
    targets: Mapping[str, frozenset[str]],
    members: Mapping[str, str],
) -> list[Judged]:
    """Label open proposals, in the order given; the best cover of a network is the one found."""
    result, covers = [], {}
    for p in opened:
        network, purity = purest(p.alerts, members)
        label, cover = "false", 0.0
        if network is not None and purity >= PURITY:
            target = targets.get(network, frozenset())
            cover = _share(len(target & set(p.alerts)), len(target))
            label = "fragment" if cover < COVER else "duplicate"
        covers[p.proposal] = cover
        result.append(Judged(p.proposal, label, network, p.probability, len(set(p.alerts))))
    best: dict[str | None, Judged] = {}
    for one in result:
        if one.label == "duplicate":
            held = best.get(one.network)
            if held is None or covers[one.proposal] > covers[held.proposal]:
                best[one.network] = one
    for one in best.values():
        one.label = "found"
    return result


def _per_alert(
    opened: Sequence[ProposalLine],
    targets: Mapping[str, frozenset[str]],
    members: Mapping[str, str],
) -> tuple[tuple[float, float], tuple[float, float]]:
    shown = {alert: network for network, alerts in targets.items() for alert in alerts}
    cluster: dict[str, str] = {}
    for p in opened:
        for alert in p.alerts:
            if alert in shown or alert not in members:  # invisible members count for nobody
                cluster.setdefault(alert, p.proposal)
    both = Counter((cluster[a], shown[a]) for a in cluster if a in shown)
    sizes, truths = Counter(cluster.values()), Counter(shown.values())
    pairs = sum(_pairs(n) for n in both.values())
    pairwise = (
        _share(pairs, sum(_pairs(n) for n in sizes.values())),
        _share(pairs, sum(_pairs(n) for n in truths.values())),
    )
    alone = sum(1 / sizes[cluster[a]] for a in cluster if a not in shown)  # right about itself only
    hit = sum(n * n / sizes[c] for (c, _), n in both.items()) + alone
    held = sum(n * n / truths[t] for (_, t), n in both.items())
    missed = sum(1 / truths[shown[a]] for a in shown if a not in cluster)
    return pairwise, (_share(hit, len(cluster)), _share(held + missed, len(shown)))


def _in_time(
    lines: Sequence[Line],
    truth: Truth,
    targets: Mapping[str, frozenset[str]],
    members: Mapping[str, str],
    emitted: Sequence[ProposalLine],
    *,
    reached: set[str | None],
) -> tuple[list[int], list[int]]:
    """Delay and number of ids of each network in ``reached``."""
    networks = {n.id: n for n in truth.networks if n.id in reached}
    ready: dict[str, int] = {}
    first: dict[str, int] = {}
    ids: dict[str, set[str]] = {n: set() for n in networks}
    hand: dict[str, dict[str, int]] = {n: {} for n in networks}
    waiting = sorted(emitted, key=lambda p: p.after)
    turn = 0
    for index, line in enumerate(lines):
        home = members.get(line.subject, "")
        if home in hand and line.version > hand[home].get(line.subject, 0):
            hand[home][line.subject] = line.version
            if home not in ready and _linked(networks[home], hand[home]):
                ready[home] = index
        while turn < len(waiting) and waiting[turn].after <= index:
            p = waiting[turn]
            turn += 1
            network, purity = purest(p.alerts, members)
            if network not in networks or purity < PURITY or p.status != "open":
                continue
            if 2 * len(targets[network] & set(p.alerts)) >= len(targets[network]):
                ids[network].add(p.proposal)
            if network not in first:
                now = visible(networks[network], hand[network])
                if now and 2 * len(now & set(p.alerts)) >= len(now):
                    first[network] = index
    delays = [max(0, first[n] - ready[n]) for n in sorted(first) if n in ready]
    return delays, [max(1, len(ids[n])) for n in sorted(ids)]


def _linked(network: Network, hand: Mapping[str, int]) -> bool:
    """Three alerts that hang together, of two administrations."""
    known = (
        (subject, ties)
        for subject, version in hand.items()
        if (ties := network.alerts[subject].versions.get(version))
    )
    return any(can_be_found(network, group) for group in components(known))


def _pairs(count: int) -> int:
    return count * (count - 1) // 2


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 0.0


def _f1(precision: float, recall: float) -> float:
    return _share(2 * precision * recall, precision + recall)


def _at(right: Sequence[tuple[float, bool]], k: int) -> float:
    """Share of the first k that are not false; of all where there are fewer."""
    top = right[:k]
    return _share(sum(good for _, good in top), len(top))


def brier(right: Sequence[tuple[float, bool]]) -> float:
    """Mean squared distance of probabilities from what turned out (Brier 1950)."""
    return _share(sum((p - good) ** 2 for p, good in right), len(right))


def ece(right: Sequence[tuple[float, bool]]) -> float:
    """Expected calibration error over ten bins of equal width."""
    bins: dict[int, list[tuple[float, bool]]] = {}
    for p, good in right:
        bins.setdefault(min(9, int(p * 10)), []).append((p, good))
    gaps = (abs(sum(p for p, _ in b) - sum(good for _, good in b)) for b in bins.values())
    return _share(sum(gaps), len(right))
