"""Flattened rates and providers, Parquet or CSV: both generations of columns, any type of them, into one shape.

DuckDB reads the files on either engine. Every value arrives as the text that the file has; a list becomes JSON text.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb

from loader.csv_file import CsvFile, read_rows
from loader.databases.base import Ask, Database, literal, quoted
from loader.databases.duckdb import without_wildcards
from loader.databases.streams import reading_session
from loader.errors import LoaderError
from loader.folders import TemporaryFolder
from loader.rates.tables import PROVIDER_COLUMNS, RATE_COLUMNS, RATES_LEDGER

RATES, PROVIDERS = "flattened rates", "flattened providers"
COLUMNS = {RATES: RATE_COLUMNS, PROVIDERS: PROVIDER_COLUMNS}
TABLES = {RATES: "flattened_rate", PROVIDERS: "flattened_provider"}
REQUIRED = {
    RATES: ("provider_reference_id", "negotiated_rate", "billing_code"), PROVIDERS: ("provider_group_id", "npi"),
}
# In files of other extractors the id of the group may stand here.
OTHER_NAMES = {"provider_reference_id": ("provider_group_id", "provider_group_id_raw")}
IDS = ("provider_reference_id", "provider_group_id")
# DuckDB keeps what it cannot read of a CSV file in these tables of its session.
REJECTS, REJECTED_SCANS = "rejected_rates", "scans_of_rejected_rates"
DELIMITERS = ",;\t|"
# So many rejected rows of a file are kept; all are counted.
MOST_REJECTS = 100_000
_WHOLE_NUMBERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT")


@dataclass(frozen=True)
class Flattened:
    """A file that was looked at: how DuckDB reads it, and the expression of each column that it fills.

    `rows` is known of Parquet only, which can be read from any row on. `bad_rate` is a condition on its rows.
    `header` says what the fields are called in the file.
    """

    path: Path
    kind: str
    reader: str
    fields: dict[str, str]
    header: dict[str, str]
    unknown: tuple[str, ...]
    rows: int | None = None
    bad_rate: str | None = None
    last_updated_on: str | None = None


@dataclass(frozen=True)
class _Source:
    """A column of the file: what DuckDB calls it, and its type."""

    field: str
    type: str


def described(path: Path, kind: str, reader_memory: str) -> Flattened:
    """What a file holds; LoaderError when it is damaged or lacks a column that is needed."""
    is_parquet = path.name.lower().endswith(".parquet")
    with reading_session(reader_memory) as connection:
        try:
            if is_parquet:
                reader = f"read_parquet({_place(path)}, file_row_number = true)"
                names = {
                    name: _Source(name, type_) for name, type_, *_ in
                    connection.execute(f"describe select * from {reader}").fetchall() if name != "file_row_number"
                }
            else:
                reader, names = _csv_reader(path)
            found = {name.lower(): source for name, source in names.items()}
            sources = {
                column: [found[name] for name in (column, *OTHER_NAMES.get(column, ())) if name in found]
                for column in COLUMNS[kind]
            }
            for column in REQUIRED[kind]:
                if not sources[column]:
                    raise LoaderError(
                        f"{path}: the column {column} of {kind} is missing; it has {', '.join(names) or 'none'}."
                        " Flatten the payer's file again; nothing was changed."
                    )
            rows = connection.execute(f"select count(*) from {reader}").fetchall()[0][0] if is_parquet else None
            last = None
            if date := sources["last_updated_on"]:
                last = connection.execute(
                    f"select cast({quoted(date[0].field)} as varchar) from {reader}"
                    f" where {quoted(date[0].field)} is not null limit 1"
                ).fetchall()
        except duckdb.Error as error:
            raise unreadable(path, error) from error
    fields = {column: _expression(column, ones) for column, ones in sources.items() if ones}
    known = {source for ones in sources.values() for source in ones}
    unknown = tuple(name for name, source in names.items() if source not in known)
    bad_rate = None
    if is_parquet and kind == RATES and not _is_number(sources["negotiated_rate"][0].type):
        rate = quoted(sources["negotiated_rate"][0].field)
        bad_rate = f"try_cast(trim({rate}) as double) is null and trim({rate}) <> ''"
    header = {source.field: name for name, source in names.items()}
    return Flattened(path, kind, reader, fields, header, unknown, rows, bad_rate, last[0][0] if last else None)


def copy_flattened(
    database: Database, file: Flattened, file_id: int, chunk_size: int, reader_memory: str
) -> tuple[int, int]:
    """Copy a file into its raw table, inside the transaction; rows loaded and rejected."""
    target = quoted("raw_rates", TABLES[file.kind])
    names = ["file_id", *file.fields]
    chosen = f"select {file_id}, {', '.join(file.fields.values())} from {file.reader}"
    good = [f"({file.bad_rate}) is not true"] if file.bad_rate else []
    rejected = 0

    def count_rejects(ask: Ask) -> None:
        nonlocal rejected
        rejected = ask(f"select count(distinct line) from {quoted(REJECTS)}")[0][0]
        if rejected:
            _keep(database, file_id, [
                (line, f"line {line}", name := file.header.get(field), None, reason.replace(field, name or field), raw)
                for line, field, reason, raw in ask(
                    "select line, coalesce(min(column_name), ''), min(error_message), min(left(csv_line, 10000))"
                    f" from {quoted(REJECTS)} group by line order by line limit {MOST_REJECTS}"
                )
            ])
        for table in (REJECTS, REJECTED_SCANS):
            ask(f"drop table if exists {quoted(table)}")

    try:
        loaded = 0
        for part in _parts(file, chunk_size):
            wanted = [*part, *good]
            loaded += database.fill(
                target, names, chosen + (f" where {' and '.join(wanted)}" if wanted else ""), reader_memory,
                None if file.rows is not None else count_rejects,
            )
        if file.bad_rate:
            rejected = _reject_rates(database, file, file_id, reader_memory)
    except duckdb.Error as error:
        raise unreadable(file.path, error) from error
    return loaded, rejected


def _parts(file: Flattened, chunk_size: int) -> Iterator[list[str]]:
    """Conditions that part the rows into chunks; DuckDB leaves out the row groups that a condition excludes."""
    if not file.rows or file.rows <= chunk_size:
        yield []
        return
    for start in range(0, file.rows, chunk_size):
        yield [f"file_row_number >= {start}", f"file_row_number < {start + chunk_size}"]


def _reject_rates(database: Database, file: Flattened, file_id: int, reader_memory: str) -> int:
    """Set the rows of a Parquet file apart whose rate is a text and no number."""
    with reading_session(reader_memory) as connection:
        bad: int = connection.execute(f"select count(*) from {file.reader} where {file.bad_rate}").fetchall()[0][0]
        if bad:
            _keep(database, file_id, connection.execute(
                "select file_row_number + 1, concat('row ', file_row_number + 1), 'negotiated_rate', negotiated_rate,"
                " 'the rate is no number', left(cast(to_json(rejected) as varchar), 10000)"
                f" from {file.reader} as rejected where {file.bad_rate} order by 1 limit {MOST_REJECTS}"
            ).fetchall())
    return bad


def _keep(database: Database, file_id: int, rows: list[tuple[object, ...]]) -> None:
    columns = RATES_LEDGER["rejected_rate"]
    with TemporaryFolder("rejects") as folder:
        path = Path(folder) / "rejected_rate.csv"
        with path.open("w", encoding="utf-8", newline="") as stream:
            csv.writer(stream, lineterminator="\n").writerows((file_id, *row) for row in rows)
        file = CsvFile(path, tuple(column.name for column in columns), columns, has_header=False)
        database.copy(file, quoted("etl", "rejected_rate"), {}, lambda _: None)


def _csv_reader(path: Path) -> tuple[str, dict[str, _Source]]:
    """How DuckDB reads a CSV file, line by line into texts; what it cannot read it keeps in a table of the session."""
    header = next(iter(read_rows(path, 1, "\n")), [""])[0]
    delimiter = max(DELIMITERS, key=header.count)
    fields = next(iter(read_rows(path, 1, delimiter)), [])
    # Fields are called c0, c1, ...: a header is data of somebody else's and may repeat a name.
    names = {name.strip(): _Source(f"c{position}", "VARCHAR") for position, name in enumerate(fields)}
    for name, source in names.items():
        if name.lower() == "negotiated_rate":
            names[name] = _Source(source.field, "DOUBLE")
    types = {f"c{position}": "varchar" for position in range(len(fields))}
    types |= {source.field: source.type for source in names.values()}
    columns = ", ".join(f"{literal(name)}: {literal(type_)}" for name, type_ in types.items())
    packed = "gzip" if path.name.lower().endswith(".gz") else "none"
    return (
        f"read_csv({_place(path)}, auto_detect = false, header = true, columns = {{{columns}}},"
        f" delim = {literal(delimiter)}, quote = '\"', escape = '\"', nullstr = '', allow_quoted_nulls = false,"
        f" compression = '{packed}', store_rejects = true, rejects_table = {literal(REJECTS)},"
        f" rejects_scan = {literal(REJECTED_SCANS)})"
    ), names


def _expression(column: str, sources: list[_Source]) -> str:
    """The expression that gives a column of any type as the raw table has it."""
    texts = [_text(column, source) for source in sources]
    return texts[0] if len(texts) == 1 else f"coalesce({', '.join(texts)})"


def _text(column: str, source: _Source) -> str:
    field = quoted(source.field)
    if column == "negotiated_rate":
        return f"cast({field} as double)" if _is_number(source.type) else f"try_cast(trim({field}) as double)"
    if source.type.endswith("]") or source.type.startswith(("STRUCT", "MAP")):
        return f"cast(to_json({field}) as varchar)"
    if source.type.startswith(_WHOLE_NUMBERS):
        return f"cast({field} as varchar)"
    # PostgreSQL has no place for NUL characters.
    text = f"replace(cast({field} as varchar), chr(0), '\\x00')"
    # 12.0 in a file that another program wrote is the group 12.
    return f"regexp_replace(trim({text}), '^(-?[0-9]+)[.]0*$', '\\1')" if column in IDS else text


def _is_number(type_: str) -> bool:
    return type_.startswith((*_WHOLE_NUMBERS, "DOUBLE", "FLOAT", "DECIMAL"))


def _place(path: Path) -> str:
    return literal(without_wildcards(str(path)))


def unreadable(path: Path, error: Exception) -> LoaderError:
    """What to say about a file that DuckDB's readers do not take."""
    reason = " ".join(str(error).split())[:500]
    return LoaderError(f"{path}: cannot be read ({reason}). Download or make it again; nothing of this load was kept.")
