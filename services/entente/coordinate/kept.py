"""A store of a member with one inbox in it: a family of topics of its regions."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

from entente.bus import admitted, inbox
from entente.bus.admitted import Admit
from entente.bus.receive import receive
from entente.bus.spoken import Spoken
from entente.config import Settings
from entente.store.database import Database
from entente.store.reader import Reader


class Kept(NamedTuple):
    """Which store, and what is kept there."""

    file: str
    projection: str
    family: str
    bodies: tuple[type, ...]

    def store(self, folder: Path) -> Path:
        """Where a member, by its folder, keeps it."""
        return folder / self.file

    async def run(
        self,
        settings: Settings,
        member: str,
        *,
        progress: Callable[[int, int], None] | None = None,
        caught_up: asyncio.Event | None = None,
    ) -> None:
        """Receive for ``member`` until cancelled; errors as in ``receive``.

        Raises StoreBusy as well: another process receives.
        """
        with Database(self.store(settings.party(member))) as database:
            await receive(
                settings,
                member,
                database,
                name=self.projection,
                family=self.family,
                bodies=self.bodies,
                progress=progress,
                caught_up=caught_up,
            )

    def heads(self, folder: Path, admit: Admit) -> list[Spoken]:
        """The version that holds of each subject, of those that ``admit`` lets us see."""
        with Reader(self.store(folder)) as reader, reader.view(self.projection) as view:
            return list(admitted.heads(view, admit))

    def versions(self, folder: Path, admit: Admit, subject: UUID, issuer: str) -> list[Spoken]:
        """What an issuer has said of a subject, newest first, as far as ``admit`` lets us see."""
        key = inbox.spoken(inbox.version_key(subject.bytes, issuer, 0))
        with Reader(self.store(folder)) as reader, reader.view(self.projection) as view:
            known = [version for version, _ in view.scan(inbox.VERSION, key)]
            return list(admitted.told(view, known, admit))
