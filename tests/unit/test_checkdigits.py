"""Check digits, against public numbers and against the library that knows them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stdnum import imo, iso6346, lei

from entente.alert.checkdigits import (
    AIR_WAYBILL,
    CONTAINER,
    LEGAL_ENTITY,
    POSTAL_ITEM,
    SHIP,
    Scheme,
)

GOOD = [
    (CONTAINER, "CSQU3054383"),
    (CONTAINER, "MSKU6011672"),
    (SHIP, "9319466"),
    (SHIP, "9074729"),
    (POSTAL_ITEM, "RR473124829GB"),
    (POSTAL_ITEM, "RB000000005FR"),  # 11 stands as 5
    (POSTAL_ITEM, "RB000000120FR"),  # 10 stands as 0
    (AIR_WAYBILL, "02012345675"),
    (AIR_WAYBILL, "12512345675"),
    (LEGAL_ENTITY, "213800KUD8LAJWSQ9D15"),
    (LEGAL_ENTITY, "5493001KJTIIGC8Y1R12"),
]


@pytest.mark.parametrize(("scheme", "number"), GOOD)
def test_good_numbers_hold(scheme: Scheme, number: str):
    assert scheme.holds(number)
    assert scheme.digit(number) == number[scheme.check]


@pytest.mark.parametrize(("scheme", "number"), GOOD)
def test_any_other_check_digit_does_not_hold_and_the_right_one_is_named(scheme, number):
    for digit in "0123456789":
        if digit != number[scheme.check.stop - 1]:
            at = scheme.check.stop - 1
            wrong = number[:at] + digit + number[at + 1 :]
            assert not scheme.holds(wrong)
            assert scheme.digit(wrong) == number[scheme.check]


@pytest.mark.parametrize("scheme", [CONTAINER, SHIP, POSTAL_ITEM, AIR_WAYBILL, LEGAL_ENTITY])
def test_examples_hold_and_other_forms_do_not(scheme: Scheme):
    assert scheme.holds(scheme.example)
    for text in (
        "",
        "x",
        scheme.example[:-1],
        scheme.example + "0",
        scheme.example + "\n",
        "é" * 11,
    ):
        assert not scheme.holds(text)
    spaced = f" {scheme.example[:4].lower()} {scheme.example[4:6]}-{scheme.example[6:]}"
    assert scheme.compact(spaced) == scheme.example


def test_digits_of_other_scripts_are_not_digits():
    assert not SHIP.holds("\u0669" * 7)
    assert not AIR_WAYBILL.holds("\uff10" * 11)


@settings(max_examples=100, deadline=None)
@given(st.from_regex(r"\A[A-Z]{3}[UJZ][0-9]{7}\Z"), st.from_regex(r"\A[0-9]{7}\Z"))
def test_the_library_agrees(container: str, ship: str):
    assert CONTAINER.holds(container) == iso6346.is_valid(container)
    assert SHIP.holds(ship) == imo.is_valid(ship)


def test_the_library_agrees_on_legal_entities():
    for number in ("213800KUD8LAJWSQ9D15", "213800KUD8LAJWSQ9D16"):
        assert LEGAL_ENTITY.holds(number) == lei.is_valid(number)
