"""What an inbox holds of each lane: what it relies upon, and what it has but refused."""

from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from entente.bus.arrivals import View
from entente.bus.inbox import LEAF, VERSION, said
from entente.bus.reception import HELD, Held, held
from entente.errors import WireError
from entente.proof.record import Record
from entente.wire.envelope import decode_envelope
from entente.wire.names import parse_record_key

_held = msgspec.msgpack.Decoder(Held)


class Holding(NamedTuple):
    """A record's place in its issuer's lane. Holdings sort as lanes do."""

    administration: str
    topic: str
    lane: int
    number: int
    """Index in the lane."""
    key: bytes
    """Where it is held."""


def relied_upon(view: View) -> Iterator[Holding]:
    """Every record that an inbox relies upon, in no particular order."""
    for leaf, version in view.scan(LEAF):
        topic, key, _ = leaf[:-8].split(b"\0")
        index = int.from_bytes(leaf[-8:], "big")
        for one in said(view.get(VERSION, version) or msgspec.msgpack.encode([])):
            if (one.topic.encode(), one.lane, one.index) == (topic, key, index):
                yield Holding(*_lane(key, one.topic), index, one.place)


def refused(view: View) -> Iterator[Holding]:
    """Every record that an inbox holds and does not rely upon, as far as it names a place."""
    for key, value in view.scan(HELD):
        found = _held.decode(value)
        if found.refused is None:
            continue
        topic, record_key = found.lane(key)
        try:
            lane = _lane(record_key or b"", topic)
            yield Holding(*lane, decode_envelope(found.value or b"").index, key)
        except WireError:
            continue


def record(view: View, holding: Holding) -> Record:
    """The record, as it came."""
    return held(view, holding.key)


def _lane(key: bytes, topic: str) -> tuple[str, str, int]:
    administration, lane = parse_record_key(key)
    return administration, topic, lane
