"""The scorer on cases small enough to work out by hand."""

import pytest

from entente.exercise.judge import decide, pairs
from entente.exercise.score import Line, ProposalLine, Score, score
from entente.exercise.truth import Decoy, Member, Network, Truth, visible

A = ["a1", "a2", "a3", "a4"]
B = ["b1", "b2", "b3"]
OTHERS = ["x1", "x2", "x3"]


def _network(
    name: str, subjects: list[str], **versions: dict[int, dict[str, str] | None]
) -> Network:
    members = {
        s: Member("JP" if k % 2 else "KR", versions.get(s, {1: {f"phone:{name}": "1"}}))
        for k, s in enumerate(subjects)
    }
    return Network(name, ["P01"], "", [], members)


TRUTH = Truth(1, "mixed", [_network("A", A), _network("B", B)], [], [], {})
LINES = [Line(s, "JP" if int(s[1]) % 2 else "KR", 1, "NEW") for s in [*A, *OTHERS, *B]]


def _open(
    name: str, alerts: list[str], probability: float = 1.0, after: int = 9, version: int = 1
) -> ProposalLine:
    return ProposalLine(name, version, after, "open", probability, alerts)


def _score(*emitted: ProposalLine, lines: list[Line] = LINES, truth: Truth = TRUTH) -> Score:
    return score(lines, truth, emitted)


def test_all_found() -> None:
    s = _score(_open("1", A, after=3), _open("2", B))
    assert (s.networks, s.found, s.false, s.f1, s.pairwise_f1, s.bcubed_f1) == (2, 2, 0, 1, 1, 1)
    assert (s.brier, s.ece, s.ids_per_found, s.withdrawn_shown, s.missed) == (0, 0, 1, 0, [])
    # A is ready with a3 (line 2) and found after line 3; B with b3 (line 9), found at once.
    assert s.delay == 0.5


def test_nothing_proposed() -> None:
    s = _score()
    assert (s.found, s.precision, s.recall, s.f1, s.delay, s.ids_per_found) == (
        0,
        0,
        0,
        0,
        None,
        None,
    )
    assert s.missed == ["A", "B"]
    assert s.bcubed_recall == pytest.approx(2 / 7)  # 4 alerts of 1/4 and 3 of 1/3, over 7


def test_labels() -> None:
    s = _score(
        _open("found", ["a1", "a2", "a3"], 0.9),  # 3 of 4 visible, pure
        _open("duplicate", ["a3", "a4"], 0.8),  # 2 of 4, pure
        _open("fragment", ["b1"], 0.7),  # 1 of 3
        _open("false", ["b2", "b3", "x1"], 0.6),  # 2 of 3 is below 70 %
    )
    assert {p.proposal: p.label for p in s.proposals} == {
        "found": "found", "duplicate": "duplicate", "fragment": "fragment", "false": "false",
    }  # fmt: skip
    assert (s.found, s.duplicates, s.fragments, s.false) == (1, 1, 1, 1)
    assert (s.precision, s.strict_precision, s.recall, s.f1) == (0.5, 0.25, 0.5, 0.5)
    assert s.false_per_1000 == 100  # one in ten alerts
    assert s.precision_at_10 == 0.75
    # (0.9-1)^2 + (0.8-1)^2 + (0.7-1)^2 + 0.6^2 = 0.01 + 0.04 + 0.09 + 0.36
    assert s.brier == pytest.approx(0.125)
    # Each stands alone in its bin: gaps 0.1, 0.2, 0.3 and 0.6.
    assert s.ece == pytest.approx(0.3)


def test_exactly_half_and_exactly_seventy_per_cent_are_enough() -> None:
    ten = [f"a{k}" for k in range(14)]
    truth = Truth(1, "mixed", [_network("A", ten)], [], [], {})
    lines = [Line(s, "JP", 1, "NEW") for s in [*ten, *OTHERS]]
    s = _score(_open("1", [*ten[:7], *OTHERS]), lines=lines, truth=truth)
    assert s.proposals[0].label == "found"
    s = _score(_open("1", [*ten[:6], "x1"]), lines=lines, truth=truth)
    assert s.proposals[0].label == "fragment"


def test_pairs_and_bcubed() -> None:
    s = _score(_open("1", ["a1", "a2", "a3", "x1"]), _open("2", ["b1", "b2"]))
    # Pairs: 6 + 1 proposed, of which 3 + 1 true; 6 + 3 true ones exist.
    assert s.pairwise_precision == pytest.approx(4 / 7)
    assert s.pairwise_recall == pytest.approx(4 / 9)
    # B-cubed precision: a1 a2 a3 have 3/4, x1 has 1/4, b1 b2 have 1: (9/4 + 1/4 + 2) / 6.
    assert s.bcubed_precision == pytest.approx(0.75)
    # Recall: three times 3/4, a4 has 1/4, b1 b2 have 2/3, b3 has 1/3: (10/4 + 5/3) / 7.
    assert s.bcubed_recall == pytest.approx((10 / 4 + 5 / 3) / 7)


def test_an_alert_in_two_proposals_counts_in_the_likelier() -> None:
    s = _score(_open("1", A, 0.9), _open("2", ["a1", "x1", "x2"], 0.2))
    assert s.pairwise_precision == pytest.approx(6 / 7)  # the second keeps x1 and x2 only


def test_delay_counts_from_three_linked_of_two_administrations() -> None:
    lines = [Line(s, "", 1, "NEW") for s in ("a1", "a3", "x1", "a2", "x2", "x3", "a4", "b1")]
    later = _open("1", ["a1", "a2", "a3"], version=2, after=6)
    s = _score(_open("1", ["a1", "a2"], after=5), later, lines=lines)
    # Ready at line 3 with a2; version 1 holds two of the three in hand: found after line 5.
    assert (s.found, s.delay) == (1, 2)
    early = _score(_open("1", ["a1", "a2", "a3"], after=2), lines=lines)
    assert early.delay == 0


def test_a_withdrawn_alert_shown_is_counted_and_no_longer_visible() -> None:
    network = _network("A", A, a4={1: {"phone:A": "1"}, 2: None})
    truth = Truth(1, "mixed", [network], [], [], {})
    lines = [*LINES, Line("a4", "JP", 2, "WITHDRAWAL")]
    assert visible(network, {"a1": 1, "a2": 1, "a3": 1, "a4": 2}) == {"a1", "a2", "a3"}
    s = _score(_open("1", A), lines=lines, truth=truth)
    assert (s.withdrawn_shown, s.found) == (1, 1)
    better = _score(_open("1", A), _open("1", A[:3], version=2, after=10), lines=lines, truth=truth)
    assert (better.withdrawn_shown, better.versions_per_proposal) == (0, 2)


def test_what_no_value_ties_is_not_asked_for() -> None:
    network = _network("A", A, a3={1: {}}, a4={1: {"mail:other": "m"}})
    truth = Truth(1, "mixed", [network], [], [], {})
    assert visible(network, dict.fromkeys(A, 1)) == {"a1", "a2"}
    s = _score(truth=truth)
    assert (s.networks, s.recall) == (0, 0)


def test_invisible_members_neither_help_nor_harm_per_alert() -> None:
    network = _network("A", A, a4={1: {}})
    truth = Truth(1, "mixed", [network], [], [], {})
    with_it, without = _score(_open("1", A), truth=truth), _score(_open("1", A[:3]), truth=truth)
    assert with_it.pairwise_f1 == without.pairwise_f1 == with_it.bcubed_f1 == 1


def test_ids_and_overtaking() -> None:
    s = _score(
        _open("1", A, after=3),
        ProposalLine("1", 2, 4, "withdrawn", 0.0, []),
        _open("2", A, after=5),
    )
    assert (s.found, s.ids_per_found) == (1, 2)
    # Version 2 in hand before version 1: the higher holds.
    lines = [Line("a1", "KR", 2, "CORRECTION"), *LINES]
    network = _network("A", A, a1={1: {}, 2: {"phone:A": "1"}})
    s = _score(_open("1", A), lines=lines, truth=Truth(1, "mixed", [network], [], [], {}))
    assert (s.found, s.recall) == (1, 1)


def test_judges() -> None:
    decoys = [Decoy("d", "campaign", "", ["x1", "x2"]), Decoy("e", "pair", "", ["x2", "x3"])]
    truth = Truth(1, "mixed", TRUTH.networks, decoys, [], {})
    said = pairs(truth, dict.fromkeys([*A, *B, *OTHERS], 1))
    assert sum(p.same for p in said) == 6 + 3
    assert ("x1", "x2", False) in {(p.a, p.b, p.same) for p in said}
    assert all(p.a < p.b and "x3" not in (p.a, p.b) for p in said)
    assert all(p.same == (p.a[0] == p.b[0]) for p in said if "x" not in p.a + p.b)
    judged = _score(_open("1", A), _open("2", OTHERS)).proposals
    assert [d.decision for d in decide(judged, 1, slips=0)] == ["accept", "decline"]
    assert [d.decision for d in decide(judged, 1, slips=1)] == ["decline", "accept"]
