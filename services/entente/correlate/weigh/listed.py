"""From the lists that coordinators keep to the values that tie nobody to anybody."""

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from entente.alert.listing import Listing
from entente.alert.record import Party
from entente.correlate.head import Token
from entente.correlate.weigh.features import party_values
from entente.correlate.weigh.forms import name_form
from entente.seal import identifiers as ids
from entente.seal.identifiers import code


class Listed(NamedTuple):
    """A value as the engine knows it, and the last day on which it counts; 0: for ever."""

    value: str
    until: int = 0


def listed(entry: Listing) -> frozenset[Listed]:
    """What an entry says to the engine; nothing where its value or its day cannot be read."""
    until = _until(entry)
    return frozenset(Listed(value, until) for value in _values(entry) if until is not None)


def listed_tokens(entry: Listing, tokens: Iterable[Token]) -> frozenset[Listed]:
    """The same of an entry that has link tokens in the place of its value."""
    until = _until(entry)
    if until is None:
        return frozenset()
    return frozenset(Listed(f"{t.kind}:{t.epoch}/{t.token}", until) for t in tokens)


def _until(entry: Listing) -> int | None:
    """The last day on which it counts, 0 for ever; None: the day cannot be read."""
    try:
        return date.fromisoformat(entry.until).toordinal() if entry.until else 0
    except ValueError:
        return None


def _values(entry: Listing) -> set[str]:
    match entry.known_by:
        case "name":
            return set(party_values(Party(role="other", name=entry.value))) or _words(entry.value)
        case "phone":
            return set(party_values(Party(role="other", phones=(entry.value,))))
        case "email":
            mail = ids.email_1(entry.value)
            return {f"email.1:{mail}"} if mail else set()
        case "domain":
            host = ids.url_1(entry.value)
            return {f"url.1:{host}", f"mail-domain.1:{host}"} if host else set()
        case "place":
            place = "zone" if entry.service == "free_zone" else "place"
            return {f"{place}:{code(entry.value)}"} if code(entry.value) else set()
    return set()


def _words(name: str) -> set[str]:
    """The words of a name that is too short to identify anybody, such as that of a courier."""
    form = name_form(name)
    return {f"word:{skeleton}" for skeleton in form.skeletons} if form else set()
