"""From what a coordinator enters to an entry of a list. Pure."""

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple, get_args
from uuid import UUID

from msgspec import structs

from entente.alert.codes import locode
from entente.alert.handling import Handling
from entente.alert.listing import Known, Listing, Service
from entente.alert.record import Nominal, Party, Shop
from entente.errors import UsageError
from entente.seal import identifiers as ids
from entente.seal.normalise import Value, nominal_values
from entente.seal.tokens import CommunityKey, tokens
from entente.wire.names import subject_id
from entente.wire.statement import LinkToken

HANDLING = Handling(
    tlp="GREEN", purpose="list of who serves everybody", source_grade="A", information_grade=1
)
_AS: dict[Known, str] = {
    "name": "a name", "phone": "a telephone number", "email": "a mail address",
    "domain": "a domain", "place": "a place", "other": "anything",
}  # fmt: skip
_WHOLE: dict[Known, tuple[str, ...]] = {
    "name": ("name.1", "name-skeleton.1", "name-run.1"), "phone": ("phone.1",),
    "email": ("email.1",), "domain": ("url.1", "mail-domain.1"),
}  # fmt: skip
"""Kinds of which one value is one party's."""
_PLACES: tuple[Service, ...] = ("hub_port", "free_zone")


class Sealed(NamedTuple):
    """An entry that does not say its value, and what the value's link tokens are."""

    entry: Listing
    tokens: tuple[LinkToken, ...]


def entry(
    service: Service, known_by: Known, value: str, reason: str, until: str | None = None
) -> Listing:
    """An entry that can be read. Raises UsageError: its value, reason or day cannot."""
    value = " ".join(value.split())
    if not reason.strip():
        raise UsageError("An entry is made for a reason.", advice="Give it with --reason.")
    if (service in _PLACES) is not (known_by == "place"):
        raise UsageError(
            f"A {service.replace('_', ' ')} is not known by its {known_by}.",
            advice="Ports and free zones are known by their place, all others by what is theirs.",
        )
    if not _reads(service, known_by, value):
        raise UsageError(
            f"{value!r} cannot be read as {_AS[known_by]}.",
            advice="Ports are UN/LOCODEs such as NLRTM; phones have at least 7 digits.",
        )
    try:
        day = date.fromisoformat(until).isoformat() if until else None
    except ValueError as error:
        raise UsageError(f"{until!r} is not a day.", advice="E.g. 2027-12-31.") from error
    return Listing(service=service, known_by=known_by, value=value, reason=reason, until=day)


def _reads(service: Service, known_by: Known, value: str) -> bool:
    match known_by:
        case "phone":
            return ids.phone_1(value) is not None
        case "email":
            return ids.email_1(value) is not None
        case "domain":
            return ids.url_1(value) is not None
        case "place" if service == "hub_port":
            return ids.code(value) in locode.codes()
    return known_by != "other" and sum(map(str.isalnum, value)) >= 2


def sealed(clear: Listing, keys: Iterable[CommunityKey], now: int) -> Sealed:
    """An entry that does not say its value, with the link tokens of that, for who holds a key.

    So the correlator learns whose values serve everybody, and not what they are. Raises UsageError:
    places are never sealed, or the value makes no token; TrustError: no key is in use.
    """
    values = _values(clear)
    if not values:
        raise UsageError(
            f"Nothing of a {clear.known_by} like this is ever sealed.",
            advice="Names, phones, mail addresses and domains are; a name needs two words.",
        )
    entry = structs.replace(clear, known_by="other", value=f"a {clear.known_by}, sealed")
    return Sealed(entry, tokens(keys, values, now))


def _values(clear: Listing) -> frozenset[Value]:
    """What publishers seal of such a party, as far as it names nobody else: of a name no single
    words or pairs of words, unless it has nothing else."""
    value = clear.value
    party = {
        "name": Party(role="other", name=value),
        "phone": Party(role="other", phones=(value,)),
        "email": Party(role="other", emails=(value,)),
        "domain": Party(role="other", shops=(Shop(url=value),)),
    }.get(clear.known_by)
    if party is None:
        return frozenset()
    found = nominal_values(Nominal(parties=(party,)))
    if clear.known_by == "domain":
        found |= {Value("mail-domain.1", one.text) for one in found if one.kind == "url.1"}
    whole = frozenset(one for one in found if one.kind in _WHOLE[clear.known_by])
    return whole or frozenset(one for one in found if one.kind == "name-word.1")


def subject(
    network: str, coordinator: str, said: Listing, tokens: tuple[LinkToken, ...] = ()
) -> UUID:
    """What an entry is a version of: a coordinator's word on one value, or on what is sealed of
    it: when community keys change, that is another entry."""
    value = said.value.casefold()
    if tokens:
        value = tokens[0].token.hex()
    return subject_id(network, coordinator, f"listing/{said.service}/{said.known_by}/{value}")


def services() -> list[str]:
    """What can be listed."""
    return [service for service in get_args(Service) if service != "other"]
