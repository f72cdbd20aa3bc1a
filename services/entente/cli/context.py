"""What every command shares: the options before the command, settings, identity and output."""

import contextlib
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from entente.errors import EntenteError

if TYPE_CHECKING:
    from rich.console import Console

    from entente.config import Settings

VERSION = "0.1.0"
"""As in ``pyproject.toml``."""

As = Annotated[
    str, typer.Option("--as", metavar="ID", help="Whom you act for: an administration or office.")
]
"""The ``--as`` option."""
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object a line.")]
"""The ``--json`` option."""
Device = Annotated[
    str | None,
    typer.Option(
        metavar="URI",
        help="Make the signing key in a device: pkcs11:token=…;object=…?module-path=…",
    ),
]
"""The ``--device`` option."""
HpkeDevice = Annotated[
    str | None, typer.Option(metavar="URI", help="Make the key for sealed names in a device.")
]
"""The ``--hpke-device`` option."""


def version(wanted: bool) -> None:
    """Print the version and end, if wanted."""
    if wanted:
        typer.echo(f"entente {VERSION}")
        raise typer.Exit


Config = Annotated[
    Path | None,
    typer.Option(
        "--config", metavar="FILE", help="Settings; else $ENTENTE_CONFIG, else ./entente.toml."
    ),
]
Version = Annotated[
    bool, typer.Option("--version", is_eager=True, callback=version, help="Print the version.")
]


def options(context: typer.Context, config: Config = None, version: Version = False) -> None:
    """Remember what was said before the command."""
    context.obj = config


def settings(context: typer.Context) -> "Settings":
    """Load the settings and start logging to stderr. Raises ConfigError."""
    from entente import config, logs

    loaded = config.load(context.obj)
    logs.setup(loaded.log)
    return loaded


def acting(context: typer.Context, command: str, as_: str) -> "Settings":
    """Load the settings for who has keys here, and start the log of its own that ``command`` has.

    Raises ConfigError, KeyMissing, StoreError.
    """
    from entente import config, logs
    from entente.errors import KeyMissing

    loaded = config.load(context.obj)
    if not as_.replace("-", "").isalnum() or not loaded.party(as_).is_dir():
        raise KeyMissing(
            f"There are no keys of {as_!r}: {loaded.party(as_).resolve()} is no folder.",
            advice="Check the id (`entente network show` lists them), or `home` in the settings.",
        )
    logs.setup(loaded.log, loaded.home / "logs" / f"{command}-{as_}.log")
    _warn(loaded, as_)
    return loaded


def _warn(loaded: "Settings", as_: str) -> None:
    """Say what of this member's ends soon, and what to do about it."""
    from entente import clock
    from entente.cli.times import day
    from entente.trust import network

    now = clock.now()
    with contextlib.suppress(EntenteError):  # the command itself will say it
        for ending in network.endings(loaded.home, now, member=as_):
            kind = ending.what.partition(" ")[0]
            over = ending.at <= now
            renew = _RENEW.get(kind, _RENEW["register"]).format(as_)
            blind = f"[bold red]{_BLIND}[/]" if over and kind in ("register", "root") else ""
            console(stderr=True).print(
                f"{'[bold red]ended' if over else '[yellow]ends'} {day(ending.at)}:[/]"
                f" {ending.what}; {renew}{blind}"
            )


_BLIND = (
    ". Since then nobody can tell us that a key was stolen. What is shown is judged by what was"
    " last known: ask, by another channel, before you act on it. Until it is renewed nothing is"
    " published or granted."
)
_RENEW = {
    "register": "the secretariat renews it; ask there if nothing comes",
    "agreement": "the secretariat enters a new one if both want it",
    "certificate": "`entente party prepare --as {0}` makes a request for the next",
    "signing": "`entente party rekey --as {0}` makes the next",
    "HPKE": "`entente party rekey --as {0}` makes the next",
}


def commands(sentence: str | None = None) -> typer.Typer:
    """A command, or with a ``sentence`` a noun with several of them."""
    return typer.Typer(
        help=sentence,
        no_args_is_help=sentence is not None,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode="markdown",
    )


def examples(*lines: str) -> str:
    """The end of a command's help."""
    head = "Examples:" if len(lines) > 1 else "Example:"
    return "\n\n".join((head, *(f"- `{line}`" for line in lines)))


def counted(number: int, what: str) -> str:
    """So many of something: ``1 grant``, ``2 grants``."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def console(*, stderr: bool = False) -> "Console":
    """Where to print: one line of ours stays one line, however wide the terminal is."""
    from rich.console import Console

    return Console(stderr=stderr, highlight=False, soft_wrap=True)


def put(lines: Iterable[str]) -> None:
    """Print lines of markup; on a terminal a long one goes on below its own beginning.

    What in them could steer a terminal is left out.
    """
    from rich.padding import Padding
    from rich.text import Text

    out = console()
    for line in map(printable, lines):
        indent = len(line) - len(line.lstrip())
        if out.is_terminal:
            out.print(Padding(Text.from_markup(line.lstrip()), (0, 0, 0, indent)), soft_wrap=False)
        else:
            out.print(line)


def printable(text: str) -> str:
    """Text of others without what could steer a terminal."""
    return "".join(c if c.isprintable() or c == "\n" else "\N{REPLACEMENT CHARACTER}" for c in text)


@contextlib.contextmanager
def busy(what: str) -> Iterator[None]:
    """A sign on the terminal that we are at work and for how long; nothing where there is none."""
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    with Progress(
        SpinnerColumn(), TextColumn(what), TimeElapsedColumn(),
        console=console(stderr=True), disable=not sys.stderr.isatty(), transient=True,
    ) as sign:  # fmt: skip
        sign.add_task("", total=None)
        yield


@contextlib.contextmanager
def counting(what: str) -> Iterator[Callable[[int, int], None]]:
    """A bar on the terminal, moved on by records done and behind; nothing where there is none."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    with Progress(
        TextColumn(what), BarColumn(), MofNCompleteColumn(), TextColumn("records"),
        console=console(stderr=True), disable=not sys.stderr.isatty(), transient=True,
    ) as bar:  # fmt: skip
        task = bar.add_task("", total=None)
        yield lambda done, behind: bar.update(task, completed=done, total=done + behind)
