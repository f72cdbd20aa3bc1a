"""``entente party``: a member's own keys and certificate, on its own machine."""

import asyncio
import contextlib
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from entente import clock
from entente.cli.catchup import newest
from entente.cli.context import (
    As,
    Device,
    HpkeDevice,
    commands,
    console,
    counted,
    examples,
    settings,
)
from entente.cli.times import day, micros, minute
from entente.config import Settings
from entente.correlate.views import service as correlator
from entente.errors import CertificateError, KeyMissing, UsageError
from entente.office import receipts
from entente.publish import handover
from entente.publish.desk import OUTBOX
from entente.trust import answer, files, network, party
from entente.trust.administration import Administration, Contact, Role

app = commands("A member's own keys, its certificate, and what it trusts.")
LEAD = timedelta(days=7)
"""How far ahead new keys begin, so that every reader has the register by then."""


@app.command(
    epilog=examples(
        "ENTENTE_PASSPHRASE=... entente party prepare --as JP --name Japan --country JP"
        " --home asia-pacific",
        "entente party prepare --as JP",
    )
)
def prepare(
    context: typer.Context,
    as_: As,
    name: Annotated[str | None, typer.Option(help="The member's name, for people.")] = None,
    role: Annotated[
        str, typer.Option(help="administration, liaison_office, correlator or coordinator.")
    ] = "administration",
    country: Annotated[str | None, typer.Option(help="ISO 3166-1, e.g. JP.")] = None,
    home: Annotated[str | None, typer.Option(help="Home region, e.g. asia-pacific.")] = None,
    region: Annotated[list[str] | None, typer.Option(help="A further region; repeat it.")] = None,
    email: Annotated[str | None, typer.Option(help="Where to reach your people.")] = None,
    device: Device = None,
    hpke_device: HpkeDevice = None,
    no_passphrase: Annotated[
        bool, typer.Option("--no-passphrase", help="Leave the private keys unencrypted.")
    ] = False,
) -> None:
    """Make what keys are missing, and the request for the secretariat.

    Who is enrolled asks so for a new certificate, and need not say who it is again.
    """
    loaded = settings(context)
    secret = None if no_passphrase else loaded.secret()
    if secret is None and not no_passphrase:
        raise UsageError(
            "There is no passphrase for the private keys.",
            advice="Set ENTENTE_PASSPHRASE, or say --no-passphrase to leave them unencrypted.",
        )
    member = _registered(loaded, as_) if name is None else None
    if member is None:
        if name is None:
            raise UsageError(f"{as_} is not enrolled yet.", advice="Say --name, --country, --home.")
        try:
            member = msgspec.convert(
                Administration(
                    id=as_, name=name, role=msgspec.convert(role, Role), country=country,
                    home=home, regions=tuple(region or ()), contact=Contact(email=email),
                ),
                Administration, from_attributes=True,
            )  # fmt: skip
        except (ValueError, msgspec.ValidationError) as error:
            raise UsageError(f"This is no member: {error}.") from error
    request = party.prepare(
        loaded.party(as_), loaded.network, member,
        now=clock.now() - network.SLACK, secret=secret, device=device, hpke_device=hpke_device,
    )  # fmt: skip
    _request(as_, request)


@app.command(epilog=examples("entente party install --as JP JP.answer.json --root '1f0c 5ab3 …'"))
def install(
    context: typer.Context,
    as_: As,
    file: Annotated[Path, typer.Argument(help="The secretariat's answer.")],
    root: Annotated[
        str | None,
        typer.Option(help="Fingerprint of the first root, heard from the secretariat by phone."),
    ] = None,
) -> None:
    """Put the certificate of an answer in place, and what to trust."""
    loaded = settings(context)
    data = files.read(file, answer.LIMIT)
    register = answer.install(
        loaded.home, as_, data, clock.now(), secret=loaded.secret(), root=root
    )
    if register.network != loaded.network:
        raise CertificateError(f"The answer is of {register.network}, not of {loaded.network}.")
    out = console()
    out.print(f"{as_} is a member of {register.network}, register version {register.version}")
    if root is None:
        first = answer.fingerprint(network.entries(loaded.home)["root/1"])
        out.print(f"[yellow]compare with the secretariat by phone:[/] first root {first}")


@app.command(
    epilog=examples("entente party rekey --as JP", "entente party rekey --as JP --from 2027-01-01")
)
def rekey(
    context: typer.Context,
    as_: As,
    start: Annotated[
        str | None,
        typer.Option("--from", help="Date or time from which they hold; else in a week."),
    ] = None,
    device: Device = None,
    hpke_device: HpkeDevice = None,
) -> None:
    """Make the next signing and HPKE keys, and the request for them; `adopt` puts them to use."""
    loaded = settings(context)
    member = _registered(loaded, as_)
    if member is None:
        raise KeyMissing(f"{as_} is not enrolled yet.", advice="Use `entente party prepare`.")
    begins = micros(start) if start else clock.now() + LEAD // timedelta(microseconds=1)
    request = party.rekey(
        loaded.party(as_), loaded.network, member,
        start=begins, secret=loaded.secret(), device=device,
        hpke_device=hpke_device,
    )  # fmt: skip
    typer.echo(f"the new keys hold from {minute(begins)} UTC")
    _request(as_, request)


@app.command(epilog=examples("entente party adopt --as JP"))
def adopt(context: typer.Context, as_: As) -> None:
    """Read the newest register, and take new keys into use if it lists them and their time came.

    What waits to be sent is sent before, with the old key: it was said under that. Stop `entente
    publish` and services of this member first; harmless when there is nothing to do.
    """
    loaded = settings(context)
    register = newest(loaded, as_)
    folder, now, secret = loaded.party(as_), clock.now(), loaded.secret()
    if party.may_adopt(folder, register, as_, now, secret=secret):
        stores = (folder / OUTBOX, folder / receipts.STORE, correlator.store(folder))
        if forgotten := asyncio.run(handover.settle(loaded, as_, register, stores)):
            typer.echo(
                f"{counted(forgotten, 'statement')} waited for a key that has ended: forgotten;"
                " publish, grant or ungrant again what should be said"
            )
    changed = party.adopt(folder, register, as_, now, secret=secret)
    keys = "new keys are in use" if changed else "no new keys to take into use"
    typer.echo(f"register version {register.version}, good until {day(register.expires)}; {keys}")


def _registered(loaded: Settings, as_: str) -> Administration | None:
    with contextlib.suppress(KeyMissing):
        known = network.newest(loaded.home, "register")
        if known is not None:
            return network.open_expired(loaded.home).administrations.get(as_)
    return None


def _request(as_: str, request: bytes) -> None:
    path = Path(f"{as_}.request.json")
    files.write(path, request)
    typer.echo(f"the request is {path}; send it to the secretariat (`entente network enrol`)")
