"""Exports and vocabularies in a .zip, and archives that mean harm."""

import stat
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import pytest

from loader import archives
from loader.errors import LoaderError
from tests.loader.command_line import fail, first_names, query, succeed
from tests.loader.exports import ANN, BEN, CONDITIONS, condition, export, patient, write
from tests.loader.test_vocabulary import athena

Environment = Mapping[str, str]


@pytest.fixture(autouse=True)
def _nothing_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    yield
    assert list(scratch.iterdir()) == []


def packed(folder: Path, archive: Path, prefix: str = "") -> Path:
    with ZipFile(archive, "w", ZIP_DEFLATED) as target:
        for path in sorted(folder.rglob("*")):
            target.write(path, f"{prefix}{path.relative_to(folder)}")
    return archive


@pytest.mark.parametrize("prefix", ["", "csv/", "output/csv/2026_01_31T10_00_00Z/"])
def test_an_export_in_an_archive_loads_like_its_folder(
    engine_environment: Environment, tmp_path: Path, prefix: str
) -> None:
    suffix = ".csv.gz" if prefix else ".csv"
    folder = export(tmp_path / "export", patient(ANN), patient(BEN, first="Ben"), suffix=suffix)
    archive = packed(folder, tmp_path / "export.ZIP", prefix)
    succeed(engine_environment, "load", archive)
    assert first_names(engine_environment) == ["Ann", "Ben"]
    assert query(engine_environment, "select source from etl.load_batch") == [(str(archive),)]
    # The same files without the archive are known.
    assert "loaded already" in succeed(engine_environment, "load", folder)


def test_a_vocabulary_in_an_archive(engine_environment: Environment, tmp_path: Path) -> None:
    archive = packed(athena(tmp_path / "athena"), tmp_path / "vocabulary.zip", "vocabulary_download_v5/")
    succeed(engine_environment, "vocabulary", archive)
    assert query(engine_environment, "select count(*) from raw_vocabulary.concept") == [(2,)]


@pytest.mark.parametrize(
    "name",
    ["../patients.csv", "csv/../../patients.csv", "/tmp/patients.csv", "..\\patients.csv", "C:\\patients.csv",
     "C:/patients.csv", "\\\\server\\patients.csv"],
)
def test_a_name_that_leads_out_of_the_archive_is_refused(
    duckdb_environment: Environment, tmp_path: Path, name: str
) -> None:
    with ZipFile(tmp_path / "bad.zip", "w") as archive:
        archive.writestr("encounters.csv", "")
        entry = ZipInfo("x")
        entry.filename = name
        archive.writestr(entry, "Id,BIRTHDATE\n")
    assert "refused" in fail(duckdb_environment, "load", tmp_path / "bad.zip")


def test_a_link_is_refused(duckdb_environment: Environment, tmp_path: Path) -> None:
    link = ZipInfo("patients.csv")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with ZipFile(tmp_path / "bad.zip", "w") as archive:
        archive.writestr(link, "/etc/passwd")
    assert "leads out of the archive: refused" in fail(duckdb_environment, "check", tmp_path / "bad.zip")


def test_a_bomb_is_refused_before_anything_is_unpacked(
    duckdb_environment: Environment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archives, "BOMB_BYTES", 1 << 20)
    folder = export(tmp_path / "export", patient(ANN))
    write(folder / "conditions.csv", CONDITIONS, *[condition(ANN, "1")] * 200_000)
    archive = packed(folder, tmp_path / "bomb.zip")
    assert "more than 100 times as many: refused" in fail(duckdb_environment, "load", archive)


def test_an_archive_that_lies_about_a_size_is_refused(duckdb_environment: Environment, tmp_path: Path) -> None:
    archive = packed(export(tmp_path / "export", patient(ANN)), tmp_path / "lie.zip")
    data = bytearray(archive.read_bytes())
    # The size of the last entry, in its local header and in the directory.
    size = (tmp_path / "export" / "patients.csv").stat().st_size.to_bytes(4, "little")
    for position in (data.index(size), data.rindex(size)):
        data[position:position + 4] = (5).to_bytes(4, "little")
    archive.write_bytes(data)
    assert "lie.zip" in fail(duckdb_environment, "load", archive)


def test_a_disk_that_is_too_small_is_found_before(
    duckdb_environment: Environment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = packed(export(tmp_path / "export", patient(ANN)), tmp_path / "export.zip")
    monkeypatch.setattr(archives, "_KEEP_FREE", 1 << 62)
    assert "unpacks to more than is free" in fail(duckdb_environment, "load", archive)


def test_what_is_no_archive_is_said(tmp_path: Path) -> None:
    (tmp_path / "text.zip").write_text("no archive")
    with pytest.raises(LoaderError, match="cannot be unpacked"), archives.opened(tmp_path / "text.zip"):
        pass
