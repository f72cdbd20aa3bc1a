"""Kinds of world: what is traded how, what administrations tell, which networks are at work.

Several kinds exist so that nobody tunes a correlator to one generator's habits.
"""

from dataclasses import dataclass

MODES = ("mail", "express", "air", "sea", "road", "rail")


@dataclass(frozen=True)
class Style:
    """Shares and probabilities of one kind of world."""

    modes: tuple[int, ...]
    """Weights of ``MODES``."""
    nominal: float
    """How many administrations share the nominal part at all."""
    complete: float
    """How much of what they know administrations tell, 1 being usual."""
    skew: float
    """Share of all alerts that comes from the keenest administration."""
    craft: float
    """How hard actors disguise themselves, 0 to 1."""
    patterns: tuple[str, ...]
    """The patterns of ``domain.md`` section 5 at work; repeated ones are commoner."""
    bound: bool = False
    """Whether papers tell of consignments for countries that have seen nothing (P24)."""


_ALL = (
    "P01", "P01", "P02", "P02", "P03", "P04", "P05", "P06", "P09", "P09", "P11", "P17", "P19",
    "P20", "P21", "P21", "P22", "P22", "P23", "P24",
)  # fmt: skip
_PARCEL = (
    "P01", "P02", "P02", "P03", "P04", "P04", "P09", "P17", "P19", "P20", "P21", "P21", "P22",
    "P23", "P24",
)  # fmt: skip
_CONTAINER = (
    "P01", "P02", "P05", "P06", "P09", "P09", "P11", "P11", "P17", "P20", "P22", "P22", "P23",
    "P24",
)  # fmt: skip
_OPEN = ("P03", "P04", "P04", "P06", "P11", "P11", "P19", "P22", "P22", "P23")
_WAYS = ("P07", "P08", "P10", "P12", "P15", "P16", "P18", "P19", "P20", "P24", "P24")
STYLES = {
    "mixed": Style((34, 20, 12, 22, 9, 3), 0.94, 1.0, 0.56, 0.5, _ALL),
    "parcel": Style((58, 30, 8, 2, 2, 0), 0.92, 1.0, 0.4, 0.55, _PARCEL),
    "container": Style((3, 4, 8, 68, 11, 6), 0.94, 1.0, 0.3, 0.5, _CONTAINER),
    "open": Style((25, 15, 12, 33, 11, 4), 0.0, 1.1, 0.35, 0.4, _OPEN),
    "sparse": Style((30, 20, 15, 24, 9, 2), 0.85, 0.8, 0.45, 0.4, _ALL),
    "ways": Style((20, 12, 10, 44, 9, 5), 0.94, 1.0, 0.35, 0.3, _WAYS, bound=True),
}
"""By name. ``open`` has no nominal part: only goods, routes, containers and documents speak. In
``ways`` senders are less disguised and have habits: one port, ship, zone, value, way of hiding."""
