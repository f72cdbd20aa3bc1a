"""Java as a process of its own: found, run and started, and what it said before it ended."""

import contextlib
import os
import re
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

import psutil

_UNSET = {"JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "CLASSPATH"}
"""Variables by which another's settings would slip into our Java."""
_BAD = re.compile(r" ERROR |^Error|^Caused by: |^(Exception in thread .*|\S*(Exception|Error)): ")
_TAIL = 200_000


def find(*words: str) -> list[psutil.Process]:
    """Return the running processes that have all of ``words`` among their arguments."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if set(words) <= set(process.cmdline()):  # empty for a zombie
                found.append(process)
    return found


def run(
    command: Sequence[str], folder: Path, console: Path, environment: Mapping[str, str]
) -> None:
    """Run ``command`` in ``folder`` to its end; what it prints goes to ``console``, emptied first.

    Raises CalledProcessError, OSError.
    """
    inherited = {name: value for name, value in os.environ.items() if name not in _UNSET}
    with console.open("wb") as output:
        subprocess.run(  # noqa: S603 - a list of our own making, no shell reads it
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=folder,
            env={**inherited, **environment},
            start_new_session=True,
            check=True,
        )


def detach(
    command: Sequence[str], folder: Path, console: Path, environment: Mapping[str, str]
) -> None:
    """Start ``command`` as nobody's child, so that it outlives us; otherwise as ``run``."""
    run(["/bin/sh", "-c", '"$@" &', "sh", *command], folder, console, environment)


def size(file: Path) -> int:
    """Return the bytes in ``file``, 0 if it is not there."""
    with contextlib.suppress(OSError):
        return file.stat().st_size
    return 0


def complaints(console: Path, log: Path, since: int) -> list[str]:
    """Return what went wrong: lines of ``console``, and of ``log`` after ``since`` bytes.

    The last one tells best why it ended. Without a complaint, the last thing said.
    """
    lines = _lines(console, 0) + _lines(log, since if since <= size(log) else 0)
    bad = [line.strip()[:400] for line in lines if _BAD.search(line)]
    return bad or [line.strip()[:400] for line in lines[-1:]]


def _lines(file: Path, start: int) -> list[str]:
    with contextlib.suppress(OSError), file.open("rb") as source:
        source.seek(max(start, size(file) - _TAIL))
        return source.read().decode(errors="replace").splitlines()
    return []
