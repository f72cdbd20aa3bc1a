"""Who meets whom: an inverted index, from keys and values to the alerts that have them.

Most keys are of one alert alone and cost it one entry. What several share is a *posting*; an alert
knows its own, so whom it meets is read off these without looking at its other keys.
"""

from collections.abc import Collection, Iterable, Iterator

from entente.correlate.weigh.keys import breadth, names, weak


class Posting:
    """The alerts, two or more, that share one key."""

    __slots__ = ("_most", "names", "open", "served", "subjects", "weak")

    def __init__(self, key: str, most: int, one: str, other: str, *, served: bool) -> None:
        self.subjects = {one, other}
        self.names = names(key)
        """It says who or what, not only how."""
        self.weak = weak(key)
        """It takes two of these to make a pair."""
        self._most = most
        self.served = served
        self.open = not served
        """Whether it proposes anybody: neither hot nor of who serves everybody."""

    def judge(self) -> bool:
        """Whether it opens or closes, now that alerts have come, gone, or are served."""
        before, self.open = self.open, len(self.subjects) <= self._most and not self.served
        return before != self.open


class Holders:
    """The alerts by value."""

    def __init__(self) -> None:
        self._at: dict[str, str | set[str]] = {}

    def of(self, value: str) -> Collection[str]:
        """Every alert that has a value."""
        held = self._at.get(value, ())
        return (held,) if isinstance(held, str) else held

    def add(self, subject: str, values: Iterable[str]) -> None:
        """Note that an alert has these."""
        for value in values:
            held = self._at.setdefault(value, subject)
            if isinstance(held, set):
                held.add(subject)
            elif held != subject:
                self._at[value] = {held, subject}

    def drop(self, subject: str, values: Iterable[str]) -> None:
        """Forget that it has."""
        for value in values:
            held = self._at[value]
            if isinstance(held, str):
                del self._at[value]
                continue
            held.discard(subject)
            if len(held) == 1:
                self._at[value] = held.pop()


class Index:
    """The alerts by key, and the postings of each alert. ``hot``: more of a key propose nobody."""

    def __init__(self, hot: int) -> None:
        self._hot = hot
        self._at: dict[str, str | Posting] = {}
        self._of: dict[str, list[Posting]] = {}
        self._served: Collection[str] = ()

    def __len__(self) -> int:
        return len(self._at)

    def add(self, subject: str, keys: Iterable[str]) -> Iterator[Posting]:
        """Put an alert under its keys; the postings that are closed now and were not."""
        mine = self._of[subject] = []
        for key in keys:
            held = self._at.get(key)
            if held is None:
                self._at[key] = subject
                continue
            if isinstance(held, str):
                most, served = breadth(key, self._hot), key in self._served
                posting = self._at[key] = Posting(key, most, held, subject, served=served)
                self._of[held].append(posting)
            else:
                posting = held
                posting.subjects.add(subject)
                if posting.judge():
                    yield posting
            mine.append(posting)

    def drop(self, subject: str, keys: Iterable[str]) -> Iterator[Posting]:
        """Take an alert away from its keys; the postings that are open now and were not."""
        del self._of[subject]
        for key in keys:
            held = self._at[key]
            if isinstance(held, str):
                del self._at[key]
                continue
            held.subjects.discard(subject)
            if held.judge():
                yield held
            if len(held.subjects) == 1:
                (last,) = held.subjects
                self._of[last].remove(held)
                self._at[key] = last

    def serve(self, changed: Iterable[str], served: Collection[str]) -> None:
        """Take ``served`` for the keys of who serves everybody; of these, some have changed."""
        self._served = served
        for key in changed:
            held = self._at.get(key)
            if isinstance(held, Posting):
                held.served = key in served
                held.judge()

    def of(self, key: str) -> Collection[str]:
        """Every alert that has a key."""
        held = self._at.get(key, ())
        return held.subjects if isinstance(held, Posting) else (held,) if held else ()

    def opens(self, key: str) -> bool:
        """Whether alerts meet under a key."""
        held = self._at.get(key)
        return isinstance(held, Posting) and held.open

    def near(self, subject: str) -> set[str]:
        """Who shares a party, a thing or a word of a name with an alert; itself may be among them.

        Fewer than it meets in one way, more in another: one weak key is enough.
        """
        found: set[str] = set()
        for posting in self._of[subject]:
            if posting.open and posting.names:
                found |= posting.subjects
        return found

    def meet(self, subject: str) -> set[str]:
        """Whom an alert meets; itself may be among them."""
        met: set[str] = set()
        once: set[str] = set()
        for posting in self._of[subject]:
            if not posting.open:
                continue
            if posting.weak:
                met |= once & posting.subjects
                once |= posting.subjects
            else:
                met |= posting.subjects
        return met

    def meets(self, one: str, other: str) -> bool:
        """Whether two alerts meet."""
        weakly = False
        for posting in self._of[one]:
            if posting.open and other in posting.subjects:
                if weakly or not posting.weak:
                    return True
                weakly = True
        return False
