"""What a file is known by when it comes again."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from loader.csv_file import sha256


class Fingerprints:
    """The sha256 of each file, made two at a time beside other work; whoever asks for one waits for it."""

    def __init__(self, paths: Iterable[Path]) -> None:
        self._pool = ThreadPoolExecutor(2)
        self._digests = {path: self._pool.submit(sha256, path) for path in paths}

    def __enter__(self) -> "Fingerprints":
        return self

    def __exit__(self, *error: object) -> None:
        self._pool.shutdown(cancel_futures=True)

    def __getitem__(self, path: Path) -> str:
        return self._digests[path].result()
