"""Small exports written for a test."""

import gzip
from pathlib import Path

ANN = "a0000000-0000-0000-0000-000000000001"
BEN = "b0000000-0000-0000-0000-000000000002"
VISIT = "e0000000-0000-0000-0000-00000000000"
CLINIC = "c0000000-0000-0000-0000-000000000001"

PATIENTS = "Id,BIRTHDATE,DEATHDATE,FIRST,ZIP,LAT,HEALTHCARE_EXPENSES"
ENCOUNTERS = "Id,START,STOP,PATIENT,ORGANIZATION,PROVIDER,PAYER,CODE"
CONDITIONS = "START,STOP,PATIENT,ENCOUNTER,CODE,DESCRIPTION"
ORGANIZATIONS = "Id,NAME,ADDRESS,CITY,STATE,ZIP,LAT,LON,PHONE,REVENUE,UTILIZATION"


def patient(patient_id: str, birthdate: str = "2000-02-29", first: str = "Ann") -> str:
    return f"{patient_id},{birthdate},,{first},02138,42.1,27461.280000000002"


def encounter(number: int, patient_id: str, start: str = "2020-01-01T23:59:59Z", stop: str = "2020-01-02") -> str:
    return f"{VISIT}{number},{start},{stop},{patient_id},{CLINIC},,,185345009"


def condition(patient_id: str, code: str) -> str:
    return f"2020-01-01,,{patient_id},{VISIT}1,{code},Some finding"


def write(path: Path, *lines: str, end: str = "\n") -> Path:
    """Write lines into a file, gzipped if its name says so."""
    path.parent.mkdir(parents=True, exist_ok=True)
    data = (end.join(lines) + end).encode()
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


def export(folder: Path, *patients: str, conditions: tuple[str, ...] = (), suffix: str = ".csv") -> Path:
    """An export of these patients with an encounter each, and of these rows of conditions.csv."""
    ids = [line.partition(",")[0] for line in patients]
    write(folder / f"patients{suffix}", PATIENTS, *patients)
    write(folder / f"encounters{suffix}", ENCOUNTERS, *(encounter(n, one) for n, one in enumerate(ids, 1)))
    write(folder / f"conditions{suffix}", CONDITIONS, *conditions)
    write(folder / f"organizations{suffix}", ORGANIZATIONS, f"{CLINIC},Clinic,1 Main St,,,,1.5,2.5,,0.0,{len(ids)}")
    return folder
