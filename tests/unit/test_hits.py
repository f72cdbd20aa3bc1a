"""Hits: what originators are told when their sealed parts meet; and the sets that receipts are."""

from decimal import Decimal
from itertools import pairwise
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from entente.alert.proposal import (
    AlertReference,
    Basis,
    CaseLink,
    Evidence,
    Proposal,
    Releasability,
    Suggestion,
    Window,
)
from entente.alert.ranges import contains, union
from entente.coordinate.hits import Hit, hits

JP, FR, NZ = (str(UUID(int=n)) for n in (1, 2, 3))
pairs = st.lists(st.tuples(st.integers(-2, 40), st.integers(-2, 40)), max_size=8)


def evidence(kind: str, left: str | None = None) -> Evidence:
    return Evidence(kind=kind, bits=Decimal("9.0"), left=left, right=left, sentence="same")


def proposal(*found: Evidence, other: str = FR) -> Proposal:
    issuers = {JP: "JP", FR: "FR", NZ: "NZ"}
    return Proposal(
        case="c", pattern="network", claim="", probability=Decimal("0.9"), bits=Decimal("9.0"),
        alerts=tuple(AlertReference(subject=s, version=1, issuer=i) for s, i in issuers.items()),
        links=(CaseLink(a=JP, b=other, bits=Decimal("9.0"), evidence=found),),
        releasability=Releasability(tlp="AMBER"),
        window=Window(first="2026", last="2026", stale_after="2026"),
        suggestion=Suggestion(type="bilateral", leader="JP", days=1, reason=""),
        innocent_explanation="", refuted_by="",
        basis=Basis(engine="", rules="", weights="", calibration="", epoch=1),
    )  # fmt: skip


def test_both_originators_are_told_and_nobody_else() -> None:
    met = proposal(evidence("phone.1"), evidence("name.1"), evidence("hs", "6404"))
    assert hits([met], "JP") == [
        Hit(case="c", them="FR", ours=UUID(JP), theirs=UUID(FR), shared=("name.1", "phone.1"))
    ]
    assert hits([met], "FR") == [
        Hit(case="c", them="JP", ours=UUID(FR), theirs=UUID(JP), shared=("name.1", "phone.1"))
    ]
    assert hits([met], "NZ") == hits([met], "CORRELATOR") == []


def test_what_is_read_in_the_open_is_no_hit() -> None:
    assert hits([proposal(evidence("phone.1", "+81 3"), evidence("brand", "Acme"))], "JP") == []
    assert hits([replace(proposal(evidence("phone.1")), status="withdrawn")], "JP") == []
    own = proposal(evidence("phone.1"))
    own = replace(own, alerts=tuple(replace(a, issuer="JP") for a in own.alerts))
    assert hits([own], "JP") == [], "two alerts of one originator"


@settings(max_examples=100, deadline=None)
@given(pairs, pairs)
def test_ranges_are_the_sets_that_they_say(
    a: list[tuple[int, int]], b: list[tuple[int, int]]
) -> None:
    meant = {n for first, last in (*a, *b) if first >= 0 for n in range(first, last + 1)}
    found = union(a, b)
    assert {n for n in range(-3, 50) if contains(found, n)} == meant
    assert found == union(b, union(a), found), "in any order, and again"
    assert all(one[1] + 1 < other[0] for one, other in pairwise(found))


def test_a_stranger_cannot_fill_a_store() -> None:
    assert len(union((n, n) for n in range(0, 400_000, 2))) == 1 << 16
    assert contains(union([(0, (1 << 63) - 1)]), 1 << 40)
