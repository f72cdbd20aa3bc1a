"""Heads by subject, as bytes: a record takes five times as much, and few are looked at again."""

from collections.abc import Iterator, MutableMapping

import msgspec

from entente.correlate.head import Head

_RECENT = 1024
"""Heads that are kept as they are: those that came or were looked at last."""
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Head).decode


class Packed(MutableMapping[str, Head]):
    """A dictionary of heads. What is taken out equals what was put in."""

    def __init__(self) -> None:
        self._packed: dict[str, bytes] = {}
        self._recent: dict[str, Head] = {}

    def __getitem__(self, subject: str) -> Head:
        head = self._recent.get(subject)
        if head is None:
            head = _decode(self._packed[subject])
            self._remember(subject, head)
        return head

    def __setitem__(self, subject: str, head: Head) -> None:
        self._packed[subject] = _encode(head)
        self._remember(subject, head)

    def __delitem__(self, subject: str) -> None:
        del self._packed[subject]
        self._recent.pop(subject, None)

    def __iter__(self) -> Iterator[str]:
        return iter(self._packed)

    def __len__(self) -> int:
        return len(self._packed)

    def __contains__(self, subject: object) -> bool:
        return subject in self._packed

    def _remember(self, subject: str, head: Head) -> None:
        if len(self._recent) >= _RECENT:
            self._recent.clear()
        self._recent[subject] = head
