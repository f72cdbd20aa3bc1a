"""``entente network``, what changes in the register: each change is a new version, signed."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Annotated, Literal

import typer

from entente import clock
from entente.cli.context import examples, settings
from entente.cli.times import day, micros
from entente.errors import InputError, UsageError
from entente.proof import cosignature
from entente.trust import files, lifecycle, network, secretariat
from entente.trust.administration import Believed, Witness
from entente.trust.register import Agreement, Register

NEXT = "Next: `entente network announce`, then `entente broker provision`."
Lanes = Annotated[
    list[Path] | None,
    typer.Option(
        "--lanes", metavar="FILE", help="What somebody saw: `entente lane status --json`; repeat."
    ),
]
Nothing = Annotated[
    bool,
    typer.Option("--believe-nothing", help="Give up what was said in lanes that no file names."),
]
Member = Annotated[str, typer.Argument(metavar="ID", help="The member's id.")]


def add(app: typer.Typer) -> None:
    """Put the commands of this file on ``app``."""
    app.command(
        epilog=examples("entente network duty JP alerts.cis", "entente network duty KR grants=2")
    )(duty)
    app.command(epilog=examples("entente network agree JP KR --purpose 'drugs by sea' --nominal"))(
        agree
    )
    app.command(
        epilog=examples(
            "entente network witness RILO-AP 'demo.example/RILO-AP+1f0c…+BK…'",
            "entente network witness RILO-AP --end",
        )
    )(witness)
    app.command(
        epilog=examples(
            "entente network revoke JP --lanes seen.json",
            "entente network revoke JP --why retired --key 5f3a… --lanes seen.json",
        )
    )(revoke)
    app.command(epilog=examples("entente network retire JP --lanes seen.json"))(retire)


def duty(
    context: typer.Context,
    id: Member,
    topic: Annotated[list[str], typer.Argument(help="A topic, or topic=lanes. Lanes never fall.")],
) -> None:
    """Let a member write further topics, or more lanes of one."""
    duties = {}
    for one in topic:
        name, _, lanes = one.partition("=")
        if lanes and not lanes.isdecimal():
            raise UsageError(f"{one!r} has no number of lanes.", advice="E.g. alerts.cis=2.")
        duties[name] = int(lanes or 1)
    _change(context, lambda register: lifecycle.add_duties(register, id, duties))


def agree(
    context: typer.Context,
    id: Member,
    other: Annotated[str, typer.Argument(metavar="ID", help="The other member's id.")],
    purpose: Annotated[str, typer.Option(help="What for.")],
    nominal: Annotated[bool, typer.Option(help="Names may be shared.")] = False,
    start: Annotated[str | None, typer.Option("--from", help="Date or time; else now.")] = None,
    until: Annotated[str | None, typer.Option(help="Date or time; else without end.")] = None,
) -> None:
    """Enter an agreement between two members, under which they may share."""
    agreement = Agreement(
        parties=(id, other), purpose=purpose, nominal=nominal,
        start=micros(start) if start else clock.now(), until=micros(until) if until else None,
    )  # fmt: skip
    _change(context, lambda register: lifecycle.agree(register, agreement))


def witness(
    context: typer.Context,
    id: Member,
    public: Annotated[
        str | None, typer.Argument(help="As `entente lane witness` prints it.")
    ] = None,
    end: Annotated[bool, typer.Option("--end", help="It is a witness no longer.")] = False,
    stolen: Annotated[bool, typer.Option("--stolen", help="Nor was it ever, by this key.")] = False,
) -> None:
    """Let an office co-sign the checkpoints that it has seen; --end takes that back.

    What it has co-signed until now still counts, unless its key was --stolen: then somebody else
    could have dated it.
    """
    if (end or stolen) == (public is not None):
        raise UsageError("Give the witness's public key, or --end or --stolen.")
    now = clock.now() // clock.SECOND * clock.SECOND  # their notes are dated by the second
    if public is None:

        def close(register: Register) -> Register:
            name = f"{register.network}/{id}"
            return lifecycle.end_witness(register, name, at=now, stolen=stolen)

        _change(context, close)
        return
    name, verify = cosignature.parse_vkey(public)

    def change(register: Register) -> Register:
        if name != f"{register.network}/{register.administration(id).id}":
            raise InputError(f"{name} is not the witness name of {id} in {register.network}.")
        new = Witness(name=name, administration=id, public=verify.raw, start=now)
        return lifecycle.add_witness(register, new)

    _change(context, change)


def revoke(
    context: typer.Context,
    id: Member,
    lanes: Lanes = None,
    nothing: Nothing = False,
    why: Annotated[Literal["compromised", "retired"], typer.Option()] = "compromised",
    public: Annotated[
        str | None, typer.Option("--key", help="Start of the public key in hex; else the newest.")
    ] = None,
    at: Annotated[str | None, typer.Option(help="When it ended; date or time, else now.")] = None,
) -> None:
    """End a signing key. Only what leads to the checkpoints in --lanes is still believed of it.

    Every lane of the member must be named there, also that of grants.
    """
    seen = [files.read(path) for path in lanes or ()]

    def change(register: Register) -> Register:
        keys = [
            key for key in register.administration(id).signing
            if key.public.hex().startswith(public or "") and (public or key.ended is None)
        ]  # fmt: skip
        if not keys or (public and len(keys) > 1):
            raise InputError(f"{id} has {len(keys)} signing keys that are meant; one must be.")
        chosen = max(keys, key=lambda key: key.start)
        believed = _believed(register, id, seen, nothing=nothing)
        return lifecycle.end_signing(
            register, id, chosen.public, why=why, at=micros(at) if at else clock.now(),
            believed=believed,
        )  # fmt: skip

    _change(context, change)


def retire(
    context: typer.Context, id: Member, lanes: Lanes = None, nothing: Nothing = False
) -> None:
    """Let a member leave. What it said stays, as far as --lanes names it: every lane must be."""
    seen = [files.read(path) for path in lanes or ()]
    _change(
        context,
        lambda register: lifecycle.retire(
            register,
            id,
            at=clock.now(),
            believed=_believed(register, id, seen, nothing=nothing),
        ),
    )


def _believed(
    register: Register, id: str, seen: Iterable[bytes], *, nothing: bool
) -> dict[str, Believed]:
    """What was seen of the member, shown to whoever decides. Raises UsageError: a lane is missing.

    All that it ever said there would be taken back, everywhere: not to be done by leaving it out.
    """
    found = secretariat.believed(register, id, seen)
    lanes = map(str, register.administration(id).origins(register.network))
    unnamed = [lane for lane in lanes if lane not in found]
    if unnamed and not nothing:
        raise UsageError(
            f"Nothing that {id} ever said in {', '.join(unnamed)} would be believed: no file of"
            " --lanes names it.",
            advice=f"Let {id} send what `entente lane status --as {id} --json` prints, after"
            f" `entente lane recover --as {id}` if its disk is lost: it names all lanes used there."
            " Offices name those that they read. Or give up what no file names: --believe-nothing;"
            " where nothing was ever said, that gives up nothing.",
        )
    for lane, checkpoint in sorted(found.items()):
        typer.echo(f"believed: {lane} up to size {checkpoint.size}")
    for lane in unnamed:
        typer.echo(f"not believed: {lane}, which no file given names")
    return found


def _change(context: typer.Context, change: Callable[[Register], Register]) -> None:
    loaded = settings(context)
    now = clock.now()
    register = secretariat.change(
        loaded.home, change(network.open(loaded.home, now)), now=now, secret=loaded.secret()
    )
    typer.echo(f"register version {register.version}, good until {day(register.expires)}. {NEXT}")
