"""What a load of rates leaves for Spark: the rows of each payer's file in a folder of its own."""

from collections.abc import Mapping
from pathlib import Path

import duckdb

from loader.databases.tables import RATES
from loader.settings import PROJECT_DIR
from tests.loader.interruption import kill_at
from tests.spark.warehouse import files, seen
from tests.support.environments import duckdb_environment

Environment = Mapping[str, str]
PAYER = ("rates", "--payer", "northwind", "--state", "GA")
FOLDER = PROJECT_DIR / "seeds" / "demo" / "rates"


def load(environment: Environment, *options: object) -> None:
    """Load without building: whoever is killed there has committed the load."""
    kill_at(environment, "loader.rates.command", "_built", "before", *PAYER, *options)


def test_readers_see_the_rows_of_the_files_that_stand(spark_environment: Environment, tmp_path: Path) -> None:
    other = duckdb_environment(tmp_path)
    for environment in (spark_environment, other):
        load(environment, "--input-dir", FOLDER)
    with duckdb.connect(other["SYNTHEA_OMOP_DATABASE"]) as connection:
        counts = {}
        for table in RATES:
            names = ", ".join(column.name for column in table.columns)
            query = f"select {names} from raw_rates.{table.name} order by all"
            found = connection.execute(query).fetchall()
            counts[table.name] = len(found)
            assert seen(spark_environment, query) == found, table
    assert any(counts.values())

    stands = "select file_id, file_name from etl.rate_file where outcome = 'loaded' order by 1"
    (file_id, name), *others = seen(spark_environment, stands)
    before = files(spark_environment)
    load(spark_environment, "--remove", name)
    assert seen(spark_environment, stands) == others
    after = files(spark_environment)
    changed = {path for path in before.keys() | after.keys() if before.get(path) != after.get(path)}
    of_rates = {path for path in changed if path.startswith("raw_rates/") and "/alive/" not in path}
    assert of_rates and not of_rates & after.keys()
    assert {Path(path).parts[2] for path in of_rates} == {f"file_id={file_id}"}
    assert not any(path.startswith(("raw_synthea/patients", "raw_vocabulary/")) for path in changed)
