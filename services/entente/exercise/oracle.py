"""The perfect analyst: proposes what can be known from the alerts in hand, no more, no less."""

from collections.abc import Iterable, Iterator

from entente.exercise.score import Line, ProposalLine, can_be_found
from entente.exercise.truth import Truth, visible


def oracle(lines: Iterable[Line], truth: Truth) -> Iterator[ProposalLine]:
    """The proposals of somebody who knows the truth, each as soon as it can be seen.

    The upper bound of every score: network F1, pairwise and B-cubed 1, delay 0, one id each.
    """
    networks = {network.id: network for network in truth.networks}
    home = {subject: n.id for n in truth.networks for subject in n.alerts}
    hand: dict[str, dict[str, int]] = {name: {} for name in networks}
    said: dict[str, tuple[int, frozenset[str]]] = {}
    for index, line in enumerate(lines):
        name = home.get(line.subject)
        if name is None or line.version <= hand[name].get(line.subject, 0):
            continue
        hand[name][line.subject] = line.version
        alerts = visible(networks[name], hand[name])
        if not can_be_found(networks[name], alerts):
            alerts = frozenset()
        version, before = said.get(name, (0, frozenset()))
        if alerts != before:
            said[name] = (version + 1, alerts)
            status = "open" if alerts else "withdrawn"
            yield ProposalLine(name, version + 1, index, status, 1.0, sorted(alerts))
