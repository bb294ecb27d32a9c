"""A vocabulary folder as Athena packs it: which files it holds and how they are written."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from loader.archives import opened
from loader.csv_file import CsvFile, find_files, read_rows, stem
from loader.errors import LoaderError
from loader.vocabulary.tables import VOCABULARY_TABLES

COMPACT_DATE = "%Y%m%d"


@dataclass(frozen=True)
class Vocabulary:
    """The files of a vocabulary by table, and remarks about what will be left out. `folder` is what the user named."""

    folder: Path
    files: dict[str, CsvFile]
    remarks: tuple[str, ...]


@contextmanager
def opened_vocabulary(source: Path) -> Iterator[Vocabulary]:
    """The vocabulary in a folder or a .zip, which stays unpacked as long as the context lasts."""
    with opened(source) as folder:
        yield read_vocabulary(folder, source)


def read_vocabulary(folder: Path, source: Path | None = None) -> Vocabulary:
    """Recognise the vocabulary in `folder` by its headers; LoaderError when a file or a column is missing."""
    source = source or folder
    if not folder.is_dir():
        raise LoaderError(f"{source} is not a folder. Name the folder that holds the CSV files.")
    found = find_files(_folder_of_the_files(folder))
    missing = [name for name, table in VOCABULARY_TABLES.items() if not table.optional and name not in found]
    if missing:
        held = ", ".join(path.name for path in found.values()) or "no CSV file"
        raise LoaderError(
            f"{source} is no OMOP vocabulary: {', '.join(f'{name.upper()}.csv' for name in missing)} not found;"
            f" it holds {held}. Name the unpacked folder of a download from athena.ohdsi.org."
        )
    remarks = tuple(
        f"{path.name} is no file of the vocabulary that the CDM needs: ignored."
        for name, path in found.items() if name not in VOCABULARY_TABLES
    )
    files = {name: _recognise(name, found[name]) for name in VOCABULARY_TABLES if name in found}
    return Vocabulary(source, files, remarks)


def _folder_of_the_files(folder: Path) -> Path:
    """The folder, or the one below it that holds the concepts: archives are often packed with their folder."""
    holding = [one for one in (folder, *sorted(folder.iterdir())) if one.is_dir() and _holds_concepts(one)]
    return holding[0] if folder in holding or len(holding) == 1 else folder


def _holds_concepts(folder: Path) -> bool:
    return any(stem(path) == "concept" for path in folder.iterdir())


def _recognise(name: str, path: Path) -> CsvFile:
    delimiter, quote = _form(path)
    rows = read_rows(path, 2, delimiter, quote)
    header = tuple(field.strip() for field in rows[0]) if rows else ()
    by_name = {column.name: column for column in VOCABULARY_TABLES[name].columns}
    columns = tuple(by_name.get(field.lower()) for field in header)
    missing = [column for column in by_name if column not in {known.name for known in columns if known}]
    if missing:
        raise LoaderError(
            f"{path}, line 1: the column {missing[0]} is missing. Expected {', '.join(by_name)} (separated by tabs)"
            f" and found {', '.join(header)[:200] or 'an empty file'}. Download the vocabulary again."
        )
    first = rows[1] if len(rows) > 1 else []
    dates = [value for value, column in zip(first, columns, strict=False) if column and column.type == "date" and value]
    compact = all(value.isdigit() for value in dates)
    return CsvFile(path, header, columns, delimiter, quote, COMPACT_DATE if compact else None)


def _form(path: Path) -> tuple[str, str | None]:
    """Athena separates by tabs and never quotes: a quote character is data. A file with commas is ordinary CSV."""
    rows = read_rows(path, 1, "\t", None)
    return ("\t", None) if not rows or len(rows[0]) > 1 else (",", '"')
