"""The star of the rates on Spark: DuckDB's rows and published keys, whatever comes and goes."""

from pathlib import Path

import pytest

from bench.tic_flattened import write_flattened
from tests.spark.tables import both_tables
from tests.support.commands import synthea_omop
from tests.support.comparison import assert_same_tables
from tests.support.environments import duckdb_environment, spark_environment
from tests.support.rates import Loading, build_rates
from tests.support.rates_cases import load_all

pytestmark = pytest.mark.spark

RATES = 300_000


def test_rates_are_those_of_duckdb(tmp_path: Path) -> None:
    """The cases, the worked example among them; then one of them goes and a large file comes."""
    spark, duckdb = spark_environment(tmp_path / "spark"), duckdb_environment(tmp_path / "duckdb")
    loadings = []
    for environment, name in ((spark, "spark"), (duckdb, "duckdb")):
        (folder := tmp_path / name / "files").mkdir(parents=True)
        loadings.append(Loading(environment, folder))
        with loadings[-1].open():
            load_all(loadings[-1], folder)
        build_rates(environment)
    assert_same_tables(*both_tables(spark, duckdb, tmp_path), ("duckdb", "spark"))

    rates, providers = write_flattened(tmp_path, RATES)
    gone = [f"202508_withdrawn_ga_{kind}.csv" for kind in ("rates", "providers")]
    for loading in loadings:
        with loading.open():
            loading.files("withdrawn", [], remove=gone)
        files = ("--rates", str(rates), "--providers", str(providers))
        synthea_omop("rates", "--payer", "many", "--state", "GA", *files, environment=loading.environment)
    tables = both_tables(spark, duckdb, tmp_path)
    assert_same_tables(*tables, ("duckdb", "spark"))
    # The file tells most of its prices several times.
    assert len(tables[1]["rates.fact_rate"].rows) > RATES / 10
