"""What dbt built in a warehouse: its files, and its tables for the comparison with a DuckDB file of the same input."""

from collections.abc import Mapping
from pathlib import Path

import duckdb

from tests.loader.command_line import Rows
from tests.spark.warehouse import Files, warehouse_of
from tests.support.comparison import Reader, Table, reading

Environment = Mapping[str, str]
# What stays between builds or leaves the project: CDM, rates, the results of the checks, and the numbers handed out.
STORED = """
    select table_schema, table_name
    from information_schema.tables
    where table_type = 'BASE TABLE'
        and (table_schema in ('omop', 'rates', 'quality') or table_name like 'int\\_keys\\_\\_%' escape '\\')
    order by all
"""


def built_files(environment: Environment) -> Files:
    """Every Parquet file of the tables that dbt made, each with what says whether it is another one."""
    return _files(warehouse_of(environment), "*.db")


def published_files(environment: Environment) -> Files:
    """Those that `run --publish` has given to readers, by the names that they were built under."""
    found = _files(warehouse_of(environment) / "published" / "current", "*")
    return {name.replace("/", ".db/", 1): file for name, file in found.items()}


def _files(folder: Path, schemas: str) -> Files:
    return {
        str(path.relative_to(folder)): (path.stat().st_ino, path.stat().st_mtime_ns)
        for path in folder.glob(f"{schemas}/**/*.parquet")
    }


def builds(environment: Environment, sql: str) -> Rows:
    """The rows of a query on `builds`, what dbt has written into the ledger: a row at the start and one at the end."""
    with duckdb.connect() as connection:
        files = warehouse_of(environment) / "etl" / "build" / "[!._]*.parquet"
        connection.execute(f"create view builds as select * from read_parquet('{files}')")
        return connection.execute(sql).fetchall()


def both_tables(
    spark: Environment, duckdb_environment: Environment, folder: Path
) -> tuple[dict[str, Table], dict[str, Table]]:
    """The stored tables of both, in memory. Partition columns are no columns of a model, and so are left out."""
    views = folder / "warehouse.duckdb"
    with reading(duckdb_environment) as reader:
        names = [(schema, table) for schema, table in reader.query(STORED)]
        columns = {name: reader.columns(f"select * from {'.'.join(name)}") for name in names}
        left = _tables(reader, names)
    with duckdb.connect(str(views)) as connection:
        for schema, table in names:
            connection.execute(f"create schema if not exists {schema}")
            files = warehouse_of(spark) / f"{schema}.db" / table
            connection.execute(f"create table {schema}.{table} as {_rows(files, columns[schema, table])}")
    with reading({"SYNTHEA_OMOP_TARGET": "duckdb", "SYNTHEA_OMOP_DATABASE": str(views)}) as reader:
        right = _tables(reader, names)
    views.unlink()
    return left, right


def _rows(files: Path, columns: list[str]) -> str:
    """The query of a table's rows; one whose rows lie in partitions has no file while it has no row."""
    quoted = [f'"{column}"' for column in columns]
    if any(files.rglob("*.parquet")):
        return f"select {', '.join(quoted)} from read_parquet('{files}/**/*.parquet', hive_partitioning = true)"
    return f"select {', '.join(f'null as {column}' for column in quoted)} where false"


def _tables(reader: Reader, names: list[tuple[str, str]]) -> dict[str, Table]:
    tables = {}
    for name in (".".join(parts) for parts in names):
        table = reader.table(name)
        tables[name] = Table(table.columns, sorted(table.rows))
    return tables
