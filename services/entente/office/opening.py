"""Opening sealed parts with what an office was granted."""

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

from entente import clock
from entente.alert.record import Nominal
from entente.bus.grants import granted
from entente.bus.reception import Readable
from entente.errors import InputError, TrustError
from entente.seal.grant import open_grant
from entente.seal.sealed import unseal
from entente.trust import party
from entente.wire.statement import Statement


class Opener:
    """Holds the HPKE keys of an office, old ones too. Raises KeyMissing: there are none."""

    def __init__(self, office: Path, secret: bytes | None, now: clock.Clock = clock.now) -> None:
        self._keys = party.hpke_keys(office, secret=secret)
        self._now = now

    def open(self, grants: Readable, statement: Statement) -> Nominal | str | None:
        """The nominal part; None if nothing is sealed; else why it stays closed, in a sentence.

        Opened anew each time: once a grant is withdrawn, nothing opens with it; nor does it after
        the time that the issuer has set, though the issuer should never withdraw it.
        """
        if statement.sealed is None:
            return None
        until = statement.handling.expires_at
        if until is not None and until <= self._now():
            return ENDED
        try:
            found = granted(grants, statement.id, statement.issuer)
            if found is None:
                return NOT_GRANTED
            key = open_grant(found, self._keys)
            return unseal(statement.sealed, id=statement.id, issuer=statement.issuer, key=key)
        except (InputError, TrustError) as error:
            return str(error)


NOT_GRANTED = "not granted to us"
ENDED = "its issuer let it be read until a time that has passed"


class Closed:
    """What was shown closed, so that it can be shown again when a grant comes."""

    def __init__(self) -> None:
        self._waiting: dict[UUID, bytes] = {}
        self.cursor = 0
        """How many grants have come so far."""

    def wait(self, statement: UUID, version: bytes) -> None:
        """This version, by its key in the inbox, was shown closed."""
        self._waiting[statement] = version

    def come(self, statements: tuple[UUID, ...]) -> Iterator[bytes]:
        """The versions that a grant has come for since ``cursor``, which moves on."""
        self.cursor += len(statements)
        for statement in statements:
            found = self._waiting.pop(statement, None)
            if found is not None:
                yield found
