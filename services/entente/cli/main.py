"""The command line. Thin: every command reads its options, calls one room and prints.

Exit codes follow BSD ``sysexits.h`` and are listed in ``errors.py``; 130 is Ctrl-C, 143 SIGTERM,
129 a terminal that was closed, 141 a reader of our output that has gone, as shells count them.
"""

import importlib
import io
import os
import signal
import sys
import tempfile
import traceback
from pathlib import Path
from types import FrameType
from typing import Any

import typer
import typer.core
import typer.main

from entente.cli.context import options, printable
from entente.errors import FULL, EntenteError, StoreError, StoreFull, UsageError

INTERRUPTED, CLOSED = 128 + signal.SIGINT, 128 + signal.SIGPIPE
COMMANDS = {
    "demo": "Show the whole way: a real Kafka, 16,927 real seizures in, proposals out.",
    "publish": "Publish a file of seizures, warnings or feedback as one administration.",
    "office": "Receive the alerts of an office's regions into its inbox, until Ctrl-C.",
    "tail": "Show the verified alerts of an office as they come.",
    "export": "Write what an office holds as evidence that proves itself, for `entente verify`.",
    "verify": "Check an export whole: signatures, proofs, the register's chain, what is missing.",
    "quarantine": "List what a reader has refused or keeps waiting, and what to do about it.",
    "correlate": "Find cross-border patterns and propose joint operations.",
    "exercise": "A made-up world to practise on: planted networks, honest errors, disorder.",
    "proposals": "List the proposals of your regions by rank, verified, with their evidence.",
    "decide": "Accept, decline, merge or split a proposal; signed, obeyed, and heard of.",
    "decisions": "List what coordinators have decided, as far as it concerns us.",
    "warn": "Warn those who are silent on a proposal's route.",
    "lists": "Lists that coordinators keep: couriers, forwarders, ports; they tie nobody.",
    "status": "Who has received, read or followed an alert of ours, and who has not.",
    "release": "List whose sealed names meet ours, and let them open ours.",
    "grant": "Let an administration open the sealed names of an alert.",
    "ungrant": "Take back what an administration may open of an alert.",
    "sweep": "Take back every grant of an alert whose time has come.",
    "community": "Community keys: sealed names of two administrations meet under them, unread.",
    "network": "The network: its members, what they may write and read, what ends soon.",
    "party": "A member's own keys, its certificate, and what it trusts.",
    "lane": "What each issuer said and what is missing; rebuild a lane after a lost disk.",
    "broker": "Run a Kafka broker on this machine; make topics and rights on any cluster.",
    "alert": "The alert's JSON form: its schema, and a check of alerts against it.",
}
"""Every command with its sentence; its module has the same name and holds it as ``app``."""


class Commands(typer.core.TyperGroup):
    """Loads a command when it is called: ``--help`` does not wait for Kafka's client."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        for name, sentence in COMMANDS.items():
            self.commands[name] = typer.core.TyperCommand(name, help=sentence)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Return name, command and arguments. Raises TyperException: there is no such command."""
        name, command, rest = super().resolve_command(ctx, args)
        return name, load(name) if name else command, rest


def load(name: str) -> Any:
    """The command itself."""
    found: typer.Typer = importlib.import_module(f"entente.cli.{name}").app
    noun = found.info.help is not None
    command = typer.main.get_group(found) if noun else typer.main.get_command(found)
    command.name = name
    return command


app = typer.Typer(
    name="entente",
    cls=Commands,
    help="Share seizure alerts between customs administrations, and find networks together.",
    epilog="Exit codes: 0 done, 64 usage, 65 data, 66 file, 69 no broker, 70 internal, "
    "74 disk, 75 try again, 77 not permitted, 78 configuration, 130 Ctrl-C, 143 terminated.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.callback()(options)


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit code. No traceback reaches the reader."""
    ended: list[int] = []

    def end(number: int, frame: FrameType | None) -> None:
        ended.append(number)
        interrupt = signal.getsignal(signal.SIGINT)  # asyncio's own, while that runs
        (interrupt if callable(interrupt) else signal.default_int_handler)(number, frame)

    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)}
    heard = [number for number, handler in before.items() if handler != signal.SIG_IGN]  # nohup
    for number in heard:
        signal.signal(number, end)
    try:
        code = _run(arguments)
    finally:
        for number in heard:
            signal.signal(number, before[number])
    if code != INTERRUPTED:
        return code
    _say("stopped", "Nothing is lost: the same command goes on where this one was.")
    return 128 + ended[0] if ended else INTERRUPTED


def buffered() -> None:
    """Buffer the output also under ``python -u``.

    There a write that a full disk cuts short would lose its rest without a word.
    """
    out = sys.stdout
    if isinstance(raw := getattr(out, "buffer", None), io.RawIOBase):
        sys.stdout = io.TextIOWrapper(
            io.BufferedWriter(raw), out.encoding, out.errors, line_buffering=True
        )


def _run(arguments: list[str] | None) -> int:
    try:
        result = app(args=arguments, standalone_mode=False, prog_name="entente")
        sys.stdout.flush()
    except EntenteError as error:
        result = _fail(error)
    except typer.TyperException as error:
        result = _fail(_usage(error)) if error.format_message() else UsageError.exit_code
    except (typer.Abort, KeyboardInterrupt):
        result = INTERRUPTED
    except (BrokenPipeError, SystemExit):  # rich and typer leave so when nobody reads on
        _close()
        result = CLOSED
    except OSError as error:
        result = _disk(error)
    except Exception as error:  # noqa: BLE001  the last door: a reader gets a sentence and a file
        result = _unexpected(error)
    return result if isinstance(result, int) else 0


def _usage(error: typer.TyperException) -> UsageError:
    message = " ".join(error.format_message().split())
    context = getattr(error, "ctx", None)
    command = context.command_path if context else "entente"
    return UsageError(
        message if message.endswith((".", "?")) else f"{message}.",
        advice=f"See `{command} --help` for its options and examples.",
    )


def _disk(error: OSError) -> int:
    where = error.filename or "the output"
    if error.errno in FULL:
        code = _fail(StoreFull(f"There is no space left to write {where}."))
    elif error.strerror:
        advice = "Check that the path is right and that you may read and write there."
        code = _fail(StoreError(f"{where}: {error.strerror}.", advice=advice))
    else:
        code = _unexpected(error)
    try:
        sys.stdout.flush()
    except OSError:
        _close()
    return code


def _unexpected(error: Exception) -> int:
    what = f"Something unexpected happened: {type(error).__name__}."
    try:
        with tempfile.NamedTemporaryFile(
            "w", prefix="entente-", suffix=".trace", delete=False, encoding="utf-8"
        ) as file:
            traceback.print_exception(error, file=file)
    except OSError:
        return _fail(EntenteError(what, advice="Free some space, run it again and report it."))
    return _fail(EntenteError(what, advice=f"Report it with the file {Path(file.name)}."))


def _fail(error: EntenteError) -> int:
    _say("error", str(error), error.advice)
    return error.exit_code


def _say(what: str, sentence: str, advice: str | None = None) -> None:
    from rich.markup import escape

    from entente.cli.context import console

    out = console(stderr=True)
    colour = "red" if what == "error" else "yellow"
    out.print(f"[bold {colour}]{what}:[/] {escape(printable(sentence))}")
    if advice is not None:
        out.print(f"  [dim]what to do:[/] {escape(printable(advice))}")


def _close() -> None:
    """Let what is still buffered for a reader that has gone go nowhere, without a word."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
