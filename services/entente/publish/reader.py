"""Open a national file: what it is by its first bytes, then a stream of rows.

CSV, Excel (.xlsx) and JSON Lines, plain or packed by gzip, bzip2 or xz. Memory does not grow with
the file. A file that is no such thing is a `FileError`; a row that is broken is a `Row` with a
``fault``, so that the rows around it can go on.
"""

import io
import stat
from pathlib import Path

from entente.errors import FileError
from entente.publish import lines, sheet, table
from entente.publish.inflate import FORMATS, Inflated
from entente.publish.row import Dialect, File, Source


def open_source(path: Path, dialect: Dialect) -> Source:
    """Open ``path`` and read its header. Raises FileError if it cannot be a table."""
    raw = _open(path)
    try:
        size = path.stat().st_size
        stream: io.BufferedReader = raw
        for magic, (name, make) in FORMATS.items():
            if raw.peek(8).startswith(magic):
                stream = io.BufferedReader(Inflated(raw, name, make), 256 * 1024)
        start = stream.peek(64)
        if not start:
            raise FileError(f"{path} is empty.", advice="Export the file again: it has no header.")
        file = File(path, dialect, size, raw, stream)
        if start.startswith(b"PK\x03\x04"):
            if stream is not raw:
                raise FileError(
                    f"{path} is a packed Excel file.", advice="Unpack it: .xlsx is packed already."
                )
            return sheet.open_sheet(file)
        _refuse_foreign(path, start)
        text = start.removeprefix(b"\xef\xbb\xbf").lstrip()
        if text.startswith((b"{", lines.FIRST_COMMENT)):
            return lines.open_lines(file)
        return table.open_table(file)
    except OSError as error:
        raw.close()
        raise FileError(f"{path} cannot be read: {error.strerror or error}.") from error
    except BaseException:
        raw.close()
        raise


def _open(path: Path) -> io.BufferedReader:
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise FileError(f"{path} is a directory.", advice="Name one file, each in turn.")
        if not stat.S_ISREG(mode):
            raise FileError(f"{path} is not a regular file.", advice="Save it to a file first.")
        return io.BufferedReader(io.FileIO(path), 256 * 1024)
    except FileNotFoundError as error:
        raise FileError(f"There is no file {path}.") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise FileError(f"{path} cannot be opened: {reason}.") from error


def _refuse_foreign(path: Path, start: bytes) -> None:
    foreign = {
        b"\xd0\xcf\x11\xe0": ("an old or password-protected Excel file", "Save it as .xlsx or CSV"),
        b"%PDF": ("a PDF", "Ask for the table itself, as CSV or .xlsx"),
        b"\xff\xfe": ("in UTF-16", "Save it as CSV in UTF-8"),
        b"\xfe\xff": ("in UTF-16", "Save it as CSV in UTF-8"),
        b"7z\xbc\xaf": ("a 7z archive", "Unpack it first"),
        b"[": ("a JSON array", "Write one JSON object per line (JSON Lines)"),
        b"<": ("XML or HTML", "Export it as CSV, .xlsx or JSON Lines"),
    }
    for magic, (what, repair) in foreign.items():
        if start.startswith(magic):
            raise FileError(f"{path} is {what}.", advice=f"{repair}.")
