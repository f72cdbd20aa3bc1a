"""The file of rejected rows: each as it stood in the original, with why and how to mend it.

Of a CSV or Excel file it is CSV with three columns before the original ones, ``#row``, ``#reason``
and ``#repair``; of JSON Lines, a comment line above each original line. Mended, it is published
with the same mapping: columns and lines that start with ``#`` are not read.
"""

import csv
import io
import os
from contextlib import AbstractContextManager
from filecmp import cmp
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from entente.errors import StoreError, disk
from entente.publish.importer import Reject
from entente.publish.row import Source
from entente.publish.table import BOM

COLUMNS = ("#row", "#reason", "#repair")


class Rejects(AbstractContextManager["Rejects"]):
    """Writes rejects; the file comes into being with the first, and whole or not at all.

    It is written beside its place and moved there at the end, so that a rejects file may itself be
    published and replaced by what is left of it. Another file that stands there already may have
    been mended: it is kept under the next free number, see ``kept``. Raises StoreError when it
    cannot be written.
    """

    def __init__(self, path: Path, source: Source) -> None:
        self.path = path
        self.count = 0
        self.kept: Path | None = None
        """Where the file that stood in our place has gone, if one did and says something else."""
        self._part = path.with_name(path.name + ".part")
        self._source = source
        self._file: BinaryIO | None = None

    def add(self, reject: Reject) -> None:
        """Write one."""
        try:
            if self._file is None:
                self._file = self._part.open("wb")
                if self._source.form != "jsonl":
                    header = self._source.header.rstrip(b"\r\n") + b"\n"
                    bom = BOM if self._source.file.dialect.encoding.startswith("utf") else b""
                    self._file.write(bom + self._cells(COLUMNS) + header)
            self._file.write(self._entry(reject))
        except OSError as error:
            raise self._failed(error) from error
        self.count += 1

    def _entry(self, reject: Reject) -> bytes:
        original = reject.original if reject.original.endswith(b"\n") else reject.original + b"\n"
        reasons = [" ".join(f"{p.pointer} {p.reason}".split()) for p in reject.problems]
        repairs = dict.fromkeys(" ".join(p.repair.split()) for p in reject.problems)
        if self._source.form == "jsonl":
            text = f"# row {reject.row}: {' '.join(reasons)} {' '.join(repairs)}"
            return text.encode("utf-8", "backslashreplace") + b"\n" + original
        return self._cells((f"#{reject.row}", " ".join(reasons), " ".join(repairs))) + original

    def _cells(self, cells: tuple[str, ...]) -> bytes:
        """Our cells with the delimiter that leads on to the original ones."""
        out = io.StringIO()
        dialect = self._source.file.dialect
        writer = csv.writer(
            out, delimiter=dialect.delimiter, quotechar=dialect.quote, lineterminator=""
        )
        writer.writerow((*cells, ""))
        return out.getvalue().encode(dialect.encoding, "backslashreplace")

    def _free(self) -> Path:
        names = (self.path.with_name(f"{self.path.name}.{n}") for n in count(1))
        return next(name for name in names if not name.exists())

    def _failed(self, error: OSError) -> StoreError:
        return disk(
            error,
            f"The rejects file {self._part} cannot be written",
            advice="Free some space or name another place with --rejects; what was sent is sent.",
        )

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Put the file in its place; after an error what was written so far.

        But not in place of the file that was being read: its rest would be lost.
        """
        if self._file is None:
            return
        mending = self._source.file.path.resolve() == self.path.resolve()
        try:
            if error is not None and mending:
                self._file.close()
                self._part.unlink()
                return
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
            if not mending and self.path.exists() and not cmp(self._part, self.path, shallow=False):
                self.kept = self._free()
                self.path.rename(self.kept)
            self._part.replace(self.path)
        except OSError as failure:
            raise self._failed(failure) from failure
