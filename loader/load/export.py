"""A Synthea export as it lies in a folder: its files, their layouts, and the release line that wrote them."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from loader.csv_file import CsvFile, find_files, read_rows
from loader.errors import LoaderError
from loader.load.raw_tables import RAW_TABLES, columns_of

REQUIRED = ("patients", "encounters")
# Without these a row says nothing: every release from v2.5 on writes them.
KEY_COLUMNS = {"patients": ("id", "birthdate"), "encounters": ("id", "start", "patient")}
SUPPORTED = "CSV files as Synthea v2.5.0 and newer write them"


@dataclass(frozen=True)
class Export:
    """The files of an export by table, its release line, and remarks about what will be left out."""

    folder: Path
    layout: str
    files: dict[str, CsvFile]
    remarks: tuple[str, ...]

    @property
    def bytes(self) -> int:
        """The size of all files on disk."""
        return sum(file.path.stat().st_size for file in self.files.values())


def read_export(folder: Path) -> Export:
    """Recognise the export in `folder` by its headers; LoaderError when it is none that can be loaded."""
    found = find_files(folder)
    _refuse_without_required(folder, found)
    known = {path.name for name, path in found.items() if name in RAW_TABLES}
    remarks = [
        f"{path.name} is no file of a Synthea export: ignored."
        for path in sorted(folder.iterdir()) if path.name not in known and not path.name.startswith(".")
    ]
    files = {name: _recognise(name, found[name]) for name in RAW_TABLES if name in found}
    for file in files.values():
        unknown = [name for name, column in zip(file.header, file.columns, strict=True) if column is None]
        if unknown:
            remarks.append(f"{file.path.name}: no release has the column {', '.join(unknown)}: ignored.")
    return Export(folder, release_line(files), files, tuple(remarks))


def release_line(files: dict[str, CsvFile]) -> str:
    """The oldest Synthea release line that writes these headers, `v2.5` to `v3.4`."""
    headers = {name: {field.upper() for field in file.header} for name, file in files.items()}

    def has(name: str, *fields: str) -> bool:
        return name in headers and headers[name].issuperset(fields)

    if _ids_share_the_patients_seed(files["encounters"]) or has("organizations", "NPI"):
        return "v3.4"
    if has("patients", "MIDDLE") or has("conditions", "SYSTEM"):
        return "v3.3"
    if has("patients", "FIPS") or has("payers", "OWNERSHIP"):
        return "v3.2"
    if has("patients", "INCOME"):
        return "v3.1"
    if "claims" in headers or has("procedures", "START") or has("allergies", "SYSTEM"):
        return "v3.0"
    if has("imaging_studies", "SERIES_UID"):
        return "v2.7"
    return "v2.6" if has("encounters", "ORGANIZATION") else "v2.5"


def _refuse_without_required(folder: Path, found: dict[str, Path]) -> None:
    missing = [f"{name}.csv" for name in REQUIRED if name not in found]
    if missing:
        held = ", ".join(path.name for path in found.values()) or "no CSV file"
        raise LoaderError(
            f"{folder} is no Synthea export: {' and '.join(missing)} not found; it holds {held}."
            f" Name the folder with {SUPPORTED} (usually output/csv)."
        )


def _recognise(name: str, path: Path) -> CsvFile:
    rows = read_rows(path, 1)
    if not rows:
        raise LoaderError(f"{path}, line 1: the file is empty, a header was expected. Export it again or remove it.")
    header = tuple(field.strip() for field in rows[0])
    columns = columns_of(RAW_TABLES[name], header)
    known = [column.name for column in columns if column]
    if _is_too_old(name, header):
        raise LoaderError(
            f"{path}, line 1: found the header of Synthea v2.4 or older ({','.join(header[:4])},...)."
            f" Expected {SUPPORTED}: export again with a newer release."
        )
    missing = [column for column in KEY_COLUMNS.get(name, ()) if column not in known]
    if missing or not known:
        expected = ",".join(column.name.upper() for column in RAW_TABLES[name].columns)
        raise LoaderError(
            f"{path}, line 1: this is no {name}.csv of Synthea. Expected a header like {expected}"
            f" and found {','.join(header)[:200]}. Export it again or remove it."
        )
    twice = [column for column, count in Counter(known).items() if count > 1]
    if twice:
        raise LoaderError(f"{path}, line 1: the column {twice[0].upper()} occurs twice. Remove one of the two.")
    return CsvFile(path, header, columns)


def _is_too_old(name: str, header: tuple[str, ...]) -> bool:
    """v2.4 and older wrote `ID` in capitals and had no payers; v2.5 to the newest write `Id` in these files."""
    if name == "patients":
        return "ID" in header and not {"COUNTY", "LAT", "HEALTHCARE_EXPENSES"} & set(header)
    return name == "encounters" and "PROVIDER" in header and "PAYER" not in header


def _ids_share_the_patients_seed(encounters: CsvFile) -> bool:
    """From v3.4 on all ids of a patient begin with the same 16 hex digits."""
    rows = read_rows(encounters.path, 2)
    if len(rows) < 2 or len(rows[1]) != len(encounters.header):
        return False
    row = {column.name: value for column, value in zip(encounters.columns, rows[1], strict=True) if column}
    return row["id"][:18] == row["patient"][:18]
