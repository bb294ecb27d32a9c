"""Recognising the layout of an export by its headers."""

import json
from pathlib import Path

import pytest

from loader.errors import LoaderError
from loader.load.export import read_export
from loader.load.headers import layouts, recognise
from loader.load.raw_tables import RAW_TABLES, columns_of
from tests.loader.exports import write
from tests.support.environments import REPOSITORY

HEADERS = REPOSITORY.parent / "shared" / "specs" / "synthea_csv_headers.json"

# What a release writes, as far as it tells the release from the one before.
V25 = {
    "patients": "Id,BIRTHDATE,DEATHDATE,SSN,DRIVERS,PASSPORT,PREFIX,FIRST,LAST,SUFFIX,MAIDEN,MARITAL,RACE,ETHNICITY,"
    "GENDER,BIRTHPLACE,ADDRESS,CITY,STATE,COUNTY,ZIP,LAT,LON,HEALTHCARE_EXPENSES,HEALTHCARE_COVERAGE",
    "encounters": "Id,START,STOP,PATIENT,PROVIDER,PAYER,ENCOUNTERCLASS,CODE,DESCRIPTION,BASE_ENCOUNTER_COST,"
    "TOTAL_CLAIM_COST,PAYER_COVERAGE,REASONCODE,REASONDESCRIPTION",
    "procedures": "DATE,PATIENT,ENCOUNTER,CODE,DESCRIPTION,BASE_COST,REASONCODE,REASONDESCRIPTION",
    "imaging_studies": "Id,DATE,PATIENT,ENCOUNTER,BODYSITE_CODE,BODYSITE_DESCRIPTION,MODALITY_CODE,"
    "MODALITY_DESCRIPTION,SOP_CODE,SOP_DESCRIPTION",
    "payer_transitions": "PATIENT,START_YEAR,END_YEAR,PAYER,OWNERSHIP",
}
V26 = V25 | {
    "encounters": V25["encounters"].replace("PROVIDER", "ORGANIZATION,PROVIDER"),
    "devices": "START,STOP,PATIENT,ENCOUNTER,CODE,DESCRIPTION,UDI",
}
V27 = V26 | {
    "imaging_studies": "Id,DATE,PATIENT,ENCOUNTER,SERIES_UID,BODYSITE_CODE,BODYSITE_DESCRIPTION,MODALITY_CODE,"
    "MODALITY_DESCRIPTION,INSTANCE_UID,SOP_CODE,SOP_DESCRIPTION,PROCEDURE_CODE",
}
V30 = V27 | {
    "procedures": V27["procedures"].replace("DATE", "START,STOP"),
    "payer_transitions": "PATIENT,MEMBERID,START_YEAR,END_YEAR,PAYER,SECONDARY_PAYER,OWNERSHIP,OWNERNAME",
}
V31 = V30 | {"patients": V30["patients"] + ",INCOME"}
V32 = V31 | {
    "patients": V31["patients"].replace("ZIP", "FIPS,ZIP"),
    "payer_transitions": "PATIENT,MEMBERID,START_DATE,END_DATE,PAYER,SECONDARY_PAYER,PLAN_OWNERSHIP,OWNER_NAME",
}
V33 = V32 | {"patients": V32["patients"].replace("FIRST", "FIRST,MIDDLE")}
MASTER = V33 | {"organizations": "Id,NAME,ADDRESS,CITY,STATE,ZIP,LAT,LON,PHONE,REVENUE,UTILIZATION,NPI"}

# The list of headers calls the newest releases' files by the exporter's own names.
PLURALS = {name.replace("claims_", "claim_").removesuffix("s"): name for name in RAW_TABLES} | {
    "allergy": "allergies", "supply": "supplies", "imaging_study": "imaging_studies",
}


def lay_out(folder: Path, headers: dict[str, str]) -> Path:
    for name, header in headers.items():
        write(folder / f"{name}.csv", header)
    return folder


@pytest.mark.parametrize(
    ("headers", "line"),
    [(V25, "v2.5"), (V26, "v2.6"), (V27, "v2.7"), (V30, "v3.0"), (V31, "v3.1"), (V32, "v3.2"), (V33, "v3.3"),
     (MASTER, "v3.4")],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_headers_tell_the_release_line(tmp_path: Path, headers: dict[str, str], line: str) -> None:
    export = read_export(lay_out(tmp_path, headers))
    assert export.layout == line
    assert export.remarks == ()


def test_ids_that_share_the_patients_seed_tell_the_newest_line(tmp_path: Path) -> None:
    lay_out(tmp_path, V33)
    write(
        tmp_path / "encounters.csv", V33["encounters"],
        "d994c47b-2b03-c7c2-e522-783147ed480c,,,d994c47b-2b03-c7c2-b0d9-502d52408e4e" + "," * 11,
    )
    assert read_export(tmp_path).layout == "v3.4"


def test_a_provider_of_v25_is_an_organization() -> None:
    columns = columns_of(RAW_TABLES["encounters"], tuple(V25["encounters"].split(",")))
    assert columns[4] and columns[4].name == "organization"
    columns = columns_of(RAW_TABLES["encounters"], tuple(V26["encounters"].split(",")))
    assert [column.name for column in columns[4:6] if column] == ["organization", "provider"]


def test_every_header_of_every_release_is_known() -> None:
    if not HEADERS.is_file():
        pytest.skip(f"no list of headers at {HEADERS}")
    releases = json.loads(HEADERS.read_text())
    seen = 0
    for release, entry in list(releases.items())[list(releases).index("v2.5.0"):]:
        for key, header in entry["headers"].items():
            name = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in key)
            table = RAW_TABLES.get(PLURALS.get(name, name))
            assert table, (release, key)
            columns = columns_of(table, tuple(header.split(",")))
            assert None not in columns, (release, key, header)
            assert len(set(columns)) == len(columns), (release, key, header)
            seen += 1
    assert seen > 100


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"patients": V33["patients"]}, "encounters.csv not found; it holds patients.csv"),
        ({"encounters": V33["encounters"]}, "patients.csv not found"),
        ({}, "it holds no CSV file"),
        (V33 | {"patients": "ID,BIRTHDATE,DEATHDATE,SSN,DRIVERS,PASSPORT,PREFIX,FIRST,LAST"}, "v2.4 or older"),
        (V33 | {"encounters": "ID,START,STOP,PATIENT,PROVIDER,ENCOUNTERCLASS,CODE,COST"}, "v2.4 or older"),
        (V33 | {"encounters": "visit_id,person"}, "Expected a header like ID,START,STOP,PATIENT"),
        (V33 | {"procedures": "<html>"}, "this is no procedures.csv of Synthea"),
        (V33 | {"procedures": "DATE,START,PATIENT"}, "the column START occurs twice"),
    ],
    ids=("no_encounters", "no_patients", "nothing", "old_patients", "old_encounters", "other", "html", "twice"),
)
def test_what_is_no_export_is_refused_with_what_was_expected(
    tmp_path: Path, files: dict[str, str], message: str
) -> None:
    with pytest.raises(LoaderError, match=message):
        read_export(lay_out(tmp_path, files))


def test_a_file_of_no_bytes_is_kept_for_the_quarantine_unless_nothing_goes_without_it(tmp_path: Path) -> None:
    lay_out(tmp_path, V33)
    (tmp_path / "devices.csv").write_bytes(b"")
    assert dict(read_export(tmp_path).files)["devices"].columns == ()
    (tmp_path / "encounters.csv").write_bytes(b"")
    with pytest.raises(LoaderError, match=r"encounters.csv, line 1: the file is empty, a header was expected"):
        read_export(tmp_path)


def test_names_of_files_may_be_in_capitals_but_not_twice(tmp_path: Path) -> None:
    lay_out(tmp_path, {name.upper(): header for name, header in V33.items()})
    assert set(read_export(tmp_path).tables) == set(V33)
    write(tmp_path / "DEVICES.csv.gz", V33["devices"])
    with pytest.raises(LoaderError, match=r"DEVICES.csv and DEVICES.csv.gz. Keep one of the two"):
        read_export(tmp_path)


@pytest.mark.parametrize("pattern", ["{}", "{:02}", "{:05}"], ids=("plain", "two_digits", "five_digits"))
def test_a_file_in_parts_is_read_in_their_order(tmp_path: Path, pattern: str) -> None:
    lay_out(tmp_path, V33)
    (tmp_path / "devices.csv").unlink()
    for number in range(1, 12):
        write(tmp_path / f"devices-{pattern.format(number)}.csv", V33["devices"])
    parts = [file.path.name for name, file in read_export(tmp_path).files if name == "devices"]
    assert parts == [f"devices-{pattern.format(number)}.csv" for number in range(1, 12)]
    (tmp_path / f"devices-{pattern.format(4)}.csv").unlink()
    with pytest.raises(LoaderError, match="part 4 of devices is missing"):
        read_export(tmp_path)
    write(tmp_path / f"devices-{pattern.format(4)}.csv", V33["devices"])
    write(tmp_path / "devices.csv", V33["devices"])
    with pytest.raises(LoaderError, match="Keep one of the two"):
        read_export(tmp_path)


def test_the_folder_of_a_run_is_found_below_the_one_that_was_named(tmp_path: Path) -> None:
    run = lay_out(tmp_path / "output" / "csv" / "2026_01_31T10_00_00Z", V33)
    for folder in (run, run.parent, tmp_path / "output", tmp_path):
        export = read_export(folder)
        assert (export.folder, export.source) == (run, folder)
    lay_out(tmp_path / "output" / "csv" / "2026_02_28T10_00_00Z", V33)
    with pytest.raises(LoaderError, match=r"holds several exports: .*2026_01_31.*, .*2026_02_28.*. Name one of them"):
        read_export(tmp_path)


def test_patient_expenses_come_with_the_newer_releases(tmp_path: Path) -> None:
    header = "PATIENT_ID,YEAR,PAYER_ID,HEALTHCARE_EXPENSES,INSURANCE_COSTS,COVERED_COSTS"
    export = read_export(lay_out(tmp_path, V33 | {"patient_expenses": header}))
    assert "patient_expenses" in export.tables and export.remarks == ()


def _sample(name: str, layout: tuple[str, ...]) -> str:
    values = {
        "uuid": "a0000000-0000-0000-0000-000000000001", "date": "2020-01-31", "timestamp": "2020-01-31T10:00:00Z",
        "integer": "1", "bigint": "1", "numeric(18,2)": "1.50", "double precision": "42.3", "text": "words",
    }
    return ",".join(values[column.type] if column else "" for column in columns_of(RAW_TABLES[name], layout))


@pytest.mark.parametrize("name", RAW_TABLES)
def test_a_file_without_a_header_is_known_by_its_fields(tmp_path: Path, name: str) -> None:
    for layout in layouts(name):
        file = recognise(name, write(tmp_path / f"{name}.csv", _sample(name, layout)))
        assert (file.header, file.has_header) == (layout, False)
        assert file.columns == columns_of(RAW_TABLES[name], layout)


def test_the_known_layouts_are_those_of_the_releases() -> None:
    if not HEADERS.is_file():
        pytest.skip(f"no list of headers at {HEADERS}")
    releases = json.loads(HEADERS.read_text())
    written: dict[str, set[tuple[str, ...]]] = {}
    for entry in list(releases.values())[list(releases).index("v2.5.0"):]:
        for key, header in entry["headers"].items():
            name = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in key)
            fields = tuple(field.upper() for field in header.split(","))
            written.setdefault(PLURALS.get(name, name), set()).add(fields)
    for name, headers in written.items():
        known = {tuple(field.upper() for field in layout) for layout in layouts(name)}
        # Columns that changed their name alone need no layout of their own.
        for header in headers:
            assert columns_of(RAW_TABLES[name], header) in [columns_of(RAW_TABLES[name], one) for one in known], (
                name, header,
            )
