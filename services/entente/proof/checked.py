"""Checkpoints whose signatures were checked: each is checked once, however many leaves it proves.

Only success is remembered, under the whole text, and only for the very register entry it was
checked with. So nobody without a key can put anything in, and a changed register asks again.
"""

from collections.abc import Mapping
from typing import NamedTuple

from entente.proof import note
from entente.proof.checkpoint import Checkpoint, Signed
from entente.proof.keyring import Key, Party, Witness
from entente.proof.merkle import Tree

MAX_CHECKED = 1_024
"""Checkpoints remembered, of at most 16 KiB each."""


class Checked(NamedTuple):
    """A checkpoint that its issuer signed, with what a reader asks of it for each leaf."""

    signed: Signed
    party: Party
    witnesses: Mapping[str, tuple[Witness, ...]]
    key: Key
    tree: Tree

    @property
    def checkpoint(self) -> Checkpoint:
        """The head of the lane."""
        return self.signed.checkpoint


class CheckedCheckpoints:
    """A bounded memory of checked checkpoints by their text; the oldest makes room."""

    def __init__(self) -> None:
        self._by_text: dict[str, Checked] = {}

    def get(self, text: str) -> Checked | None:
        """What was found for this text, for whatever register."""
        return self._by_text.get(text)

    def put(self, text: str, checked: Checked) -> None:
        """Remember a success."""
        while len(self._by_text) >= MAX_CHECKED:
            del self._by_text[next(iter(self._by_text))]
        self._by_text[text] = checked


def issuer_key(signed: Signed, party: Party) -> Key | None:
    """The party's key that the issuer's line names, and that signed if any did."""
    line = signed.issuer
    named = [k for k in party.keys if line.key_id == note.key_id(line.name, k.public)]
    good = (key for key in named if note.verify(signed.note, line, key.public))
    return next(good, named[0] if named else None)


def bad_witness(signed: Signed, witnesses: Mapping[str, tuple[Witness, ...]]) -> str | None:
    """The name of a known witness whose line does not hold, if there is one."""
    for line in signed.note.lines:
        for one in witnesses.get(line.name, ()):
            if note.is_by(line, one.public) and not note.verify(signed.note, line, one.public):
                return line.name
    return None
