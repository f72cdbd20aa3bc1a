"""The broker's jars: exactly those of the lock file, each checked by its SHA-256 before use.

The lock file holds Maven coordinates and hashes, no addresses: jgo fetches from Maven Central, or
from the mirrors in the user's own ``jgo.conf`` (section ``[repositories]``).
"""

import hashlib
import tempfile
from pathlib import Path

import requests
from jgo.config import GlobalSettings
from jgo.constants import MAVEN_CENTRAL_URL
from jgo.env import LockedDependency, LockFile
from jgo.maven import MavenContext
from rich.console import Console
from rich.progress import track

from entente.errors import BrokerFailed, disk

LOCK = Path(__file__).parent / "broker" / "jgo.lock.toml"


def jars(lock: Path = LOCK, cache: Path | None = None) -> list[Path]:
    """Return the jars of ``lock``, in its order, from ``cache``; fetch those not there yet.

    A jar enters the cache whole and checked, so an interrupted download goes on where it stopped,
    and once all are there no network is needed. What lies in the cache is checked each time.
    Raises BrokerFailed (a hash differs, nothing can be fetched), StoreFull, StoreError.
    """
    settings = GlobalSettings.load()
    folder = cache or settings.cache_dir / "entente"
    locked = {
        folder / f"{jar.artifactId}-{jar.version}.{jar.packaging}": jar
        for jar in LockFile.load(lock).dependencies
    }
    try:
        missing = [path for path in locked if not path.exists()]
        if missing:
            folder.mkdir(parents=True, exist_ok=True)
            sources = {**settings.repositories}
            sources.setdefault("central", MAVEN_CENTRAL_URL)
            with tempfile.TemporaryDirectory(prefix=".part-", dir=folder) as part:
                maven = MavenContext(repo_cache=Path(part), remote_repos=sources, timeout=60)
                for path in track(missing, "Fetching Kafka", console=Console(stderr=True)):
                    _fetch(maven, locked[path], path)
        for path, jar in locked.items():
            _check(path, jar.sha256)
    except OSError as error:
        raise disk(error, f"cannot keep the broker's jars in {folder}") from error
    return list(locked)


def _fetch(maven: MavenContext, jar: LockedDependency, path: Path) -> None:
    component = maven.project(jar.groupId, jar.artifactId).at_version(jar.version)
    try:
        found = component.artifact(jar.classifier or "", jar.packaging).resolve()
    except (requests.RequestException, RuntimeError) as error:
        raise BrokerFailed(
            f"{path.name} cannot be fetched: {str(error).splitlines()[0]}",
            advice="Check the network, or name a mirror in jgo.conf, and run it again:"
            " what has arrived is kept.",
        ) from error
    _check(found, jar.sha256)
    found.replace(path)


def _check(path: Path, sha256: str | None) -> None:
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != sha256:
        raise BrokerFailed(
            f"{path} is not the jar that the lock file names: SHA-256 {found}, not {sha256}",
            advice="Delete the file and run it again; if it comes back so, do not use its source.",
        )
