"""The verb `check`: what an export holds, without a database."""

from collections.abc import Mapping
from pathlib import Path

from tests.loader.command_line import call, fail, succeed
from tests.loader.exports import ANN, BEN, CLINIC, ENCOUNTERS, VISIT, condition, encounter, export, patient, write
from tests.support.environments import REPOSITORY

Environment = Mapping[str, str]


def test_a_good_export_has_its_release_files_and_rows(duckdb_environment: Environment) -> None:
    output = succeed(duckdb_environment, "check", REPOSITORY / "seeds" / "demo" / "synthea")
    assert "release line v3.3, 18 files" in output
    assert "claims_transactions.csv" in output and "6,255" in output
    assert "Missing" not in output and "Every reference between the files resolves" in output
    assert "observations: 7 exact duplicate rows" in output
    assert not Path(duckdb_environment["SYNTHEA_OMOP_DATABASE"]).exists()


def test_what_is_missing_repeated_unknown_or_leads_nowhere_is_said(
    duckdb_environment: Environment, tmp_path: Path
) -> None:
    export(tmp_path, patient(ANN), conditions=(condition(ANN, "1"), condition(ANN, "1"), condition(BEN, "2")))
    lost = encounter(3, BEN).replace(CLINIC, VISIT + "9")
    write(tmp_path / "encounters.csv", ENCOUNTERS + ",EXTRA", f"{encounter(1, ANN)},", f"{encounter(1, ANN)},",
          f"{encounter(2, BEN)},", f"{lost},")
    write(tmp_path / "symptoms.csv", "PATIENT,GENDER", f"{ANN},F")
    output = succeed(duckdb_environment, "check", tmp_path)
    assert "symptoms.csv is no file of a Synthea export" in output
    assert "encounters.csv: no release has the column EXTRA" in output
    assert "writes them by default:" in output and "medications.csv" in output and "claims.csv" not in output
    assert "conditions: 1 exact duplicate row; all kept." in output
    assert "encounters: 1 exact duplicate row, 1 row with a repeated id; all kept." in output
    assert "encounters.patient: 2 rows refer to 1 patients that are not in the export" in output
    assert "encounters.organization: 1 row refer to 1 organizations that are not in the export" in output
    assert "conditions.patient: 1 row refer to 1 patients" in output


def test_an_export_with_bad_rows_cannot_be_loaded_as_it_is(duckdb_environment: Environment, tmp_path: Path) -> None:
    export(tmp_path, patient(ANN))
    write(tmp_path / "encounters.csv", ENCOUNTERS, encounter(1, ANN), "<html>", encounter(2, "nobody"))
    result = call(duckdb_environment, "check", tmp_path)
    assert result.exit_code == 1
    assert 'encounters.csv, line 4, column PATIENT: "nobody" is no id (a UUID)' in result.stdout
    assert "can only be loaded with --max-rejects 2 or more" in result.stderr


def test_what_is_no_export_ends_with_1(duckdb_environment: Environment, tmp_path: Path) -> None:
    assert "is no Synthea export" in fail(duckdb_environment, "check", tmp_path)
