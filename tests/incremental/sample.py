"""Patients of the bundled sample in several states, and the organizations, providers and payers that they name."""

import csv
from collections.abc import Mapping
from enum import Enum
from functools import cache
from pathlib import Path

from loader.load.shared import SHARED_COUNTERS
from tests.support.environments import REPOSITORY

SYNTHEA = REPOSITORY / "seeds" / "demo" / "synthea"
VOCABULARY = REPOSITORY / "seeds" / "demo" / "vocabulary"
# One who died, and, for their size, those with stays, emergencies, allergies and imaging.
PEOPLE = (
    "c1b329a7", "426d083d", "8135c94a", "33d38102", "c299679c", "8b509586",
)  # fmt: skip
SHARED = tuple(SHARED_COUNTERS)
OWNERS = {"patients": "Id", "claims": "PATIENTID", "claims_transactions": "PATIENTID"}
ENCOUNTERS = {"encounters": "Id", "claims": "APPOINTMENTID", "claims_transactions": "APPOINTMENTID"}
# How the rows of a file name shared rows.
REFERENCES = {"ORGANIZATION": "organizations", "PROVIDER": "providers", "PAYER": "payers", "SECONDARY_PAYER": "payers"}
NOWHERE = "00000000-0000-4000-8000-00000000000f"

Row = dict[str, str]
Rows = Mapping[str, list[Row]]


class State(Enum):
    """What an export says of a patient, or of an organization, a provider or a payer."""

    SAME = "as in the sample"
    SHORTER = "the older half of the encounters gone"
    OTHER = "other values"
    BARE = "no row but the patient's own"


@cache
def header(file: str) -> tuple[str, ...]:
    """The columns of a file of the sample."""
    with (SYNTHEA / f"{file}.csv").open(newline="", encoding="utf-8") as lines:
        return tuple(next(csv.reader(lines)))


@cache
def all_rows(file: str) -> list[Row]:
    """The rows of a file of the sample, in its order."""
    with (SYNTHEA / f"{file}.csv").open(newline="", encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


FILES = tuple(sorted(path.stem for path in SYNTHEA.glob("*.csv")))
OF_PATIENTS = tuple(file for file in FILES if file not in SHARED)


@cache
def patient_id(person: str) -> str:
    """The whole id of one of PEOPLE."""
    return next(row["Id"] for row in all_rows("patients") if row["Id"].startswith(person))


@cache
def rows_of(person: str, state: State) -> Rows:
    """File -> the rows of the patient in that state, in the order of the sample."""
    whole = {
        file: [row for row in all_rows(file) if row[OWNERS.get(file, "PATIENT")] == patient_id(person)]
        for file in OF_PATIENTS
    }
    match state:
        case State.SHORTER:
            return _shorter(whole)
        case State.OTHER:
            return _other(whole)
        case State.BARE:
            return {file: rows if file == "patients" else [] for file, rows in whole.items()}
    return whole


def _shorter(whole: Rows) -> Rows:
    """As the export of a later year, from which the oldest rows have fallen out."""
    starts = sorted(row["START"] for row in whole["encounters"])
    kept = {"", *(row["Id"] for row in whole["encounters"] if row["START"] >= starts[len(starts) // 2])}
    shorter = {
        file: [row for row in rows if row.get(ENCOUNTERS.get(file, "ENCOUNTER"), "") in kept]
        for file, rows in whole.items()
    }
    return shorter | {"payer_transitions": whole["payer_transitions"][1:]}


def _other(whole: Rows) -> Rows:
    """Codes, texts and units that nobody else has, another address and another death; rows in another order."""
    other = {file: [dict(row) for row in reversed(rows)] for file, rows in whole.items()}
    for row in other["patients"]:
        row |= {"MARITAL": "S", "ADDRESS": f"{row['ADDRESS']} B", "BIRTHDATE": f"{row['BIRTHDATE'][:8]}01"}
        row["DEATHDATE"] = "" if row["DEATHDATE"] else max(row["STOP"] for row in whole["encounters"])[:10]
    for number, row in enumerate(other["encounters"]):
        if number % 5 == 1:
            row |= {"ORGANIZATION": NOWHERE, "PROVIDER": ""}
    for file in ("conditions", "procedures", "observations"):
        for number, row in enumerate(other[file]):
            if number % 3 == 0:
                row["CODE"] = f"99{file[0]}{row['PATIENT'][:2]}{number % 7}"
    for number, row in enumerate(other["observations"]):
        if row["TYPE"] == "numeric":
            row["UNITS"] = f"unit {row['PATIENT'][:2]}" if number % 4 == 0 else row["UNITS"]
        else:
            row["VALUE"] = f"{row['VALUE']} ({row['PATIENT'][:2]})"
    other["conditions"] += other["conditions"][:2]
    # The order inside a claim is content: CHARGEID counts it.
    return other | {"claims_transactions": whole["claims_transactions"]}


@cache
def references(person: str, state: State) -> frozenset[tuple[str, str]]:
    """(file, id) of the shared rows that the patient's rows name."""
    return frozenset(
        (shared, row[column])
        for file in ("encounters", "medications", "payer_transitions") for row in rows_of(person, state)[file]
        for column, shared in REFERENCES.items() if row.get(column)
    )


@cache
def shared_ids(file: str) -> tuple[str, ...]:
    """The ids of a shared file that one of PEOPLE names, in order."""
    named = {name for person in PEOPLE for state in State for name in references(person, state)}
    return tuple(sorted(row["Id"] for row in all_rows(file) if (file, row["Id"]) in named))


@cache
def shared_row(file: str, row_id: str, state: State) -> Row:
    """The row of an organization, a provider or a payer in the state SAME or OTHER."""
    row = next(row for row in all_rows(file) if row["Id"] == row_id)
    if state is State.SAME:
        return row
    return row | {"NAME": f"{row['NAME']} & Sons", "ADDRESS": f"{row['ADDRESS']} B"} | (
        {"SPECIALITY": "FAMILY PRACTICE", "ORGANIZATION": NOWHERE} if file == "providers" else {}
    )


def write_vocabulary(folder: Path, version: int) -> Path:
    """The bundled vocabulary, or another version of it: maps gone, concepts in other domains or no longer standard."""
    folder.mkdir(parents=True)
    for path in sorted(VOCABULARY.glob("*.csv")):
        with path.open(encoding="utf-8") as lines:
            names = next(lines)
            kept = [_of_version(path.stem, dict(zip(names.rstrip("\n").split("\t"), line.rstrip("\n").split("\t"),
                                                    strict=True)), version) for line in lines]
        text = names + "".join("\t".join(row.values()) + "\n" for row in kept if row)
        (folder / path.name).write_text(text, encoding="utf-8")
    return folder


def _of_version(table: str, row: Row, version: int) -> Row | None:
    if version == 0:
        return row
    match table:
        case "VOCABULARY" if row["vocabulary_id"] == "None":
            return row | {"vocabulary_version": f"version {version}"}
        case "CONCEPT_RELATIONSHIP" if row["relationship_id"] == "Maps to" and int(row["concept_id_1"]) % 5 == 0:
            return None
        case "CONCEPT" if row["domain_id"] == "Condition" and int(row["concept_id"]) % 4 == 0:
            return row | {"domain_id": "Observation"}
        case "CONCEPT" if row["vocabulary_id"] in ("UCUM", "LOINC") and int(row["concept_id"]) % 3 == 0:
            return row | {"standard_concept": ""}
        case "CONCEPT_ANCESTOR" if int(row["descendant_concept_id"]) % 3 == 0:
            return None
    return row
