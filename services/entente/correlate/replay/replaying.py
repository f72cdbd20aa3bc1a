"""A proposal computed again on another machine, by a member that may read all it was made from."""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple, get_args
from uuid import UUID

from msgspec import structs

from entente import clock
from entente.alert.decision import Decision
from entente.alert.epoch import Epoch
from entente.alert.listing import Listing
from entente.alert.proposal import Proposal
from entente.alert.record import AnyAlert
from entente.bus import admitted, inbox
from entente.bus.arrivals import View
from entente.bus.connection import Connection
from entente.bus.membership import Membership, entries
from entente.bus.receive import receive
from entente.bus.reception import held
from entente.bus.serve import together
from entente.bus.spoken import Spoken
from entente.config import Settings
from entente.correlate.engine import ENGINE, Engine
from entente.correlate.intake import receiving
from entente.correlate.named import named
from entente.correlate.propose.calibration import calibration
from entente.correlate.replay.replay import Log, joined, replay, signature_of
from entente.correlate.rules.rules import rules
from entente.correlate.views import saying
from entente.correlate.views.saying import Said
from entente.correlate.weigh.model import weights
from entente.errors import StoreError
from entente.proof.rows import Readable
from entente.store.database import Database
from entente.store.reader import Reader
from entente.trust import metadata, party
from entente.trust.audience import reader as member_of
from entente.trust.audience import register as register_of
from entente.trust.register import Register

_READ: dict[str, tuple[type, ...]] = {
    "alerts": get_args(AnyAlert),
    "decisions": (Decision, Listing),
    "proposals": (Proposal, Epoch),
}
"""What is read, by family of topics, each into an inbox of that name."""
REGISTERS = "registers"
"""Every version of the register, by its number as eight bytes; projection and table."""


class Replayed(NamedTuple):
    """A version of a proposal, as it was said and as it comes out here."""

    case: str
    version: int
    said: bytes
    """The statement on the log."""
    again: bytes
    """The same, computed; empty if it was not computed at all."""
    alerts: int
    epochs: int
    """What it took."""


def store(folder: Path) -> Path:
    """Where a member keeps what it reads to compute proposals again."""
    return folder / "replay.sqlite"


async def run(
    settings: Settings,
    member: str,
    *,
    progress: Callable[[int, int], None] | None = None,
    caught_up: asyncio.Event,
) -> None:
    """Read what proposals are made from until cancelled; ``caught_up`` once all is there.

    Errors as ``bus.receive.receive``; StoreBusy: another process reads it.
    """
    folder = settings.party(member)
    connection = Connection.of(settings.kafka.bootstrap, folder, settings.secret())
    membership = Membership(connection, folder, clock.now)
    await membership.refresh()
    registers = party.history(folder, await entries(connection))
    read = {family: asyncio.Event() for family in _READ}

    async def signal() -> None:
        for event in read.values():
            await event.wait()
        caught_up.set()
        await asyncio.Event().wait()

    with Database(store(folder)) as database:
        with database.transaction() as tx:
            for version, data in registers.items():
                tx.rows(REGISTERS).put(REGISTERS, version.to_bytes(8, "big"), data)
        reading = partial(receive, settings, member, database, membership=membership)
        await together(
            *(
                reading(
                    name=family,
                    family=family,
                    bodies=bodies,
                    caught_up=read[family],
                    progress=progress if family == "alerts" else None,
                )
                for family, bodies in _READ.items()
            ),
            signal(),
        )


def again(folder: Path, case: str, version: int | None = None) -> Replayed:
    """Compute a version of a proposal again, by default the last, from what ``run`` has read.

    ``case``: its id, or a beginning that no other has. Raises StoreError: it is not here, or not
    all that it was computed from; or it was computed by another engine, with other rules or
    weights.
    """
    if not store(folder).exists():
        raise StoreError(
            f"Nothing was read into {folder} yet.",
            advice="Leave --offline out, while the broker is up.",
        )
    with Reader(store(folder)) as reader, reader.views(*_READ, REGISTERS) as views:
        alerts, decisions, proposals, registers = views
        found = list(_spoken(proposals, folder))
        known = [(one, one.body) for one in found]
        target, wanted = _target(known, case, version)
        _same_engine(wanted)
        mine = [
            (one, body)
            for one, body in known
            if one.statement.issuer == target.statement.issuer and isinstance(body, Epoch)
        ]
        epoch = _epoch_of(mine, wanted.case, target.statement.version)
        earlier = [
            (one, body)
            for one, body in mine
            if body.view == epoch.view and body.number <= epoch.number
        ]
        epochs = joined(body for _, body in earlier)
        needed = {digest for one in epochs for digest in (*one.alerts, *one.decisions)}
        of_version = partial(_register, registers, folder)
        known_registers = {one.register: of_version(one.register) for one in epochs}
        log = Log(
            {
                one.digest: receiving.head(one.record)
                for one in _spoken(alerts, folder)
                if one.digest in needed
            },
            {
                ruled.statement: ruled
                for one in _spoken(decisions, folder)
                if (ruled := receiving.decided(one.record)) and ruled.statement in needed
            },
            {
                # Pairs without an agreement are found when it is said, for each register anew.
                (body.case, one.statement.version): structs.replace(body, without_agreement=())
                for one, body in known
                if isinstance(body, Proposal) and one.statement.issuer == target.statement.issuer
            },
        )
    turn = replay(
        epochs, earlier[-1][0].statement.audience, log,
        lambda version: known_registers[version].administrations,
        lambda salt: Engine(weights(), salt=salt),
    )  # fmt: skip
    told = [one for one in turn.told if one.proposal.case == wanted.case]
    computed = b""
    for one in told:
        said = Said(one.version, one.proposal, (target.statement.topic,), signature_of(epoch))
        for submission in saying.submissions(
            said,
            known_registers[epoch.register],
            target.statement.issuer,
            target.statement.issued_at,
        ):
            computed = submission.statement
    return Replayed(
        wanted.case, target.statement.version, target.leaf, computed, len(log.heads), len(epochs)
    )


def _register(registers: Readable, folder: Path, version: int | None) -> Register:
    """A version of the register; the newest we hold where an epoch names none."""
    if version is None:
        return register_of(folder)
    data = registers.get(REGISTERS, version.to_bytes(8, "big"))
    if data is None:
        raise StoreError(
            f"Version {version} of the register, by which it was computed, is not here.",
            advice="Leave --offline out, while the broker is up.",
        )
    return Register.content(metadata.parse(data))


def _spoken(view: View, folder: Path) -> Iterator[Spoken]:
    """Every accepted statement that is said to us, every copy of it."""
    admit = admitted.said_to(member_of(folder))
    for _, row in view.scan(inbox.VERSION):
        for one in inbox.said(row):
            spoken = Spoken(held(view, one.place))
            if admit(spoken):
                yield spoken


def _target(
    known: Iterable[tuple[Spoken, object]], case: str, version: int | None
) -> tuple[Spoken, Proposal]:
    found = {}
    for one, body in known:
        if (
            isinstance(body, Proposal)
            and body.case.startswith(case.lower())
            and version in (None, one.statement.version)
        ):
            found[one.statement.subject, one.statement.version] = (one, body)
    if len({subject for subject, _ in found}) != 1:
        what = f"version {version} of case {case}" if version else f"case {case}"
        raise StoreError(
            f"There is no single {what} among the proposals that are for us.",
            advice="`entente proposals` lists them; give the whole id of the case.",
        )
    last: tuple[UUID, int] = max(found, key=lambda at: at[1])
    return found[last]


def _same_engine(proposal: Proposal) -> None:
    theirs = proposal.basis
    ours = {
        "engine": ENGINE,
        "rules": named(rules()),
        "weights": weights().version,
        "calibration": calibration().version,
    }
    for what, version in ours.items():
        if getattr(theirs, what) != version:
            raise StoreError(
                f"It was computed with {what} {getattr(theirs, what)}; this release has {version}.",
                advice="Compute it again with the release that the correlator ran then.",
            )


def _epoch_of(mine: list[tuple[Spoken, Epoch]], case: str, version: int) -> Epoch:
    for _, epoch in mine:
        if any((one.case, one.version) == (case, version) for one in epoch.said):
            return epoch
    raise StoreError(
        f"The epoch in which version {version} of {case} was said is not here.",
        advice="It lies on a topic of proposals that the register does not let us read, or the"
        " correlator is of a release that said no epochs.",
    )
