"""What is far too cheap is known from all prices, whatever their order."""

import random
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from entente.alert.record import Event, Goods, Seizure, Value
from entente.correlate.head import Head
from entente.correlate.weigh.prices import LEAST, Prices, dearness


def head(number: int, price: float, *, basis: str = "cif", version: int = 1) -> Head:
    value = Value(amount=Decimal(str(price * 10)), currency="EUR", basis=basis)  # type: ignore[arg-type]  # a literal of ours
    goods = Goods(hs="6403", quantity=Decimal(10), unit="NPR", values=(value,))
    alert = Seizure(national_ref=f"{number}", event=Event(date="2026-03-01"), goods=(goods,))
    return Head(subject=f"{number}", issuer="FR", version=version, issued_at=0, alert=alert)


def book(*heads: Head) -> Prices:
    prices = Prices()
    held: dict[str, Head] = {}
    for one in heads:
        prices.change(held.get(one.subject), one)
        held[one.subject] = one
    prices.cut()
    return prices


def told(prices: Prices, one: Head) -> list[str]:
    return list(dearness(one.alert, prices.ordinary))  # type: ignore[arg-type]  # it has one


USUAL = [head(n, 20 + n % 30) for n in range(90)]


def test_far_too_cheap_and_far_too_dear() -> None:
    prices = book(*USUAL)
    assert [told(prices, head(999, p)) for p in (0.2, 12, 35, 100, 4000)] == [
        ["low"], [], [], [], ["high"],
    ]  # fmt: skip


def test_a_network_s_own_prices_do_not_hide_it() -> None:
    cheap = [head(200 + n, 0.1) for n in range(9)]  # one in ten of all
    assert told(book(*USUAL, *cheap), cheap[0]) == ["low"]


def test_another_basis_is_another_price() -> None:
    assert told(book(*USUAL), head(999, 0.2, basis="declared")) == []


def test_few_prices_tell_nothing() -> None:
    assert told(book(*USUAL[: LEAST - 1]), head(999, 0.2)) == []


def test_what_has_no_price_is_passed_over() -> None:
    nothing = [head(1, 0), head(2, -5)]
    assert book(*nothing).ordinary == {}
    assert told(book(*USUAL), nothing[0]) == []


@settings(max_examples=20, deadline=None)
@given(st.randoms(use_true_random=False))
def test_a_correction_takes_its_old_price_along(rng: random.Random) -> None:
    wrong = [head(n, 9000, version=1) for n in range(60)]
    right = [head(n, 20 + n % 30, version=2) for n in range(60)]
    mixed = [h for pair in zip(wrong, right, strict=True) for h in pair]
    rest = USUAL[60:]
    rng.shuffle(rest)
    assert book(*mixed, *rest).ordinary == book(*USUAL).ordinary
