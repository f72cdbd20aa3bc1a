"""Evidence, links and cases: what every stage of the correlator hands to the next.

Bits are rounded to two places where they arise, so that sums do not depend on the machine.
"""

from typing import NamedTuple


class Evidence(NamedTuple):
    """One reason why two alerts, or a group of them, belong together."""

    kind: str
    bits: float
    left: str = ""
    right: str = ""
    alerts: int = 0
    """In how many alerts this occurs, where that made the bits."""
    sealed: bool = False
    """Only tokens of the value are known."""
    note: str = ""
    """The sentence, where a rule wrote it; otherwise ``sentences.py`` does."""


class Link(NamedTuple):
    """Two alerts and what speaks for their belonging together. ``a`` < ``b``."""

    a: str
    b: str
    bits: float
    """Sum of the evidence and of the prior."""
    evidence: tuple[Evidence, ...] = ()
    identifying: bool = True
    """Whether any evidence names an actor or a thing, not only circumstances."""


class Wording(NamedTuple):
    """What a coordinator reads about a case as a whole."""

    claim: str
    innocent: str = ""
    refuted_by: str = ""


class SilentCountry(NamedTuple):
    """A country on the route from which nothing was heard."""

    country: str
    reports: bool
    """Whether it reports anything at all."""
    ahead: bool = True
    """Whether goods were to reach or pass it; they only set out from it otherwise."""


class Case(NamedTuple):
    """Alerts that belong together, and why. A case has no id yet: see ``identity.py``."""

    pattern: str
    members: tuple[str, ...]
    """Subjects, sorted."""
    bits: float
    anchor: tuple[str, str]
    """The two alerts of its strongest link: a new id is minted from them."""
    wording: Wording
    links: tuple[Link, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    """About the group as a whole."""
    silent: tuple[SilentCountry, ...] = ()
    patterns: tuple[Evidence, ...] = ()
    """What rules say that it looks like."""
    weakest: float = 0.0
    """Bits of the weakest of the links that hold it together."""
