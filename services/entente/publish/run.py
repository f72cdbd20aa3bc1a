"""One pass over a national file: open it, map it, count it, and set aside what cannot be sent."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from types import TracebackType

from entente import clock
from entente.alert.problem import Problem, shown
from entente.errors import AlertError, EntenteError, MappingError
from entente.publish.importer import Reject, results
from entente.publish.mapper import Mapper
from entente.publish.mapping import Mapping
from entente.publish.reader import open_source
from entente.publish.rejects import Rejects
from entente.publish.report import Report
from entente.publish.submission import Submission
from entente.publish.table import OWN, check_wanted

Progress = Callable[[int, int, Report], None]
"""Called now and then with the bytes of the file read, its size, and the report so far."""
EVERY = 500
"""Rows between two calls."""


class Run(AbstractContextManager["Run"]):
    """Iterate to get the submissions; the rest goes to ``report`` and to the file of rejects.

        with Run(path, mapping, "JP", rejects=Path("rejects.csv")) as run:
            for submission in run: ...
        run.report

    Raises FileError if the file is not a table, and MappingError if the mapping is not for it.
    """

    def __init__(
        self,
        path: Path,
        mapping: Mapping,
        administration: str | None,
        *,
        rejects: Path | None = None,
        progress: Progress | None = None,
    ) -> None:
        self.report = Report()
        self._now = clock.now()
        self._stack = ExitStack()
        self._mapper = Mapper(mapping)
        self._administration = administration
        self._progress = progress
        with self._stack as stack:
            self._source = stack.enter_context(open_source(path, mapping.dialect))
            if self._source.form != "jsonl":
                if mapping.alerts:
                    raise MappingError(
                        "A table needs a mapping with `fields`; only JSON Lines hold whole alerts."
                    )
                check_wanted(path, self._source.columns, mapping.columns)
                self.report.unread = tuple(
                    name
                    for name in self._source.columns
                    if name and not name.startswith(OWN) and name not in mapping.columns
                )
            self._rejects = stack.enter_context(Rejects(rejects, self._source)) if rejects else None
            self._stack = stack.pop_all()

    def __iter__(self) -> Iterator[Submission]:
        """Read on; once through."""
        source = self._source
        for count, result in enumerate(
            results(source, self._mapper, self._administration, self._now)
        ):
            self.report.add(result)
            if isinstance(result, Submission):
                yield result
            elif isinstance(result, Reject) and self._rejects is not None:
                self._rejects.add(result)
            if self._progress is not None and count % EVERY == 0:
                self._progress(source.file.position(), source.file.size, self.report)
        self.report.coverage = self._mapper.coverage
        if self._progress is not None:
            self._progress(source.file.size, source.file.size, self.report)

    @property
    def kept(self) -> Path | None:
        """Where an earlier file of rejects has gone to make room for ours, once we are closed."""
        return self._rejects.kept if self._rejects else None

    def set_aside(self, submission: Submission, error: EntenteError) -> None:
        """Count as rejected what was accepted here and refused later, and keep its row.

        To be called before the run is closed, for each of ``Published.refused``.
        """
        said = isinstance(error, AlertError)
        problem = Problem(
            "/national_ref" if said else "",
            shown(submission.national_ref),
            str(error),
            error.advice,
            "duplicate" if said else "contradiction",
        )
        reject = Reject(submission.row, (problem,), submission.original)
        self.report.accepted -= 1
        self.report.administrations[submission.administration] -= 1
        self.report.add(reject)
        if self._rejects is not None:
            self._rejects.add(reject)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close the file and put the rejects in their place."""
        self._stack.__exit__(kind, error, traceback)


def dry_run(
    path: Path, mapping: Mapping, administration: str | None, progress: Progress | None = None
) -> Report:
    """What publishing would do, without doing it."""
    with Run(path, mapping, administration, progress=progress) as run:
        for _ in run:
            pass
    return run.report
