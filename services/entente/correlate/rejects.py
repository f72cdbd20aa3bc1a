"""The lines of a stream that are no alerts, kept beside what came of the others."""

from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from entente.errors import InputError


class Rejects(AbstractContextManager["Rejects"]):
    """A file of lines as they stood, each below a comment that says why and how to mend it.

    The file comes into being with the first, and takes the place of an earlier one. Raises OSError
    where it cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.count = 0
        self._file: BinaryIO | None = None
        path.unlink(missing_ok=True)

    def add(self, number: int, raw: bytes, error: InputError) -> None:
        """Keep a line."""
        if self._file is None:
            self._file = self.path.open("wb")
        told = " ".join(f"# {error} {error.advice}".split())
        self._file.write(told.encode("utf-8", "backslashreplace") + b"\n" + raw)
        if not raw.endswith(b"\n"):
            self._file.write(b"\n")
        self.count += 1

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._file is not None:
            self._file.close()
