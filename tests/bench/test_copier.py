"""The copier of exports: more patients of the same kind, every reference intact."""

import csv
from pathlib import Path

import pytest

from bench.copier import copy_export

ORGANIZATION = "aaaaaaaa-0000-0000-0000-000000000001"
PATIENT = "bbbbbbbb-0000-0000-0000-000000000002"
ENCOUNTER = "9e3779b1-0000-0000-0000-000000000003"
FILES = {
    "organizations": f"Id,NAME\n{ORGANIZATION},General\n",
    "patients": f"Id,FIRST\n{PATIENT},Zoë\n",
    "encounters": f"Id,PATIENT,ORGANIZATION\n{ENCOUNTER},{PATIENT},{ORGANIZATION}",
    "claims_transactions": (
        f'ID,CHARGEID,PATIENTID,NOTES,TRANSFEROUTID\n{ENCOUNTER},9,{PATIENT},"a, b",\n{ENCOUNTER},10,{PATIENT},,9\n'
    ),
}


@pytest.fixture
def copied(tmp_path: Path) -> dict[str, list[dict[str, str]]]:
    """The rows of every file of three copies."""
    (tmp_path / "source").mkdir()
    for name, text in FILES.items():
        (tmp_path / "source" / f"{name}.csv").write_text(text)
    copy_export(tmp_path / "source", tmp_path / "out", 3)
    return {name: list(csv.DictReader((tmp_path / "out" / f"{name}.csv").open())) for name in FILES}


def test_the_first_copy_is_the_source(copied: dict[str, list[dict[str, str]]]) -> None:
    assert copied["patients"][0] == {"Id": PATIENT, "FIRST": "Zoë"}
    assert [row["CHARGEID"] for row in copied["claims_transactions"][:2]] == ["9", "10"]


def test_every_copy_has_ids_of_its_own_that_lead_to_its_own_rows(copied: dict[str, list[dict[str, str]]]) -> None:
    patients = [row["Id"] for row in copied["patients"]]
    encounters = [row["Id"] for row in copied["encounters"]]
    assert len({*patients, *encounters}) == 6
    assert [row["PATIENT"] for row in copied["encounters"]] == patients


def test_organizations_are_written_once_and_referred_to_by_all(copied: dict[str, list[dict[str, str]]]) -> None:
    assert [row["Id"] for row in copied["organizations"]] == [ORGANIZATION]
    assert {row["ORGANIZATION"] for row in copied["encounters"]} == {ORGANIZATION}


def test_counters_stay_unique_and_in_order(copied: dict[str, list[dict[str, str]]]) -> None:
    rows = copied["claims_transactions"]
    charges = [int(row["CHARGEID"]) for row in rows]
    assert charges == sorted(set(charges))
    assert [row["TRANSFEROUTID"] for row in rows[1::2]] == [row["CHARGEID"] for row in rows[::2]]
    assert [row["NOTES"] for row in rows] == ["a, b", ""] * 3


def test_a_number_of_copies_that_makes_no_sense_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="between 1 and"):
        copy_export(tmp_path, tmp_path / "out", 0)
