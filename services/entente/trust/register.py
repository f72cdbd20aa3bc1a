"""The register: who belongs to a network, what each may write, and with which keys. A pure value.

``Register.load`` makes it from TUF metadata (wire format, section 6) and refuses whatever the
root does not vouch for; what a ``Register`` says can be believed.
"""

from collections.abc import Iterable, Mapping
from functools import cached_property, lru_cache
from typing import Self

import msgspec

from entente.errors import TrustError, UnknownParty
from entente.proof import keyring as proof
from entente.proof.key import VerifyKey
from entente.proof.keyring import FOREVER, Key, Keyring, Party
from entente.trust import metadata
from entente.trust.administration import Administration, Hpke, Part, Signing, Witness

FIELD = "register"
"""Where the register stands in the signed part of ``register.json``."""


class Agreement(Part, frozen=True, kw_only=True):
    """What two members may share for a purpose, and whether nominal data is part of it."""

    parties: tuple[str, str]
    purpose: str
    nominal: bool = False
    start: int = msgspec.field(name="from")
    until: int | None = None

    def covers(self, one: str, other: str, now: int) -> bool:
        """Tell whether it holds between these two, in either order, at ``now``."""
        return {one, other} == set(self.parties) and _within(self, now)


class Register(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, dict=True):
    """The register at one version. It is what ``proof.keyring`` asks of a register."""

    network: str
    made: int
    root: int
    """Version of the root that it was signed under."""
    previous: str | None = None
    """SHA-256, in hexadecimal, of the signed part of the version before."""
    administrations: dict[str, Administration] = {}
    agreements: tuple[Agreement, ...] = ()
    cosigners: tuple[Witness, ...] = msgspec.field(name="witnesses", default=())
    version: int = 0
    expires: int = 0
    ends: int = 0
    """When it expires, or before it the root that it was verified from."""

    def __post_init__(self) -> None:
        for name, administration in self.administrations.items():
            if administration.id != name:
                raise ValueError(f"{name} is listed with the id {administration.id}")
        keys = [key.public for a in self.administrations.values() for key in a.signing]
        if len(keys) != len(set(keys)):
            raise ValueError("two administrations have the same signing key")

    @classmethod
    def load(
        cls, root: bytes, register: bytes, now: int, *, roots: Iterable[bytes] = ()
    ) -> "Register":
        """Return the register in the file ``register``, verified up from the trusted ``root``.

        ``roots`` are the root versions after ``root``, in order. Raises TrustError: a signature or
        threshold is not met, a version is out of order, something has expired at ``now``, or the
        content is not what it must be. The same files give the same object: a process verifies
        them once.
        """
        later = tuple(roots)
        found = _loaded(root, register, later)
        if found.ends <= now:
            metadata.verified(root, register, now, later)  # says what has expired
        return found

    @classmethod
    def content(cls, document: metadata.Document) -> Self:
        """Return what register metadata says, whoever signed it. Raises TrustError."""
        try:
            found = msgspec.convert(document.content.get(FIELD), cls)
        except (msgspec.ValidationError, ValueError, TypeError) as error:
            raise TrustError(f"register {document.version} is not well formed: {error}") from error
        until = document.expires
        return msgspec.structs.replace(found, version=document.version, expires=until, ends=until)

    def document(self) -> bytes:
        """Return this register as unsigned TUF metadata, to be signed by the registrars."""
        content = msgspec.to_builtins(self)
        del content["version"], content["expires"], content["ends"]
        return metadata.register_document(self.version, self.expires, {FIELD: content})

    def unexpired(self, now: int) -> Self:
        """Return it, for who speaks by it. Raises TrustError: it has expired, or its root has."""
        if self.ends <= now:
            raise TrustError(
                f"Register {self.version} has expired, and no newer one is to be had.",
                advice="Ask the network's secretariat to renew it, by another channel: somebody may"
                " be holding a newer one back. Nothing was said, and nothing was lost.",
            )
        return self

    @cached_property
    def keyring(self) -> Keyring:
        """What reading statements asks, made once for this version of the register."""
        return Keyring(
            parties={id: _party(member) for id, member in self.administrations.items()},
            witnesses=_witnesses(self.cosigners),
        )

    def party(self, administration: str) -> Party | None:
        """Return the member of this id as ``proof`` sees it, or None: the same object each time."""
        return self.keyring.party(administration)

    @property
    def witnesses(self) -> Mapping[str, tuple[proof.Witness, ...]]:
        """The witnesses by key name, also those of before."""
        return self.keyring.witnesses

    def administration(self, id: str) -> Administration:
        """Return the member with this id. Raises UnknownParty."""
        found = self.administrations.get(id)
        if found is None:
            raise UnknownParty(f"{id!r} is not enrolled in {self.network}")
        return found

    def signing_key(self, id: str, public: bytes) -> Signing | None:
        """Return what the register says of this signing key of ``id``; None if nothing."""
        administration = self.administrations.get(id)
        keys = administration.signing if administration else ()
        return next((key for key in keys if key.public == public), None)

    def hpke_key(self, id: str, now: int) -> Hpke:
        """Return the newest HPKE key of ``id`` that is good at ``now``.

        Raises UnknownParty; TrustError if it has none.
        """
        good = [key for key in self.administration(id).hpke if _within(key, now)]
        if not good:
            raise TrustError(f"{id} has no HPKE key that is good now: nothing can be sealed to it")
        return max(good, key=lambda key: key.start)

    def may_share_nominal(self, one: str, other: str, now: int) -> bool:
        """Tell whether an agreement lets these two share nominal data at ``now``."""
        return any(a.nominal and a.covers(one, other, now) for a in self.agreements)

    def with_role(self, role: str) -> tuple[Administration, ...]:
        """Return the members of one role, by id."""
        found = (a for a in self.administrations.values() if a.role == role)
        return tuple(sorted(found, key=lambda a: a.id))


@lru_cache(maxsize=4)
def _loaded(root: bytes, register: bytes, roots: tuple[bytes, ...]) -> Register:
    """The verified register, perhaps expired."""
    verified = metadata.verified(root, register, 0, roots)
    found = Register.content(verified.register)
    if found.network != verified.network:
        raise TrustError(
            f"the register is of network {found.network!r}, its root of {verified.network!r}"
        )
    if found.root > verified.root:
        raise TrustError(
            f"register {found.version} was signed under root {found.root}, but only root "
            f"{verified.root} is here: the two do not belong together",
            advice="Fetch the newer root versions as well.",
        )
    ends = min(found.expires, metadata.newest_root(root, roots).expires)
    return msgspec.structs.replace(found, ends=ends)


def _party(member: Administration) -> Party:
    keys = (
        Key(
            public=VerifyKey(key.public),
            valid_from=key.start,
            valid_until=FOREVER if key.until is None else key.until,
            ended=key.ended.why if key.ended else None,
            believed={
                origin: proof.Believed(size=seen.size, root=seen.root)
                for origin, seen in (key.ended.believed if key.ended else {}).items()
            },
        )
        for key in member.signing
    )
    return Party(id=member.id, lanes=member.duties, keys=tuple(keys))


def _witnesses(listed: Iterable[Witness]) -> dict[str, tuple[proof.Witness, ...]]:
    found: dict[str, tuple[proof.Witness, ...]] = {}
    for one in listed:
        key = proof.Witness(
            public=VerifyKey(one.public),
            valid_from=one.start,
            valid_until=FOREVER if one.until is None else one.until,
        )
        found[one.name] = (*found.get(one.name, ()), key)
    return found


def _within(dated: Agreement | Hpke, now: int) -> bool:
    return dated.start <= now and (dated.until is None or now <= dated.until)
