"""Every golden case on Spark: the rows that DuckDB has, which the cases themselves are held against."""

from pathlib import Path

import pytest

from tests.golden.cases import all_cases
from tests.golden.export import write_exports, write_vocabulary
from tests.spark.tables import both_tables
from tests.support.commands import dbt, synthea_omop
from tests.support.comparison import assert_same_tables
from tests.support.environments import duckdb_environment, spark_environment

pytestmark = pytest.mark.spark


def test_all_cases_become_the_rows_of_duckdb(tmp_path: Path) -> None:
    vocabulary, exports = write_vocabulary(tmp_path / "vocabulary"), write_exports(all_cases(), tmp_path / "exports")
    (tmp_path / "duckdb").mkdir()
    spark, duckdb = spark_environment(tmp_path / "spark"), duckdb_environment(tmp_path / "duckdb")
    for environment in (spark, duckdb):
        synthea_omop("vocabulary", str(vocabulary), environment=environment)
        for export in exports:
            synthea_omop("load", str(export), environment=environment)
        dbt("build", "--selector", "cdm", "--resource-type", "seed", "--resource-type", "model", environment=environment)
    assert_same_tables(*both_tables(spark, duckdb, tmp_path), ("duckdb", "spark"))
