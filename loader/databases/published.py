"""What Spark reads of a warehouse, written as Parquet: whole tables, and of the big ones the buckets that changed."""

from pathlib import Path

from loader.databases.base import Database, literal, quoted
from loader.databases.parquet import PARQUET
from loader.databases.snapshots import COLUMNS, Snapshots
from loader.databases.tables import LEDGER, LEDGER_OF_RATES, RATES, RATES_SENTINEL, RAW, SENTINEL, VOCABULARY, Table
from loader.load.raw_tables import RAW_TABLES, Column

BUCKET = "person_bucket"
BUCKETS = Table("etl", "person_buckets", (Column("buckets", "integer"),))
# Rows are only ever added to it, so each load adds a file.
_CHANGES = next(table for table in LEDGER if table.name == "patient_change")
_OF_LOADS = tuple(table for table in LEDGER if table.name in ("load_batch", "load_file", "rejected_row"))
PUBLISHED = (
    *RAW, SENTINEL, *VOCABULARY, *_OF_LOADS, _CHANGES, BUCKETS, *RATES, RATES_SENTINEL, *LEDGER_OF_RATES,
)
# Written anew with every state: all of them are small.
_ALWAYS = (SENTINEL, *_OF_LOADS, BUCKETS, RATES_SENTINEL, *LEDGER_OF_RATES)
# A bucket for so many patients; every one has files of its own in each table, which are opened one by one.
PATIENTS_A_BUCKET, FEWEST_BUCKETS, MOST_BUCKETS = 1024, 8, 4096

# The files of payers that came or went since the last state.
_MOVED_RATES = """
    select coalesce(now.file_id, before.file_id)
    from (select file_id, outcome, loaded_at from etl.rate_file) as now
    full join published.rate_file as before
        on now.file_id = before.file_id and now.outcome = before.outcome and now.loaded_at = before.loaded_at
    where now.file_id is null or before.file_id is null"""


def partition_of(table: Table) -> str | None:
    """The column by whose values the files of a table lie in folders."""
    if table in RAW and RAW_TABLES[table.name].patient_column:
        return BUCKET
    return "file_id" if table in RATES else None


def buckets_for(patients: int) -> int:
    """So many buckets for so many patients: a power of two."""
    wanted = 1 << max(-(-patients // PATIENTS_A_BUCKET) - 1, 0).bit_length()
    return min(max(wanted, FEWEST_BUCKETS), MOST_BUCKETS)


class Published:
    """The states of a warehouse, and what is to be written for the next one: `stale` (name, part), the bucket or file
    of a table whose rows moved, or no part when all of them did.
    """

    def __init__(self, database: Database, snapshots: Snapshots, wanted: int | None) -> None:
        self._database, self._snapshots, self._wanted = database, snapshots, wanted

    def create_tables(self) -> None:
        """Make what the database has to remember of it."""
        for statement in (
            "create schema if not exists etl; create schema if not exists published",
            "create table if not exists published.stale (name text, part integer)",
            "create table if not exists published.state (version bigint, batch_id bigint, change_id bigint)",
            "create table if not exists published.rate_file (file_id integer, outcome text, loaded_at timestamp)",
            f"create table if not exists {_quoted(BUCKETS)} (buckets integer)",
        ):
            self._database.execute(statement)

    @property
    def version(self) -> int:
        """The state of the database; 0 before the first one."""
        version: int = self._database.query("select coalesce(max(version), 0) from published.state")[0][0]
        return version

    @property
    def buckets(self) -> int | None:
        """How many buckets there are, from the first patient on."""
        buckets: int | None = self._database.query(f"select max(buckets) from {_quoted(BUCKETS)}")[0][0]
        return buckets

    def moved(self, table: Table, keys: str | None, nobodys: bool = False) -> None:
        """Rows of the table with these keys (a query) are others now; without keys all of them."""
        part = self._bucket("key") if keys and partition_of(table) else "null"
        keys = " union all ".join([f"select * from ({keys or 'select null'})", *(["select null"] if nobodys else [])])
        self._database.execute(
            f"insert into published.stale select distinct {literal(_named(table))}, {part} from ({keys}) as moved (key)"
        )

    def is_stale(self) -> bool:
        """Whether a load has come to its end that readers have not seen. What it has emptied before is not shown."""
        is_stale: bool = self._database.query(
            f"""select not exists (select 1 from published.state)
                or (select max(batch_id) from etl.load_batch where outcome = 'loaded')
                    > (select max(batch_id) from published.state)
                or exists ({_MOVED_RATES})"""
        )[0][0]
        return is_stale

    def write(self) -> int:
        """Write the state of the open transaction, which nobody sees yet; its number."""
        database, former = self._database, self.version
        version = former + 1
        self._set_buckets()
        self._snapshots.begin(version)
        for table in PUBLISHED:
            self._write_table(table, version, former)
        database.execute("delete from published.stale")
        database.execute("delete from published.state")
        database.execute(
            """insert into published.state select ?,
                (select coalesce(max(batch_id), 0) from etl.load_batch where outcome = 'loaded'),
                (select coalesce(max(change_id), 0) from etl.patient_change)""",
            (version,),
        )
        database.execute("delete from published.rate_file")
        database.execute("insert into published.rate_file select file_id, outcome, loaded_at from etl.rate_file")
        self._snapshots.settle()
        return version

    def _set_buckets(self) -> None:
        patients = self._database.query("select count(*) from raw_synthea.patients")[0][0]
        if patients and not self.buckets:
            self._database.execute(
                f"insert into {_quoted(BUCKETS)} values (?)", (self._wanted or buckets_for(patients),)
            )
            # Rows of patients who are not known yet may have come before: they lie in the first bucket.
            for table in RAW:
                self.moved(table, None)

    def _write_table(self, table: Table, version: int, former: int) -> None:
        name, partition = f"{table.schema}/{table.name}", partition_of(table)
        folder = self._snapshots.folder(version) / name
        parts = self._stale_parts(table)
        if not former or table in _ALWAYS or None in parts:
            self._write_rows(table, folder, version)
        elif table == _CHANGES:
            self._snapshots.keep(version, former, name)
            self._write_rows(table, folder, version, "change_id > (select max(change_id) from published.state)")
        else:
            self._snapshots.keep(version, former, name, {f"{partition}={part}" for part in parts})
            if parts:
                self._write_rows(table, folder, version, f"{self._part(table)} in ({', '.join(map(str, parts))})")
        if partition:
            self._write_columns(table, folder / f"{partition}=0" / COLUMNS)

    def _stale_parts(self, table: Table) -> list[int | None]:
        if table in RATES:
            found = self._database.query(_MOVED_RATES)
        else:
            found = self._database.query("select distinct part from published.stale where name = ?", (_named(table),))
        return [part for (part,) in found]

    def _write_rows(self, table: Table, folder: Path, version: int, condition: str = "true") -> None:
        folder.mkdir(parents=True, exist_ok=True)
        partition, target, how = partition_of(table), folder / f"{version:06d}-0.parquet", PARQUET
        columns = [*map(_spelled, table.columns)]
        if partition:
            target = folder
            how += f", partition_by ({partition}), filename_pattern '{version:06d}-{{i}}', overwrite_or_ignore true"
            if partition == BUCKET:
                columns.append(f"{self._part(table)} as {BUCKET}")
        self._database.execute(
            f"copy (select {', '.join(columns)} from {_quoted(table)} where {condition})"
            f" to {literal(str(target))} ({how})"
        )

    def _write_columns(self, table: Table, path: Path) -> None:
        if path.exists():
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        names = ", ".join(_spelled(column) for column in table.columns if column.name != partition_of(table))
        self._database.execute(
            f"copy (select {names} from {_quoted(table)} limit 0) to {literal(str(path))} ({PARQUET})"
        )

    def _part(self, table: Table) -> str:
        """The SQL of the part that a row of the table is in."""
        key = RAW_TABLES[table.name].patient_column if table in RAW else None
        return self._bucket(quoted(key)) if key else quoted(partition_of(table) or "")

    def _bucket(self, key: str) -> str:
        return f"coalesce(cast(md5_number_upper(cast({key} as text)) % {self.buckets or 1} as integer), 0)"


def _named(table: Table) -> str:
    return f"{table.schema}.{table.name}"


def _quoted(table: Table) -> str:
    return quoted(table.schema, table.name)


def _spelled(column: Column) -> str:
    """A column as Spark reads it: it has no type for ids."""
    name = quoted(column.name)
    return f"cast({name} as text) as {name}" if column.type == "uuid" else name
