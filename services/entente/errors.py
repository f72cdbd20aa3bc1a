"""Everything that can go wrong, as one tree. Each error says what happened and what to do.

    EntenteError
    ├── UsageError            64  the command line makes no sense
    ├── InputError            65  data from outside is not what it must be
    │   ├── FileError         66  a file cannot be read
    │   ├── MappingError      65  a mapping file is wrong
    │   ├── AlertError        65  an alert breaks a rule of the record
    │   ├── WireError         65  bytes break the wire format
    │   └── ProofError        65  a proof, checkpoint or signature does not hold
    ├── BusError              69  Kafka
    │   ├── BrokerUnreachable 69  (temporary) no broker answers
    │   ├── BrokerRefused     77  the broker knows us and says no
    │   ├── TopicMissing      69  (temporary) the topic is not there
    │   └── BrokerFailed      70  the broker in a box does not start or stay up
    ├── StoreError            74  a local store
    │   ├── StoreFull         74  (temporary) no space left
    │   └── StoreBusy         75  (temporary) another process holds it
    ├── TrustError            77  register, keys, certificates
    │   ├── UnknownParty      77  the register does not know this administration
    │   ├── KeyMissing        77  no private key or certificate where it should be
    │   └── CertificateError  77  a certificate is expired, not yet valid or for someone else
    └── ConfigError           78  the configuration is wrong

The number is the exit code, by BSD ``sysexits.h``.
"""

import errno
from typing import ClassVar


class EntenteError(Exception):
    """Base of all. ``str()`` is one sentence; ``advice`` is what the reader can do about it.

    ``temporary`` tells whether the same call may succeed later without anybody changing it.
    """

    exit_code: ClassVar[int] = 70
    temporary: ClassVar[bool] = False
    advice: str = "Report this with the log file: it should not happen."

    def __init__(self, message: str, *, advice: str | None = None) -> None:
        super().__init__(message)
        if advice is not None:
            self.advice = advice


class UsageError(EntenteError):
    """The command line makes no sense."""

    exit_code = 64
    advice = "See --help for the options and examples."


class InputError(EntenteError):
    """Data from outside is not what it must be."""

    exit_code = 65
    advice = "Mend the input and try again."


class FileError(InputError):
    """A file cannot be read."""

    exit_code = 66
    advice = "Check the path and that you may read it."


class MappingError(InputError):
    """A mapping file is wrong."""

    advice = "Mend the mapping file; `entente publish --dry-run` checks it without sending."


class AlertError(InputError):
    """An alert breaks a rule of the record."""


class WireError(InputError):
    """Bytes break the wire format."""

    advice = "Keep the bytes and report them to their issuer."


class ProofError(InputError):
    """A proof, checkpoint or signature does not hold."""

    advice = "Keep the bytes and report them to their issuer."


class BusError(EntenteError):
    """Something is wrong with Kafka."""

    exit_code = 69
    advice = "See `entente broker status` and the broker's log."


class BrokerUnreachable(BusError):
    """No broker answers."""

    temporary = True
    advice = "Start it (`entente broker up`) or check `kafka.bootstrap` in the configuration."


class BrokerRefused(BusError):
    """The broker knows us and says no."""

    exit_code = 77
    advice = "Ask the network's secretariat for this right; nothing was sent."


class TopicMissing(BusError):
    """The topic is not on the broker."""

    temporary = True
    advice = "Create the topics with `entente broker provision`."


class BrokerFailed(BusError):
    """The broker in a box does not start or stay up."""

    exit_code = 70


class StoreError(EntenteError):
    """Something is wrong with a local store."""

    exit_code = 74
    advice = "Check the disk; every store can be deleted and rebuilt from the log."


class StoreFull(StoreError):
    """No space left for a local store."""

    temporary = True
    advice = "Free some space and start again: nothing was lost."


FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""How a system says that a disk, a quota, or what a file may hold is used up."""


def disk(error: OSError, sentence: str, *, advice: str | None = None) -> StoreError:
    """What could not be done for ``error``, and why: StoreFull if for want of space."""
    kind = StoreFull if error.errno in FULL else StoreError
    return kind(f"{sentence}: {error.strerror or error}.", advice=advice)


class StoreBusy(StoreError):
    """Another process holds the store."""

    exit_code = 75
    temporary = True
    advice = "Stop the other process that uses it, or wait for it to end."


class TrustError(EntenteError):
    """Register, keys or certificates are not what they must be."""

    exit_code = 77
    advice = "Ask the network's secretariat."


class UnknownParty(TrustError):
    """The register does not know this administration."""

    advice = "Check the id; `entente network show` lists who is enrolled."


class KeyMissing(TrustError):
    """There is no private key or certificate where it should be."""

    advice = "Enrol this administration, or point `home` to where its keys are."


class CertificateError(TrustError):
    """A certificate is expired, not yet valid, or another's."""

    advice = "Ask the network's secretariat for a new certificate."


class ConfigError(EntenteError):
    """The configuration is wrong."""

    exit_code = 78
    advice = "Mend the setting; unknown keys are refused so that a typing slip cannot pass."
