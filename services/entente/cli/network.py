"""``entente network``: who belongs to it, and what they may do. The secretariat's errands."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from entente import clock
from entente.bus.connection import Connection
from entente.bus.membership import announce as tell
from entente.cli import changes
from entente.cli.changes import NEXT
from entente.cli.context import Device, commands, console, counted, examples, settings
from entente.cli.times import day
from entente.config import Settings
from entente.errors import BrokerRefused, InputError, ProofError, TopicMissing, UsageError
from entente.proof.key import VerifyKey
from entente.proof.note import decode_base64, encode_base64
from entente.trust import answer, files, members, metadata, network, party, secretariat

app = commands("The network: its members, what they may write and read, what ends soon.")
changes.add(app)

NoPassphrase = Annotated[
    bool, typer.Option("--no-passphrase", help="Leave the private keys unencrypted.")
]
Officer = Annotated[
    list[Path] | None,
    typer.Option("--officer", metavar="FILE", help="Public key of a root officer; repeat it."),
]
_PUBLIC = "entente-officer "


@app.command(
    epilog=examples(
        "ENTENTE_PASSPHRASE=... entente network create members.csv",
        "entente network create members.csv --no-passphrase",
    )
)
def create(
    context: typer.Context,
    table: Annotated[Path, typer.Argument(help="CSV: id, role, country, name, home, regions.")],
    no_passphrase: NoPassphrase = False,
) -> None:
    """Make a network on this machine, for an exercise: root, register, keys and certificates.

    The private keys are encrypted with the passphrase in $ENTENTE_PASSPHRASE, or in the file that
    `passphrase_file` names. Run it again to enrol those who are new in the table.
    """
    loaded = settings(context)
    secret = _secret(loaded, no_passphrase)
    register = network.create(
        loaded.home, loaded.network, members.load(table), now=clock.now(), secret=secret
    )
    typer.echo(f"{register.network}: {len(register.administrations)} members,"
               f" register version {register.version}")  # fmt: skip


@app.command(epilog=examples("entente network show"))
def show(context: typer.Context) -> None:
    """List the members, and what ends within thirty days."""
    loaded = settings(context)
    now = clock.now()
    register = network.open(loaded.home, now)
    rows = Table("id", "name", "role", "home region", "further regions", "keys", box=None)
    for member in sorted(register.administrations.values(), key=lambda m: (m.role, m.id)):
        keys = sum(key.ended is None for key in member.signing)
        rows.add_row(
            member.id, member.name, member.role.replace("_", " "), member.home or "",
            ", ".join(member.regions) if len(member.regions) < 5 else f"{len(member.regions)} more",
            "retired" if member.retired else str(keys),
        )  # fmt: skip
    out = console()
    out.print(f"{register.network}, register version {register.version},"
                  f" good until {day(register.expires)}")  # fmt: skip
    first = network.entries(loaded.home)["root/1"]
    out.print(f"fingerprint of its first root: {answer.fingerprint(first)}")
    out.print(rows)
    for agreed in register.agreements:
        until = "" if agreed.until is None else f", until {day(agreed.until)}"
        names = "names too" if agreed.nominal else "no names"
        out.print(f"agreement of {' and '.join(agreed.parties)}, from {day(agreed.start)}{until}:"
                  f" {escape(agreed.purpose)} ({names})")  # fmt: skip
    for one in register.cosigners:
        until = "" if one.until is None else f", until {day(one.until)}"
        out.print(f"witness: {one.name}{', its key stolen' if one.until == 0 else until}")
    for ending in network.endings(loaded.home, now):
        out.print(f"[yellow]ends {day(ending.at)}:[/] {ending.what}")


@app.command(epilog=examples("entente network key officer.key"))
def key(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="Where the private key goes; FILE.pub beside it.")],
    device: Device = None,
    no_passphrase: NoPassphrase = False,
) -> None:
    """On a root officer's machine: make a key. FILE.pub goes to the secretariat.

    With --device it is made there, and the file only says where it is. So is the secretariat's own
    key, if you make secretariat/registrar.key with this before `entente network found`.
    """
    secret = _secret(settings(context), no_passphrase)
    made = party.signing_or_new(file, secret, device)
    public = file.with_name(f"{file.name}.pub")
    files.write(public, f"{_PUBLIC}{encode_base64(made.public.raw)}\n".encode())
    typer.echo(f"private key {file}, keep it; public key {public}, send it")


@app.command(
    epilog=examples(
        "entente network found --officer a.key.pub --officer b.key.pub --officer c.key.pub",
        "entente network found --officers 5 --threshold 3",
    )
)
def found(
    context: typer.Context,
    officer: Officer = None,
    officers: Annotated[int, typer.Option(help="Without --officer: make so many keys here.")] = 3,
    threshold: Annotated[int, typer.Option(help="How many officers must sign.")] = 2,
    no_passphrase: NoPassphrase = False,
) -> None:
    """Found a network: its root, registrar and certificate authority, in the secretariat.

    With --officer the root is drafted, and copies of the draft go to the officers to be signed.
    """
    loaded = settings(context)
    secret, now = _secret(loaded, no_passphrase), clock.now()
    if officer:
        keys = [_public(path) for path in officer]
        draft = secretariat.begin(
            loaded.home, loaded.network, keys, threshold, now=now, secret=secret
        )
        _merged(loaded, [files.read(draft, metadata.ROOT_LIMIT)])
        return
    if network.newest(loaded.home, "root") is not None:
        raise UsageError(f"There is a network at {loaded.home} already.")
    network.found(
        loaded.home, loaded.network, now=now, secret=secret, officers=officers, threshold=threshold
    )
    secretariat.open_register(loaded.home, now=now, secret=secret)
    typer.echo(f"{loaded.network} is founded; next: `entente network enrol REQUEST`")


@app.command(
    epilog=examples(
        "entente network root", "entente network root --officer a.key.pub --officer d.key.pub"
    )
)
def root(
    context: typer.Context,
    officer: Officer = None,
    threshold: Annotated[int | None, typer.Option(help="Else as before.")] = None,
) -> None:
    """Draft the next root: with other officers or threshold, or the same for five more years.

    The officers of before and the new ones sign it: `entente network sign`, then `merge`.
    """
    loaded = settings(context)
    draft = secretariat.next_root(
        loaded.home, [_public(path) for path in officer or ()], threshold,
        now=clock.now(), secret=loaded.secret(),
    )  # fmt: skip
    _merged(loaded, [files.read(draft, metadata.ROOT_LIMIT)])


@app.command(epilog=examples("entente network sign root.2.json --key officer.key"))
def sign(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="A draft from the secretariat.")],
    key: Annotated[Path, typer.Option("--key", metavar="FILE", help="Your private key.")],
) -> None:
    """On a root officer's machine: sign a draft. The signed file goes back to the secretariat."""
    secret = settings(context).secret()
    data = files.read(file, metadata.REGISTER_LIMIT)
    document = metadata.parse(data)
    signed = metadata.sign(data, files.signing_key(key, secret))
    files.write(file, signed)
    typer.echo(f"{file}: {document.kind} {document.version}, good until {day(document.expires)},"
               f" SHA-256 {document.digest.hex()[:16]}…; signed by"
               f" {len(metadata.parse(signed).signatures)} so far")  # fmt: skip


@app.command(epilog=examples("entente network merge from-a/root.1.json from-b/root.1.json"))
def merge(
    context: typer.Context,
    file: Annotated[list[Path], typer.Argument(help="Signed copies of one draft.")],
) -> None:
    """In the secretariat: join signed copies of a draft; it is published once enough signed."""
    loaded = settings(context)
    _merged(loaded, [files.read(path, metadata.REGISTER_LIMIT) for path in file])


@app.command(epilog=examples("entente network enrol JP.request.json"))
def enrol(
    context: typer.Context,
    request: Annotated[Path, typer.Argument(help="What `entente party prepare` or `rekey` wrote.")],
    unendorsed: Annotated[
        bool,
        typer.Option(
            "--unendorsed", help="People made sure that it is theirs; no key of before says so."
        ),
    ] = False,
) -> None:
    """Take in a member's request: enrol it, give it new keys, or only a new certificate.

    The answer is written beside the request and goes back; it holds nothing secret.
    """
    loaded = settings(context)
    done = secretariat.enrol(
        loaded.home, files.read(request), now=clock.now(), secret=loaded.secret(),
        unendorsed=unendorsed,
    )  # fmt: skip
    target = request.with_name(f"{done.member.id}.answer.json")
    files.write(target, answer.make(loaded.home, loaded.network, done.member.id, done.certificate))
    typer.echo(f"{done.member.id}, {done.member.name}: {done.what}; the answer is {target}")
    if done.what != "new certificate":
        typer.echo(NEXT)


@app.command(epilog=examples("entente network renew"))
def renew(context: typer.Context) -> None:
    """Make the register good for another year, and the broker's and our own certificates anew."""
    loaded = settings(context)
    register = secretariat.renew(loaded.home, now=clock.now(), secret=loaded.secret())
    typer.echo(f"register version {register.version}, good until {day(register.expires)};"
               " restart the broker, so that it takes its new certificate")  # fmt: skip
    typer.echo(NEXT)


@app.command(epilog=examples("entente network announce"))
def announce(context: typer.Context) -> None:
    """Put new versions of root and register on their topic, where all members find them."""
    loaded = settings(context)
    connection = Connection.of(
        loaded.kafka.bootstrap, loaded.home / network.SECRETARIAT, loaded.secret()
    )
    try:
        count = asyncio.run(tell(connection, network.entries(loaded.home)))
    except (BrokerRefused, TopicMissing) as error:
        error.advice = "Make topics and rights first: `entente broker provision`; then announce."
        raise
    typer.echo(f"new on the topic: {counted(count, 'version')}")


def _secret(loaded: Settings, no_passphrase: bool) -> bytes | None:
    secret = None if no_passphrase else loaded.secret()
    if secret is None and not no_passphrase:
        raise UsageError(
            "There is no passphrase for the private keys.",
            advice="Set ENTENTE_PASSPHRASE, or say --no-passphrase to leave them unencrypted.",
        )
    return secret


def _public(path: Path) -> VerifyKey:
    text = files.read(path, 1024).decode("utf-8", "replace").strip()
    try:
        return VerifyKey(decode_base64(text.removeprefix(_PUBLIC)))
    except ProofError as error:
        raise InputError(
            f"{path} is not a root officer's public key: {error}.",
            advice="Give the .pub file that `entente network key` wrote.",
        ) from error


def _merged(loaded: Settings, copies: list[bytes]) -> None:
    now, secret = clock.now(), loaded.secret()
    draft, missing = secretariat.collect(loaded.home, copies, now=now, secret=secret)
    document = metadata.parse(files.read(draft, metadata.ROOT_LIMIT))
    if missing:
        typer.echo(f"{draft}: {missing} {'signature is' if missing == 1 else 'signatures are'}"
                   " missing; send copies to the officers, who sign with `entente network sign`,"
                   " and merge what comes back")  # fmt: skip
        typer.echo(f"they must be shown SHA-256 {document.digest.hex()[:16]}…")
    elif document.version == 1:
        typer.echo(f"{loaded.network} is founded; next: `entente network enrol REQUEST`")
    else:
        typer.echo(f"root {document.version} is good until {day(document.expires)}; it is published"
                   f" here. {NEXT}")  # fmt: skip
