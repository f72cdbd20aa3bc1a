"""What is traded and forged: products, their codes, and which parts and labels go with them."""

from typing import NamedTuple

import msgspec

from entente.alert.record import CommodityGroup, RiskArea
from entente.exercise.table import rows


class Product(NamedTuple):
    """A kind of goods. ``use`` is goods, label, package or part; ``line`` ties these together."""

    key: str
    category: str | None
    hs: str
    group: CommodityGroup
    unit: str
    mass: float
    """Kilograms of one unit."""
    price: int
    """Of the genuine article, in euro."""
    line: str
    use: str
    risk: RiskArea | None
    english: str
    french: str
    declared: str
    """What it is often declared as."""
    declared_hs: str


def _product(row: list[str]) -> Product:
    key, category, hs, group, unit, mass, price, line, use, risk, *words = row
    return Product(
        key,
        None if category == "-" else category,
        hs,
        msgspec.convert(group, CommodityGroup),
        unit,
        float(mass),
        int(price),
        line,
        use,
        None if risk == "-" else msgspec.convert(risk, RiskArea),
        *words,
    )


PRODUCTS = tuple(_product(row) for row in rows("goods.tsv"))
BY_KEY = {product.key: product for product in PRODUCTS}
BRANDED = tuple(
    p for p in PRODUCTS if p.use == "goods" and p.group not in ("drugs", "wildlife", "cash")
)
"""Finished goods that carry a brand."""
OTHER = tuple(BY_KEY[k] for k in ("cocaine", "heroin", "pangolin", "ivory", "banknotes"))
"""Goods of other crimes."""


def companions(line: str, use: str) -> tuple[Product, ...]:
    """Labels, packages or parts (``use``) that belong to a line of goods."""
    return tuple(p for p in PRODUCTS if p.line == line and p.use == use)
