"""How an amount reads: a number with its unit as people write it."""

from decimal import Decimal

from entente.alert.codes.lists import units

_SHORT = {
    "KGM": "kg", "GRM": "g", "TNE": "t", "LTR": "l", "H87": "pieces", "C62": "pieces",
    "NPR": "pairs", "MIL": "thousand",
}  # fmt: skip


def quantity(amount: Decimal, unit: str) -> str:
    """``9.5 kg``, ``1,200 pieces``, ``12 pairs``; other units (UNECE Recommendation 20) by name,
    and what is none as it is written. A thousand grams and more are told in kilograms."""
    if unit == "GRM" and amount >= 1000:
        amount, unit = amount / 1000, "KGM"
    name = _SHORT.get(unit) or (units().name(unit) if unit in units() else unit)
    return f"{amount.normalize():,f} {name}"
