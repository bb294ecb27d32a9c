"""What each patient's lines hash to: a whole export that came again is known by it without parsing a single value.

DuckDB only: its reader goes through the lines several times as fast as through typed columns. Equal lines are equal
content. Lines that differ may still be (a counter of the whole run moved); whoever they belong to is looked at closely.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

from loader.csv_file import CsvFile
from loader.databases.base import Database, literal, quoted
from loader.databases.duckdb import without_wildcards
from loader.load.raw_tables import RAW_TABLES

# A hash is comparable to what the same version of the engine has made.
MADE_BY = f"duckdb {duckdb.__version__}"
# With more than this share of lines to look at closely, the export is parsed whole.
LARGEST_SHARE = 0.25

KEYS_OF_WHOLE_PATIENTS = "select try_cast(key as uuid) from line_hash where whole"
_NORMAL_KEY = "coalesce(cast(try_cast(key as uuid) as text), key)"


@dataclass(frozen=True)
class Lines:
    """The lines of the files that belong to patients, hashed into temporary tables; `rows` of each file."""

    rows: dict[Path, int]
    patients: int
    differing: int

    @property
    def mostly_known(self) -> bool:
        """Whether reading the lines that differ alone is worth it."""
        return self.differing <= LARGEST_SHARE * self.patients


def hash_lines(database: Database, files: Sequence[tuple[str, CsvFile]]) -> Lines | None:
    """Hash the lines and compare them with what is kept; None where the engine or a file does not allow it."""
    if database.name != "duckdb":
        return None
    database.execute("create or replace temp table hashed_lines (file text, key text, hash hugeint, rows bigint)")
    rows = {}
    for name, file in files:
        if RAW_TABLES[name].patient_column is None:
            continue
        if not _hash_file(database, name, file):
            return None
        rows[file.path] = database.query(
            "select cast(coalesce(sum(rows), 0) as bigint) from hashed_lines where file = ?", (str(file.path),)
        )[0][0]
    database.execute(
        f"""create or replace temp table line_hash as
        select {_NORMAL_KEY} as key, cast(sum(hash) as text) as hash, bool_or(file in ({_paths(files)})) as whole
        from hashed_lines group by 1"""
    )
    database.execute(
        f"""create or replace temp table differing_key as
        select line_hash.key from line_hash
        left join etl.patient_hash as kept
            on try_cast(line_hash.key as uuid) = kept.patient_id and kept.made_by = {literal(MADE_BY)}
        where not line_hash.whole or kept.hash is distinct from line_hash.hash"""
    )
    patients, differing = database.query(
        "select (select count(*) from line_hash), (select count(*) from differing_key)"
    )[0]
    return Lines(rows, patients, differing)


def cut_out(
    database: Database, files: Sequence[tuple[str, CsvFile]], folder: Path
) -> list[tuple[str, CsvFile]]:
    """The files with nothing but the lines that differ, written into `folder`; shared files stay as they are."""
    found = []
    for number, (name, file) in enumerate(files):
        if RAW_TABLES[name].patient_column is not None:
            target = folder / f"{number}.csv"
            database.execute(
                f"""copy (
                    select line as {quoted(",".join(file.header))} from {_lines(file)}
                    where split_part(line, ',', {_key_position(name, file)}) in (
                        select key from hashed_lines
                        where file = {literal(str(file.path))}
                            and {_NORMAL_KEY} in (select key from differing_key)
                    )
                ) to {literal(str(target))} (format csv, header true, delimiter '\x01', quote '', escape '')"""
            )
            file = replace(file, path=target)
        found.append((name, file))
    return found


def keep_hashes(database: Database, all_known: bool) -> None:
    """Keep the hashes of the patients that came whole, inside the transaction that stores their rows.

    Without `all_known` those of everybody who came are forgotten: what is stored may not be what the lines say.
    """
    database.execute(
        "delete from etl.patient_hash where patient_id in (select try_cast(key as uuid) from line_hash)"
    )
    if all_known:
        database.execute(
            f"""insert into etl.patient_hash (patient_id, hash, made_by)
            select cast(key as uuid), hash, {literal(MADE_BY)} from line_hash
            where whole and try_cast(key as uuid) is not null"""
        )


def _hash_file(database: Database, name: str, file: CsvFile) -> bool:
    """Whether the file could be hashed: quotes, broken text and the like are for the parser of values."""
    position = _key_position(name, file)
    if position is None or file.delimiter != "," or not file.has_header:
        return False
    path, salt = literal(str(file.path)), literal("\n".join((name, *file.header)))
    try:
        database.execute(
            f"""insert into hashed_lines
            select {path}, split_part(line, ',', {position}), sum(hash(line, {salt})),
                case when bool_or(contains(line, '"')) then null else count(*) end
            from {_lines(file)} where line is not null
            group by 2"""
        )
    except database.errors:
        return False
    sql = "select exists (select 1 from hashed_lines where file = ? and rows is null)"
    return not database.query(sql, (str(file.path),))[0][0]


def _key_position(name: str, file: CsvFile) -> int | None:
    names = [column.name if column else None for column in file.columns]
    key = RAW_TABLES[name].patient_column
    return names.index(key) + 1 if key in names else None


def _paths(files: Sequence[tuple[str, CsvFile]]) -> str:
    """The files whose row says that a patient came as a whole."""
    return ", ".join(literal(str(file.path)) for name, file in files if name == "patients")


def _lines(file: CsvFile) -> str:
    return (
        f"read_csv({literal(without_wildcards(str(file.path)))}, auto_detect = false, header = true,"
        f" delim = '\x01', quote = '', escape = '', columns = {{'line': 'text'}},"
        f" compression = {literal('gzip' if file.compressed else 'none')})"
    )
