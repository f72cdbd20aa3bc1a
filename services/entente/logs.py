"""Structured logs: JSON lines for machines, a console for people, nothing that must stay sealed."""

import logging
import sys
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any, TextIO

import structlog

from entente.config import Log
from entente.errors import disk

SEALED = frozenset(
    {"nominal", "parties", "persons", "sealed", "content_key", "community_key", "private_key",
     "passphrase", "password", "ciphertext", "link_tokens"}
)  # fmt: skip
"""Keys whose values never reach a log, however deep they lie."""
REDACTED = "[sealed]"
REPEAT = 30.0
"""Seconds in which a library may say the same thing once."""
_TALKATIVE = "aiokafka"


def redact(value: Any) -> Any:
    """``value`` with sealed fields and raw bytes replaced; mappings and sequences are walked."""
    if isinstance(value, MutableMapping):
        return {k: REDACTED if k in SEALED else redact(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [redact(v) for v in value]
    if isinstance(value, (bytes, bytearray, memoryview)):
        return f"[{len(value)} bytes]"
    return value


def _redact(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    return {k: REDACTED if k in SEALED else redact(v) for k, v in event.items()}


class Sparing(logging.Filter):
    """Lets a library say the same thing once in ``REPEAT`` seconds, and then how often it did.

    A Kafka client tells of a broker that is away many times a second, in each of its connections.
    What counts is the message before its arguments are filled in.
    """

    def __init__(self) -> None:
        super().__init__()
        self._said: dict[tuple[str, str], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether to let it through; errors are, always."""
        if not record.name.startswith(_TALKATIVE) or record.exc_info:
            return True
        key = (record.name, str(record.msg))
        since, more = self._said.get(key, (-REPEAT, 0))
        if record.created - since < REPEAT:
            self._said[key] = (since, more + 1)
            return False
        self._said[key] = (record.created, 0)
        if more:
            record.msg = f"{record.getMessage()} ({more} more like it since the last)"
            record.args = ()
        return True


class _File(logging.FileHandler):
    """A log that cannot be written stops no work; it is said once, without a traceback."""

    told = False

    def handleError(self, record: logging.LogRecord) -> None:
        if not self.told:
            self.told = True
            reason = getattr(sys.exception(), "strerror", None) or "it cannot be encoded"
            sys.stderr.write(f"warning: the log {self.baseFilename} is incomplete: {reason}\n")


def _file(path: Path) -> logging.FileHandler:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return _File(path, encoding="utf-8")
    except OSError as error:
        raise disk(
            error,
            f"The log {path} cannot be written",
            advice="Free some space, or check that you may write there.",
        ) from error


def setup(settings: Log, file: Path | None = None, stream: TextIO | None = None) -> None:
    """Start logging to ``file`` (JSON lines, appended) or else to ``stream`` (stderr).

    The standard library's loggers, those of our libraries, go the same way. Call again to change.
    Raises StoreError: the file cannot be opened.
    """
    target = stream or sys.stderr
    console = settings.format == "console" or (settings.format == "auto" and target.isatty())
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _redact,
    ]
    renderer: list[structlog.typing.Processor] = (
        [structlog.dev.ConsoleRenderer()]
        if console and file is None
        else [structlog.processors.dict_tracebacks, structlog.processors.JSONRenderer()]
    )
    handler = logging.StreamHandler(target) if file is None else _file(file)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderer],
        )
    )
    handler.addFilter(Sparing())
    root = logging.getLogger()
    for old in root.handlers[:]:
        root.removeHandler(old)
        old.close()
    root.addHandler(handler)
    root.setLevel(settings.level.upper())
    logging.getLogger("tuf").setLevel("WARNING")  # it tells of each officer who need not sign
    if settings.level == "info":  # it tells of each subscription
        logging.getLogger(_TALKATIVE).setLevel("WARNING")
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
