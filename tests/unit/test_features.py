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
    Shop,
    Text,
    Transport,
)
from entente.correlate.head import Head, Token
from entente.correlate.weigh.features import SEALED, Features, features
from entente.correlate.weigh.forms import name_form
from entente.correlate.weigh.keys import link_keys, weak
from entente.correlate.weigh.names import compare


def of(*parties: Party, tokens: tuple[Token, ...] = (), **fields: object) -> Features:
    nominal = Nominal(parties=parties) if parties else None
    alert = Seizure(national_ref="1", event=Event(date="2026-03-01"), nominal=nominal, **fields)  # type: ignore[arg-type]
    found = features(
        Head(subject="s", issuer="JP", version=1, issued_at=0, alert=alert, tokens=tokens)
    )
    assert found is not None
    return found


def test_spellings_of_one_value_meet() -> None:
    one = of(
        Party(role="consignor", phones=("+86 805 651 990",), emails=("Amy(at)senhong.com",)),
        transport=Transport(containers=(Container(number="CSQU 305438-3"),)),
    )
    other = of(
        Party(role="consignee", phones=("0086 805651990",), emails=("amy@SENHONG.com",)),
        remarks=Text(text="Came in CSQU3054383, later re-loaded"),
    )
    shared = one.ids & other.ids
    assert {v.partition(":")[0] for v in shared} == {
        "phone.1", "email.1", "mail-domain.1", "mailbox.1", "container.1",
    }  # fmt: skip


def test_fillers_identify_nobody() -> None:
    filled = of(
        Party(
            role="consignee",
            name="UNKNOWN",
            phones=("0000000000", "123456789"),
            emails=("none@none.com", "noemail@noemail.com"),
        ),
        Party(role="consignor", name="TO ORDER"),
    )
    assert not filled.ids
    assert filled.skeletons == frozenset()


def test_a_year_is_no_lot() -> None:
    assert "lot.1:2025" not in of(goods=(Goods(lot="2025"),)).ids
    assert "lot.1:20257" in of(goods=(Goods(lot="20257"),)).ids


def sealed(*said: str) -> tuple[Token, ...]:
    return tuple(Token(kind, "e", form) for kind, form in (s.split("/") for s in said))


def test_tokens_are_a_middlemans_for_certain_where_nobody_else_has_any() -> None:
    found = of(tokens=sealed("phone.1/a", "middleman-phone.1/b", "name.1/c", "name.1/d"))
    assert found.ids == {"name.1:e/c", "name.1:e/d"}
    assert [(a.service, a.values) for a in found.actors] == [(True, ("phone.1:e/a",))]
    mixed = of(tokens=sealed("phone.1/a", "phone.1/f", "middleman-phone.1/b"))
    assert mixed.ids == {"phone.1:e/a", "phone.1:e/f"}
    assert not mixed.actors
    assert mixed.marks == {"middleman-phone.1:e/b"}


def test_a_telephone_in_remarks_beside_sealed_parties_is_anybodys() -> None:
    said = Text(text="Contact +86 805 651 990")
    assert of(remarks=said).owner == {"phone.1:805651990": -1}
    assert of(tokens=sealed("name.1/c"), remarks=said).owner["phone.1:805651990"] == SEALED


def test_a_firm_that_forwards_its_own_goods_serves_everybody() -> None:
    found = of(
        Party(role="consignor", name="Tai Hoi Freight", phones=("+86 166 7241 8582",)),
        Party(role="forwarder", name="TAI HOI Freight Co., Ltd.", phones=("16672418582",)),
    )
    assert [a.service for a in found.actors] == [True, True]
    assert found.skeletons == frozenset()


def test_address_by_its_parts_or_in_one_line() -> None:
    parts = Address(street="Lasha Road", number="212", postcode="94587", city="Tiruppur")
    line = Address(text="212 Lasha Rd., 94587 Tiruppur, IN")
    one, other = of(Party(role="consignor", address=parts)), of(Party(role="notify", address=line))
    assert {v.partition(":")[0] for v in one.ids & other.ids} >= {"street.1", "address.1"}


def test_withdrawals_have_no_features() -> None:
    assert (
        features(Head(subject="s", issuer="JP", version=2, change="WITHDRAWAL", issued_at=0))
        is None
    )


def test_shops_by_seller_on_any_platform() -> None:
    one = of(Party(role="consignor", shops=(Shop(platform="A", seller="yan_kash 85"),)))
    other = of(Party(role="consignor", shops=(Shop(platform="B", seller="YanKash85"),)))
    assert one.ids & other.ids == {"seller.1:yankash85"}


def test_keys_of_things_alone_and_of_circumstances_in_company() -> None:
    found = of(
        route=Route(origin=Leg(country="CN", place="CNCAN"), destination=Leg(country="FR")),
        goods=(Goods(category="3a", rights=(Right(brand="Nebia"),)),),
        transport=Transport(
            containers=(Container(number="CSQU3054383"),),
            documents=(Document(kind="postal_item", number="RR473124829GB"),),
        ),
    )
    keys = link_keys(found)
    assert "container.1:CSQU3054383" in keys
    assert "slip:CSQU305?383" in keys
    assert any(k.startswith("near:RRGB ") for k in keys)
    around = [k for k in keys if k.startswith("around:")]
    assert around
    assert all(weak(k) and "@" in k for k in around)


def test_names_across_scripts_readings_and_order() -> None:
    def met(one: str, other: str) -> int:
        a, b = name_form(one), name_form(other)
        assert a
        assert b
        return len(compare(a, b).shared)

    assert met("Mohammed Al-Haddad", "محمد الحداد") >= 1
    assert met("Wing Fat Wong", "Huang Yongfa") == 2
    assert met("Hengda Leather Co., Ltd.", "GZ HENG DA TRADING") == 1
    assert met("Bayak Plastics", "Crowken Supply B.V.") == 0


def test_comparing_names_is_symmetric() -> None:
    a, b = name_form("Tai Chun Hardware"), name_form("TAICHUN Tools Ltd")
    assert a
    assert b
    there, back = compare(a, b), compare(b, a)
    assert [(w.here, w.there) for w in there.shared] == [(w.there, w.here) for w in back.shared]
    assert (there.left, there.right) == (back.right, back.left)
