"""A piece of evidence before it is put into words, and which pieces are views of one thing."""

import msgspec

FAMILIES = {
    "name.1": "name", "name-skeleton.1": "name", "name-run.1": "name", "name-pair.1": "name",
    "name-word.1": "name", "born.1": "name", "address.1": "address", "street.1": "address",
    "door.1": "address", "lane.1": "address", "postcode.1": "address", "email.1": "mail",
    "mail-domain.1": "mail", "mailbox.1": "mail", "shop.1": "shop", "seller.1": "shop",
    "url.1": "shop", "tax-id.1": "tax",
    "lei.1": "tax", "brand-place": "brand", "brand-origin": "brand", "brand-way": "brand",
    "brand-sort": "brand",
}  # fmt: skip
"""Kinds that are views of one thing: of each family only the most telling counts."""


class Reason(msgspec.Struct, frozen=True, gc=False):
    """A piece of evidence before it is put into words."""

    bits: float
    kind: str
    left: str
    right: str
    value: str = ""

    def times(self, share: float) -> "Reason":
        """The same for a share of its bits."""
        return Reason(self.bits * share, self.kind, self.left, self.right, self.value)


def best_of_each(found: list[Reason]) -> list[Reason]:
    """The most telling of each family, best first."""
    if len(found) == 1:
        return found
    best: dict[str, Reason] = {}
    for reason in sorted(found, key=lambda r: (-r.bits, r.kind, r.value, r.left, r.right)):
        best.setdefault(family(reason), reason)
    return list(best.values())


def family(reason: Reason) -> str:
    """What a reason is a view of."""
    return FAMILIES.get(reason.kind, reason.kind)
