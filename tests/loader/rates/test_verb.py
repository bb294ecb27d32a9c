"""The verb `rates` as a user calls it: what it refuses, what it says, and that a run leaves the star built."""

from collections.abc import Mapping
from pathlib import Path

import duckdb
import pytest

from bench.tic import Kind, document, write_json
from bench.tic_flattened import write_small
from tests.loader.command_line import execute, fail, query, succeed
from tests.loader.rates.loads import ledger, load
from tests.support.commands import CommandFailedError, synthea_omop
from tests.support.environments import REPOSITORY, engine_of

Environment = Mapping[str, str]
EXAMPLE = REPOSITORY / "seeds" / "demo" / "rates"


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ((), "Give the files"),
        (("--input-dir", "in", "--rates", "a.json"), "not both"),
        (("--rates", "a.json", "--state", "Georgia"), "no state like GA"),
        (("--rates", "a.json", "--location", "a.json"), "no URL=FILE"),
        (("--rates", "a.json", "--max-rejects", "some"), "no number of rows"),
        (("--rates", "a.json", "--chunk-size", "0"), "--chunk-size"),
        (("--rates", "a.json", "--memory-limit", "much"), "no amount of memory"),
    ],
)
def test_wrong_usage_is_told(duckdb_environment: Environment, arguments: tuple[str, ...], reason: str) -> None:
    assert reason in fail(duckdb_environment, "rates", "--payer", "northwind", *arguments, code=2)


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("--rates", "nowhere.json"), "nowhere.json does not exist"),
        (("--input-dir", "nowhere"), "nowhere is not a folder"),
        (("--rates", "README.md"), "rates are read from files that end with .parquet"),
        (("--rates", "northwind.json", "--providers", "p.parquet"), "1 --providers and 0 flattened --rates"),
    ],
)
def test_files_that_are_none_are_told(duckdb_environment: Environment, arguments: tuple[str, ...], reason: str) -> None:
    assert reason in fail(duckdb_environment, "rates", "--payer", "northwind", *arguments)
    assert not Path(duckdb_environment["SYNTHEA_OMOP_DATABASE"]).exists()


def test_a_wrong_payer_deletes_nothing_with_the_force_option_either(
    engine_environment: Environment, tmp_path: Path
) -> None:
    write_small(tmp_path, document(Kind(rates=20)))
    load(engine_environment, folder=tmp_path)
    said = fail(
        engine_environment, "rates", "--payer", "northwnd", "--input-dir", tmp_path, "--force-cleanup"
    )
    assert "no file of payer 'northwnd'" in said and "202508_northwind_ga_rates.parquet" in said
    assert {outcome for (outcome,) in ledger(engine_environment, "outcome")} == {"loaded"}


def test_a_payer_is_found_by_whole_words_of_a_file_name(duckdb_environment: Environment, tmp_path: Path) -> None:
    write_json(tmp_path / "2025-08-01_blue-cross_in-network-rates.json", Kind(rates=20))
    command = ("--input-dir", tmp_path, "--dry-run")
    assert "would load" in succeed(duckdb_environment, "rates", "--payer", "Blue Cross", *command)
    for payer in ("net", "cros"):
        assert f"holds no file of payer {payer!r}" in fail(duckdb_environment, "rates", "--payer", payer, *command)


def test_a_dry_run_changes_nothing(duckdb_environment: Environment, tmp_path: Path) -> None:
    rates, providers = write_small(tmp_path, document(Kind(rates=20)))
    command = ("rates", "--payer", "northwind", "--input-dir", tmp_path, "--dry-run", "--memory-limit", 512)
    said = succeed(duckdb_environment, *command)
    assert f"would load {rates} (flattened rates" in said and "20 rows): new" in said and "memory limit 512 MB" in said
    assert not Path(duckdb_environment["SYNTHEA_OMOP_DATABASE"]).exists()
    load(duckdb_environment, rates, providers=[providers])
    said = succeed(duckdb_environment, *command, "--force-cleanup")
    assert f"would withdraw {providers.name}" in said and "replaces or repeats the loaded file" in said
    assert len(ledger(duckdb_environment)) == 2
    said = fail(duckdb_environment, "rates", "--payer", "northwind", "--remove", "nowhere.csv", "--dry-run")
    assert "nowhere.csv is no loaded file" in said and providers.name in said


def test_an_export_of_nothing_and_one_that_cannot_be_written_are_told(
    engine_environment: Environment, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    command = ("rates", "--payer", "northwind", "--export", tmp_path / "file")
    said = fail(engine_environment, *command)
    assert "No rates were built yet" in said and "--input-dir" in said
    execute(engine_environment, "create schema rates; create table rates.fact_rate (fact_uid text)")
    assert "cannot be exported to" in fail(engine_environment, *command)


def test_a_run_builds_sums_up_and_exports(engine_environment: Environment, tmp_path: Path) -> None:
    def rates(*arguments: object) -> str:
        return synthea_omop("rates", "--payer", "northwind", *map(str, arguments), environment=engine_environment)

    said = rates("--input-dir", EXAMPLE, "--export", tmp_path / "out", "--no-tests")
    read, loaded, duplicate, rejected, out = (
        int(figure.split()[0].replace(",", "")) for figure in _line(said, "Rows: ").split(", ")
    )
    assert read == loaded + rejected and loaded == duplicate + out and out > 0
    facts = query(engine_environment, "select count(*) from rates.fact_rate")[0][0]
    assert f"fact_rate {facts:,}" in said and "MB allowed" in said
    written = f"'{tmp_path}/out/gold/fact_rate.parquet'"
    exported = duckdb.execute(f"select count(distinct fact_uid) from {written}").fetchall()
    assert exported == query(engine_environment, "select count(distinct fact_uid) from rates.fact_rate")
    assert query(engine_environment, "select count(*) from etl.rate_file where built_at is null") == [(0,)]

    if engine_of(engine_environment) == "postgres":
        # What follows is the verb's own; that files come and go on both engines is pipeline/test_rates.py's.
        return
    nothing = "Nothing has changed since the rates were built"
    assert nothing in rates("--input-dir", EXAMPLE, "--no-tests")
    assert nothing not in rates("--input-dir", EXAMPLE), "no data test has seen them"
    assert nothing in rates("--input-dir", EXAMPLE)

    path = write_json(tmp_path / "northwind.json", Kind(rates=200, seed=3))
    rates("--rates", path)
    more = query(engine_environment, "select count(*) from rates.fact_rate")[0][0]
    assert more > facts
    said = rates("--remove", path.name)
    assert f"Withdrawn: {path.name}" in said
    assert query(engine_environment, "select count(*) from rates.fact_rate")[0][0] == facts


def test_a_build_that_fails_leaves_the_load_and_is_made_up_for(
    duckdb_environment: Environment, tmp_path: Path
) -> None:
    path = write_json(tmp_path / "northwind.json", Kind(rates=20))
    broken = dict(duckdb_environment) | {"DBT_TARGET_PATH": "/dev/null/nowhere"}
    with pytest.raises(CommandFailedError, match="exit code 3"):
        synthea_omop("rates", "--payer", "northwind", "--rates", str(path), environment=broken)
    assert ledger(duckdb_environment, "outcome, built_at") == [("loaded", None)]
    said = synthea_omop("rates", "--payer", "northwind", "--rates", str(path), environment=duckdb_environment)
    assert "left alone" in said and "fact_rate 20" in said


def _line(said: str, start: str) -> str:
    return next(line for line in said.splitlines() if line.startswith(start)).removeprefix(start)
