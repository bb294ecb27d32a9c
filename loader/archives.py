"""A folder or a .zip of one: an archive is unpacked into a folder of its own, which is removed at the end.

An archive is somebody else's: what it says about its names and sizes is checked before and while it is unpacked.
"""

import errno
import gzip
import shutil
import stat
import zlib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path, PurePosixPath
from zipfile import BadZipFile, ZipFile, ZipInfo

from loader.csv_file import CHUNK, CsvFile, stem
from loader.errors import LoaderError
from loader.folders import TemporaryFolder

MOST_FILES = 10_000
# A real export packs to about a tenth of its size.
BOMB_BYTES, BOMB_RATIO = 100 << 20, 100
GZIP_BOMB_BYTES, GZIP_BOMB_RATIO = 1 << 30, 200
_KEEP_FREE = 100 << 20


@contextmanager
def opened(path: Path) -> Iterator[Path]:
    """The folder itself, or the folder that the archive's CSV files were unpacked into. LoaderError when unsafe."""
    if not (path.is_file() and path.name.lower().endswith(".zip")):
        yield path
        return
    with TemporaryFolder("zip") as folder:
        try:
            with ZipFile(path) as archive:
                _unpack(path, archive, Path(folder))
        except (BadZipFile, OSError, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
            raise LoaderError(f"{path}: cannot be unpacked ({error}). Copy or pack it again.") from error
        yield Path(folder)


@contextmanager
def unpacked(files: Sequence[CsvFile]) -> Iterator[list[CsvFile]]:
    """The files, the gzipped ones as plain copies, which the end removes. LoaderError when one cannot be unpacked."""
    packed = sorted({file.path for file in files if file.compressed}, key=lambda path: -path.stat().st_size)
    with TemporaryFolder("gz") as folder, ThreadPoolExecutor(2) as pool:
        targets = {path: Path(folder) / f"{number}.csv" for number, path in enumerate(packed)}
        for done in [pool.submit(_gunzip, path, target) for path, target in targets.items()]:
            done.result()
        yield [
            replace(file, path=targets[file.path], unpacked_from=file.path) if file.compressed else file
            for file in files
        ]


def _gunzip(path: Path, target: Path) -> None:
    size = 0
    try:
        with path.open("rb") as packed, gzip.GzipFile(fileobj=packed) as stream, target.open("wb") as out:
            while chunk := stream.read(CHUNK):
                size += len(chunk)
                refuse_bomb(path, size, packed.tell())
                out.write(chunk)
    except (OSError, EOFError, zlib.error) as error:
        if getattr(error, "errno", None) == errno.ENOSPC:
            raise LoaderError(
                f"{path}: unpacks to more than is free in {target.parent}. Set TMPDIR to a larger disk."
            ) from error
        raise LoaderError(
            f"{path}: cannot be read ({error}). Copy or export the file again; nothing of this load was kept."
        ) from error


def refuse_bomb(path: Path, size: int, packed: int) -> None:
    """LoaderError when so many bytes came out of so many of a gzipped file that it can be no export."""
    if size > GZIP_BOMB_BYTES and size > GZIP_BOMB_RATIO * packed:
        raise LoaderError(f"{path}: unpacks to more than {GZIP_BOMB_RATIO} times its size: refused.")


def _unpack(path: Path, archive: ZipFile, folder: Path) -> None:
    members = archive.infolist()
    if len(members) > MOST_FILES:
        raise LoaderError(f"{path}: {len(members):,} files are in it, no export has so many: refused.")
    for member in members:
        _refuse_unsafe(path, member)
    wanted = [member for member in members if _is_wanted(member)]
    _refuse_bomb(path, sum(member.file_size for member in wanted), sum(member.compress_size for member in wanted))
    free = shutil.disk_usage(folder).free - _KEEP_FREE
    if sum(member.file_size for member in wanted) > free:
        raise LoaderError(f"{path}: unpacks to more than is free in {folder.parent}. Set TMPDIR to a larger disk.")
    for member in wanted:
        target = folder.joinpath(*PurePosixPath(member.filename).parts)
        target.parent.mkdir(parents=True, exist_ok=True)
        _write(path, archive, member, target)


def _refuse_unsafe(path: Path, member: ZipInfo) -> None:
    name = member.filename.replace("\\", "/")
    parts = PurePosixPath(name).parts
    is_link = stat.S_ISLNK(member.external_attr >> 16)
    if name.startswith("/") or ".." in parts or (parts and ":" in parts[0]) or is_link:
        raise LoaderError(f"{path}: the entry {member.filename!r} leads out of the archive: refused.")
    if "\\" in member.filename and _is_wanted(member):
        raise LoaderError(f"{path}: the entry {member.filename!r} has a backslash in its name: refused.")


def _is_wanted(member: ZipInfo) -> bool:
    parts = PurePosixPath(member.filename).parts
    return bool(parts) and not member.is_dir() and "__MACOSX" not in parts and stem(Path(parts[-1])) is not None


def _refuse_bomb(path: Path, unpacked: int, packed: int) -> None:
    if unpacked > BOMB_BYTES and unpacked > BOMB_RATIO * packed:
        raise LoaderError(
            f"{path}: {packed:,} bytes unpack to {unpacked:,}, more than {BOMB_RATIO} times as many: refused."
        )


def _write(path: Path, archive: ZipFile, member: ZipInfo, target: Path) -> None:
    """Counts what really comes out: the sizes in the directory of an archive may lie."""
    written = 0
    with archive.open(member) as source, target.open("xb") as out:
        while chunk := source.read(CHUNK):
            written += len(chunk)
            if written > member.file_size:
                raise LoaderError(f"{path}: the entry {member.filename!r} is larger than the archive says: refused.")
            out.write(chunk)
