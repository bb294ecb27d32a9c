"""The first line of a file: a header of any release, or data of an append-mode export that wrote none."""

from collections import Counter
from pathlib import Path

from loader.csv_file import CsvFile, read_rows
from loader.errors import LoaderError
from loader.load.raw_tables import RAW_TABLES, Column, columns_of
from loader.load.spelling import normalised

# Without these a row says nothing: every release from v2.5 on writes them.
KEY_COLUMNS = {"patients": ("id", "birthdate"), "encounters": ("id", "start", "patient")}
SUPPORTED = "CSV files as Synthea v2.5.0 and newer write them"

# Former headers of the files that changed, v2.5 to the newest; the others have the columns of the raw table.
# Within a file no two releases have the same number of fields and different columns.
_EVENT = "START,STOP,PATIENT,ENCOUNTER"
_PATIENT = (
    "Id,BIRTHDATE,DEATHDATE,SSN,DRIVERS,PASSPORT,PREFIX,FIRST,{middle}LAST,SUFFIX,MAIDEN,MARITAL,RACE,ETHNICITY,GENDER,"
    "BIRTHPLACE,ADDRESS,CITY,STATE,COUNTY,{fips}ZIP,LAT,LON,HEALTHCARE_EXPENSES,HEALTHCARE_COVERAGE"
)
_PROVIDER = "Id,ORGANIZATION,NAME,GENDER,SPECIALITY,ADDRESS,CITY,STATE,ZIP,LAT,LON"
_FORMER_LAYOUTS = {
    "patients": (
        _PATIENT.format(middle="", fips=""), _PATIENT.format(middle="", fips="") + ",INCOME",
        _PATIENT.format(middle="", fips="FIPS,") + ",INCOME",
    ),
    "encounters": ((
        "Id,START,STOP,PATIENT,PROVIDER,PAYER,ENCOUNTERCLASS,CODE,DESCRIPTION,BASE_ENCOUNTER_COST,TOTAL_CLAIM_COST,"
        "PAYER_COVERAGE,REASONCODE,REASONDESCRIPTION"
    ),),
    "conditions": (f"{_EVENT},CODE,DESCRIPTION",),
    "allergies": (f"{_EVENT},CODE,DESCRIPTION",),
    "procedures": (
        "DATE,PATIENT,ENCOUNTER,CODE,DESCRIPTION,BASE_COST,REASONCODE,REASONDESCRIPTION",
        f"{_EVENT},CODE,DESCRIPTION,BASE_COST,REASONCODE,REASONDESCRIPTION",
    ),
    "observations": ("DATE,PATIENT,ENCOUNTER,CODE,DESCRIPTION,VALUE,UNITS,TYPE",),
    "imaging_studies": ((
        "Id,DATE,PATIENT,ENCOUNTER,BODYSITE_CODE,BODYSITE_DESCRIPTION,MODALITY_CODE,MODALITY_DESCRIPTION,SOP_CODE,"
        "SOP_DESCRIPTION"
    ),),
    "organizations": ("Id,NAME,ADDRESS,CITY,STATE,ZIP,LAT,LON,PHONE,REVENUE,UTILIZATION",),
    "providers": (
        f"{_PROVIDER},UTILIZATION", f"{_PROVIDER},ENCOUNTERS,PROCEDURES", f"{_PROVIDER},ENCOUNTERS,PROCEDURES,NPI",
    ),
    "payers": ((
        "Id,NAME,ADDRESS,CITY,STATE_HEADQUARTERED,ZIP,PHONE,AMOUNT_COVERED,AMOUNT_UNCOVERED,REVENUE,"
        "COVERED_ENCOUNTERS,UNCOVERED_ENCOUNTERS,COVERED_MEDICATIONS,UNCOVERED_MEDICATIONS,COVERED_PROCEDURES,"
        "UNCOVERED_PROCEDURES,COVERED_IMMUNIZATIONS,UNCOVERED_IMMUNIZATIONS,UNIQUE_CUSTOMERS,QOLS_AVG,MEMBER_MONTHS"
    ),),
    "payer_transitions": ("PATIENT,START_YEAR,END_YEAR,PAYER,OWNERSHIP",),
}


def layouts(name: str) -> list[tuple[str, ...]]:
    """Every header that a release writes for this file, the newest first."""
    newest = tuple(column.name.upper() for column in RAW_TABLES[name].columns)
    if name == "providers":
        newest = ()  # Its raw table has the columns of all releases; the newest header is among the former ones.
    former = [tuple(header.split(",")) for header in _FORMER_LAYOUTS.get(name, ())]
    return [newest, *reversed(former)] if newest else former[::-1]


def recognise(name: str, path: Path) -> CsvFile:
    """The file with a column for each field; LoaderError when it is no such file of a release that can be read.

    A file of 0 bytes has neither fields nor columns; one that must have rows is refused then.
    """
    rows = read_rows(path, 1)
    if not rows:
        if name in KEY_COLUMNS:
            raise LoaderError(f"{path}, line 1: the file is empty, a header was expected. Export it again.")
        return CsvFile(path, (), ())
    header = tuple(field.strip() for field in rows[0])
    columns = columns_of(RAW_TABLES[name], header)
    known = [column.name for column in columns if column]
    if is_too_old(name, header):
        raise LoaderError(
            f"{path}, line 1: found the header of Synthea v2.4 or older ({','.join(header[:4])},...)."
            f" Expected {SUPPORTED}: export again with a newer release."
        )
    if not known and (layout := _layout_of(name, rows[0])):
        return CsvFile(path, layout, columns_of(RAW_TABLES[name], layout), has_header=False)
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


def is_too_old(name: str, header: tuple[str, ...]) -> bool:
    """v2.4 and older wrote `ID` in capitals and had no payers; v2.5 to the newest write `Id` in these files."""
    if name == "patients":
        return "ID" in header and not {"COUNTY", "LAT", "HEALTHCARE_EXPENSES"} & set(header)
    return name == "encounters" and "PROVIDER" in header and "PAYER" not in header


def _layout_of(name: str, fields: list[str]) -> tuple[str, ...] | None:
    """The layout whose number and types of fields these are: append mode writes no header into a new file."""
    for layout in layouts(name):
        columns = columns_of(RAW_TABLES[name], layout)
        if len(layout) == len(fields) and all(map(_fits, columns, fields)):
            return layout
    return None


def _fits(column: Column | None, value: str) -> bool:
    try:
        return not value or column is None or bool(normalised(value, column.type))
    except ValueError:
        return False
