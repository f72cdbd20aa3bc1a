from datetime import date, timedelta
from itertools import combinations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.quality import heads_of, world
from entente.alert.record import (
    Address,
    Container,
    Document,
    Event,
    Goods,
    Leg,
    Nominal,
    Party,
    Right,
    Route,
    Seizure,
    Transport,
)
from entente.correlate.cases.network import Network
from entente.correlate.evidence import Evidence, Link
from entente.correlate.head import Head
from entente.correlate.line import seal
from entente.correlate.sentences import sentence
from entente.correlate.weigh.features import features
from entente.correlate.weigh.model import Model, weights
from entente.correlate.weigh.score import score


def head(subject: str, *parties: Party, date: str = "2026-03-01", **fields: object) -> Head:
    nominal = Nominal(parties=parties) if parties else None
    alert = Seizure(national_ref=subject, event=Event(date=date), nominal=nominal, **fields)  # type: ignore[arg-type]
    return Head(subject=subject, issuer=f"A{subject}", version=1, issued_at=0, alert=alert)


def link(one: Head, other: Head, model: Model | None = None) -> Link | None:
    a, b = features(one), features(other)
    assert a
    assert b
    model = model or Model(weights())
    there, back = score(a, b, model), score(b, a, model)
    assert there == back
    return there


def kinds(found: Link | None) -> dict[str, float]:
    assert found is not None
    return {e.kind: e.bits for e in found.evidence}


PHONE = Party(role="consignor", name="Hengda Leather", phones=("+86 805 651 990",))


def test_a_rare_telephone_links() -> None:
    found = link(head("a", PHONE), head("b", Party(role="consignee", phones=("0086 805651990",))))
    assert kinds(found)["phone.1"] == 18.5
    assert found is not None
    assert found.bits == pytest.approx(sum(e.bits for e in found.evidence), abs=0.02)
    assert found.identifying


def test_what_many_have_is_worth_little() -> None:
    common = Model(weights(), fast={"phone.1:805651990": 7})
    only = Party(role="consignor", phones=PHONE.phones)
    assert link(head("a", only), head("b", only), common) is None


def test_of_one_party_the_best_counts_whole_and_the_rest_in_part() -> None:
    both = Party(role="consignor", phones=PHONE.phones, emails=("x@hengda.cn",))
    found = kinds(link(head("a", both), head("b", both)))
    assert found["phone.1"] + found["email.1"] == pytest.approx(18.5 * 1.35, abs=0.01)


def test_who_serves_everybody_links_nobody() -> None:
    served = Model(weights(), middlemen={"phone.1:805651990"})
    assert link(head("a", PHONE), head("b", PHONE), served) is None
    forwarder = Party(role="forwarder", phones=PHONE.phones)
    assert link(head("a", forwarder), head("b", forwarder)) is None


def test_identifiers_do_not_age_within_the_window_but_end_with_it() -> None:
    assert link(head("a", PHONE), head("b", PHONE, date="2027-01-01")) is not None
    assert link(head("a", PHONE), head("b", PHONE, date="2028-01-01")) is None


def test_one_circumstance_alone_is_not_enough() -> None:
    goods = (Goods(category="3a", rights=(Right(brand="Nebia"),)),)
    assert link(head("a", goods=goods), head("b", goods=goods)) is None


def test_a_container_one_slip_away_needs_a_wrong_check_digit() -> None:
    def boxed(subject: str, number: str) -> Head:
        return head(subject, transport=Transport(containers=(Container(number=number),)))

    slip = link(boxed("a", "CSQU3054383"), boxed("b", "CSQU3054388"))
    assert "container-slip" in kinds(slip)
    both_right = link(boxed("a", "CSQU3054383"), boxed("b", "CSQU3054362"))
    assert both_right is None


def test_neighbouring_postal_numbers_within_three_weeks() -> None:
    def posted(subject: str, number: str, date: str = "2026-03-01") -> Head:
        document = Document(kind="postal_item", number=number)
        goods = (Goods(category="3a"),)
        return head(subject, date=date, goods=goods, transport=Transport(documents=(document,)))

    near = link(posted("a", "LX057610619CN"), posted("b", "LX057610622CN"))
    assert "neighbour" in kinds(near)
    assert link(posted("a", "LX057610619CN"), posted("b", "LX957610622CN")) is None
    assert link(posted("a", "LX057610619CN"), posted("b", "LX057610622CN", "2026-06-01")) is None


def test_numbers_of_a_crowded_series_tell_little() -> None:
    network = Network(weights())
    for i in range(300):
        paper = Document(kind="invoice", number=f"INV{i:04d}")
        network.change(f"{i}", features(head(f"{i}", transport=Transport(documents=(paper,)))))
    network.begin(whole=True)
    assert network.model.bits("document.1:INV0173") < 8 < network.model.bits("document.1:QX773018")
    assert network.model.numbers("INV 7", 64) == 0.0


def test_an_address_of_people_with_other_names_counts_less() -> None:
    home = Address(street="Lasha Road", number="212", postcode="94587", country="IN")
    one = Party(role="consignee", name="Juan Draferga", address=home)
    same = link(head("a", one), head("b", one))
    other = link(head("a", one), head("b", Party(role="consignee", name="Anna Wick", address=home)))
    assert same is not None
    assert other is None or other.bits < same.bits


def test_words_that_everybody_uses_make_no_name() -> None:
    common = {f"word:{w}": 9 for w in ("sn", "ve", "tk", "plstks")}
    model = Model(weights(), alerts=8000, slow=common)
    one = Party(role="consignor", name="Bayak Plastics San. ve Tic.")
    other = Party(role="consignor", name="Salde Plastics San. ve Tic.")
    assert link(head("a", one), head("b", other), model) is None


def test_names_of_which_each_has_words_that_the_other_lacks_are_less_alike() -> None:
    model = Model(weights(), alerts=8000)

    def shared(name: str, other: str) -> float:
        a, b = (Party(role="consignee", name=n) for n in (name, other))
        goods = {"goods": (Goods(lot="QX773018"),)}
        return kinds(link(head("a", a, **goods), head("b", b, **goods), model)).get("name", 0.0)

    whole = shared("Anna Woodgate", "Woodgate Anna")
    assert whole > shared("Anna Woodgate", "Woodgate") > shared("Anna Woodgate", "Thomas Woodgate")


def test_two_words_are_only_as_rare_as_they_are_written_in_one() -> None:
    # A few write the city in Chinese, as two words; most as one, and that is no rare name.
    rare = {"word:gng": 5, "word:sh": 5, "words:gng sh": 5}
    one = Party(
        role="consignor", name="\u5e7f\u5dde\u76db\u767e\u8d38\u6613\u6709\u9650\u516c\u53f8"
    )
    other = Party(
        role="consignor", name="\u5e7f\u5dde\u6052\u946b\u8d38\u6613\u6709\u9650\u516c\u53f8"
    )
    brand = {"route": Route(departure=Leg(country="CN")), "goods": (Goods(lot="QX773018"),)}

    def told(slow: dict[str, int]) -> dict[str, float]:
        model = Model(weights(), alerts=8000, slow=slow)
        return kinds(link(head("a", one, **brand), head("b", other, **brand), model))

    assert "name" in told(rare)
    assert "name" not in told({**rare, "word:gngsh": 9})


@pytest.mark.parametrize(
    ("days", "shared"), [((1, 1, 2, 3, 5), True), ((1, 40, 80, 120, 160), False)]
)
def test_a_box_full_of_strangers_goods_is_a_place(days: tuple[int, ...], shared: bool) -> None:
    network = Network(weights())
    for at, day in enumerate(days):
        one = head(
            f"s{at}",
            date=(date(2026, 1, 1) + timedelta(day)).isoformat(),
            transport=Transport(containers=(Container(number="CSQU3054383"),)),
            goods=(Goods(category=f"{at + 1}a"),),
        )
        network.change(one.subject, features(msgspec.structs.replace(one, issuer="BE")))
    network.begin(whole=True)
    assert ("container.1:CSQU3054383" in network.model.middlemen) == shared


def test_sealed_values_meet_by_tokens() -> None:
    both = Party(role="consignor", phones=PHONE.phones, tax_ids=("IN812976210",))
    found = link(seal(head("a", both)), seal(head("b", both)))
    assert found is not None
    sealed = [e for e in found.evidence if e.sealed]
    assert {e.kind for e in sealed} == {"phone.1", "tax-id.1"}
    assert all("ask both originators" in sentence(e) for e in sealed)
    assert all("805651990" not in str(e) for e in found.evidence)


GOLDEN = [
    (
        Evidence("phone.1", 18.5, "+86 805 651 990", "0086 805651990", 4),
        "Same telephone, written +86 805 651 990 and 0086 805651990; in few other alerts.",
    ),
    (Evidence("container.1", 18.5, "CSQU3054383", "CSQU3054383", 2),
     "Same container: CSQU3054383; in few other alerts."),
    (Evidence("address.1", 9.0, "212 ls 94587", "212 ls 94587", 22),
     "Same address: 212 ls 94587; in about 22 alerts."),
    (Evidence("name", 9.0, "GZ Hengda Leather", "Hengda Trading"),
     'Names alike: "GZ Hengda Leather" and "Hengda Trading".'),
    (Evidence("name", 9.0, "Hengda", "Hengda"), "Same name: Hengda."),
    (Evidence("container-slip", 15.5, "CSQU3054383", "CSQU3054388"),
     "Containers CSQU3054383 and CSQU3054388 are one slip apart, and a check digit fails."),
    (Evidence("neighbour", 14.0, "LXCN 5761061", "LXCN 5761062"),
     "Document numbers LXCN 5761061 and LXCN 5761062 were issued one shortly after the other."),
    (Evidence("brand-place", 9.3, "Nebia, CNCAN", "Nebia, CNCAN", 11),
     "Same brand from the same place: Nebia, CNCAN; in about 11 alerts."),
    (Evidence("hidden", 4.0, "lining of sacks", "lining of sacks"),
     "Hidden in the same way: lining of sacks."),
    (Evidence("time", 3.0, "0", "0"), "Both on one day."),
    (Evidence("time", 1.0, "20", "20"), "20 days lie between them."),
    (Evidence("goods", 1.0), "Same sort of goods."),
    (Evidence("other-goods", -1.5), "Less, because the goods are of other sorts."),
    (Evidence("prior", -14.5),
     "Before any evidence, two alerts of this window have nothing to do with each other."),
]  # fmt: skip


def test_of_what_sealed_alerts_share_their_middlemans_counts_for_nothing() -> None:
    courier = Party(role="courier", name="Swift Parcels", phones=("+1 555 010 4477",))
    one, other = (
        head(s, courier, Party(role="consignor", name=n, phones=(p,)))
        for s, n, p in (("a", "Hengda", "+86 805 651 990"), ("b", "Ruixin", "+86 166 724 185"))
    )
    assert link(seal(one), seal(other)) is None
    both = (seal(head(s, courier, PHONE)) for s in ("a", "b"))
    assert {"phone.1", "name.1"} <= set(kinds(link(*both)))


@pytest.mark.parametrize(("evidence", "expected"), GOLDEN)
def test_sentences(evidence: Evidence, expected: str) -> None:
    assert sentence(evidence) == expected


def test_every_kind_has_a_sentence() -> None:
    given = weights().link
    for kind in (*given.ids, *given.circumstances):
        assert not sentence(Evidence(kind, 1.0, "x", "x")).startswith(f"{kind}:")


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_score_is_symmetric_and_whole(data: st.DataObject) -> None:
    def some(subject: str) -> Head:
        pick = data.draw
        party = Party(
            role=pick(st.sampled_from(["consignor", "consignee", "forwarder"])),
            name=pick(st.sampled_from([None, "Hengda Leather", "Heng Da", "Wing Fat Wong"])),
            phones=pick(st.sampled_from([(), ("805651990",), ("805651991",)])),
            emails=pick(st.sampled_from([(), ("x@hengda.cn",)])),
        )
        goods = Goods(category=pick(st.sampled_from(["3a", "5c"])), rights=(Right(brand="Nebia"),))
        route = Route(origin=Leg(country="CN", place=pick(st.sampled_from([None, "CNCAN"]))))
        return head(subject, party, goods=(goods,), route=route)

    found = link(some("a"), some("b"))
    if found:
        total = sum(e.bits for e in found.evidence)
        assert found.bits == pytest.approx(total, abs=0.01 * len(found.evidence))
        assert found.bits >= weights().link.floor


def test_weights_refuse_what_they_do_not_know() -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"burst": {}, "link": {}, "fold": {}, "x": 1}, type(weights()))


@pytest.mark.parametrize("style", ["sparse", "mixed"])
def test_giving_a_pair_up_early_loses_no_link(monkeypatch: pytest.MonkeyPatch, style: str) -> None:
    lines, _ = world(402, style, 300)
    network = Network(weights())
    for one in heads_of(lines):
        network.change(one.subject, features(one))
    network.begin(whole=True)
    known = network.features.values()

    def links() -> dict[tuple[str, str], Link]:
        found = (score(a, b, network.model) for a, b in combinations(known, 2))
        return {(one.a, one.b): one for one in found if one}

    soon = links()
    assert soon
    monkeypatch.setattr("entente.correlate.weigh.score._hopeless", lambda *_: False)
    assert links() == soon
