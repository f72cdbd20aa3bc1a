"""What a reader trusts of root and register, and how it follows their versions. A pure value.

A reader keeps its chain between runs: only so can it notice that it is shown an older register
than before (rollback), one of another history (mix), or none newer than an expired one (freeze).
"""

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from entente.errors import TrustError
from entente.trust import metadata
from entente.trust.register import FIELD, Register

_KEY = re.compile(r"(root|register)/([1-9][0-9]{0,8})")
_OTHERS = "Somebody may be showing you other files than others see: ask the network's secretariat."


class Chain(NamedTuple):
    """The newest root and register that a reader has verified, as files."""

    root: bytes
    register: bytes | None = None

    def follow(self, entries: Mapping[str, bytes], now: int) -> "Chain":
        """Return the chain after ``entries``, keyed ``root/<version>`` and ``register/<version>``.

        These are the records of the ``register`` topic or the files of a folder; entries older
        than the chain do no harm. Every version in between is asked for: the newest register is
        checked by signature, those before it by the hash that their successor names. Raises
        TrustError, and the chain as it was goes on to hold.
        """
        roots, registers = _sorted(entries)
        start = metadata.newest_root(self.root)
        _same(self.root, roots.get(start.version, self.root), f"root {start.version}")
        newest, later = start.version, []
        while newest + 1 in roots:
            newest += 1
            later.append(roots[newest])
        if roots and max(roots) > newest:
            raise TrustError(
                f"root {newest + 1} is missing, root {max(roots)} is there",
                advice="Fetch every version; none is ever taken away.",
            )
        last = max(registers, default=0)
        register = self.register
        if last:
            self._continues(registers, last)
            register = registers[last]
        if register is None:
            raise TrustError("there is no register yet")
        found = Register.load(self.root, register, now, roots=later)
        if last and found.version != last:
            raise TrustError(f"register/{last} holds version {found.version}", advice=_OTHERS)
        return Chain(later[-1] if later else self.root, register)

    def load(self, now: int) -> Register:
        """Return the register. Raises TrustError if it has expired or there is none."""
        if self.register is None:
            raise TrustError("there is no register yet")
        return Register.load(self.root, self.register, now)

    def before(self, entries: Mapping[str, bytes]) -> Iterator[tuple[int, bytes]]:
        """The registers that came before, newest first, each by the hash that its successor names.

        It ends where one is missing. Raises TrustError: one is another than its successor names.
        """
        registers = _sorted(entries)[1]
        later = metadata.parse(self.register) if self.register is not None else None
        while later is not None and later.version - 1 in registers:
            version = later.version - 1
            earlier = metadata.parse(registers[version])
            if earlier.version != version or _previous(later) != earlier.digest.hex():
                raise TrustError(
                    f"register {version} is not the one that register {version + 1} names",
                    advice=_OTHERS,
                )
            yield version, registers[version]
            later = earlier

    def _continues(self, registers: dict[int, bytes], last: int) -> None:
        if self.register is None:
            return
        known = metadata.parse(self.register)
        if last < known.version:
            raise TrustError(
                f"register {known.version} was here before, now only {last} is shown",
                advice=_OTHERS,
            )
        shown = registers.get(known.version, self.register)
        _same(self.register, shown, f"register {known.version}")
        digest = known.digest.hex()
        for version in range(known.version + 1, last + 1):
            if version not in registers:
                raise TrustError(
                    f"register {version} is missing between {known.version} and {last}",
                    advice="Fetch every version; none is ever taken away.",
                )
            document = metadata.parse(registers[version])
            if document.version != version or _previous(document) != digest:
                raise TrustError(
                    f"register {version} does not follow register {version - 1} as it was here",
                    advice=_OTHERS,
                )
            digest = document.digest.hex()


def _previous(document: metadata.Document) -> object:
    content = document.content.get(FIELD)
    return content.get("previous") if isinstance(content, dict) else None


def _sorted(entries: Mapping[str, bytes]) -> tuple[dict[int, bytes], dict[int, bytes]]:
    found: dict[str, dict[int, bytes]] = {"root": {}, "register": {}}
    for key, data in entries.items():
        match = _KEY.fullmatch(key)
        if match is None:
            raise TrustError(f"{key!r} is not a key of the register topic", advice=_OTHERS)
        found[match[1]][int(match[2])] = data
    return found["root"], found["register"]


def _same(known: bytes, shown: bytes, what: str) -> None:
    if metadata.parse(known).digest != metadata.parse(shown).digest:
        raise TrustError(f"{what} is another than was here before", advice=_OTHERS)
