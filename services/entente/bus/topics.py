"""The topics of a network, as data. To change one, change its line in the table.

Retention counts from the moment that the broker stored a record, not from a time that a publisher
claims: a clock that lies cannot make a record vanish early.
"""

from typing import Literal

import msgspec

from entente.wire.names import GRANTS, REGIONS

REGISTER, QUARANTINE = "register", "quarantine"
CORRELATOR = "correlator."
"""What the names of the correlator's own topics begin with."""

_HOUR, _DAY = 3_600_000, 86_400_000
_MIB = 1 << 20
_FRAME = 1_048_588
"""Kafka's own default: a value of 900,000 bytes with its key, headers and frame."""


class Topic(msgspec.Struct, frozen=True):
    """A topic: ``days`` it keeps a record, None for ever; or the last record of each key."""

    name: str
    partitions: int
    cleanup: Literal["delete", "compact"]
    days: int | None
    limit: int = _FRAME
    """Bytes of a batch."""

    @property
    def config(self) -> dict[str, str]:
        """Return Kafka's topic configuration."""
        found = {
            "cleanup.policy": self.cleanup,
            "max.message.bytes": str(self.limit),
            "message.timestamp.type": "LogAppendTime",
        }
        if self.cleanup == "delete":
            found["retention.ms"] = str(-1 if self.days is None else self.days * _DAY)
        else:
            # Who was away for a month still learns what was withdrawn.
            found["delete.retention.ms"] = str(31 * _DAY)
            # What was replaced or cleared, such as a wrapped key, is gone after an hour (KIP-354),
            # or when the next record comes. Kafka's own default is never, for a quiet topic.
            found["max.compaction.lag.ms"] = str(_HOUR)
        return found


def _regional(family: str, partitions: int, days: int) -> list[Topic]:
    return [Topic(f"{family}.{region}", partitions, "delete", days) for region in REGIONS]


_YEARS = 5 * 366
"""The longest that Regulation (EC) 515/97 keeps such data without a further decision."""

TOPICS: tuple[Topic, ...] = (
    #                         partitions, cleanup, days
    *_regional("alerts",               3, _YEARS),
    *_regional("proposals",            1, _YEARS),
    *_regional("decisions",            1, _YEARS),
    *_regional("receipts",             1, _YEARS),
    Topic(GRANTS,                      1, "compact", None),
    Topic(REGISTER,                    1, "compact", None),
    Topic(QUARANTINE,                  1, "delete",  366, limit=2 * _MIB),
    Topic(f"{CORRELATOR}versions",     3, "delete",  2 * 366),
    Topic(f"{CORRELATOR}keys",         3, "delete",  2 * 366),
    Topic(f"{CORRELATOR}links",        1, "compact", None),
    Topic(f"{CORRELATOR}frequencies",  1, "compact", None),
    Topic(f"{CORRELATOR}cases",        1, "compact", None),
    Topic(f"{CORRELATOR}redo",         1, "delete",  7),
)  # fmt: skip
