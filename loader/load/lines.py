"""One look at every line: which files are plain, and what each patient's lines hash to.

DuckDB only: its reader goes through the lines several times as fast as through typed columns. A file is plain when
every line has as many fields as the header and none has a quote. By the hashes a whole export that came again is known
without parsing a single value: equal lines are equal content. Lines that differ may still be (a counter of the whole
run moved); whoever they belong to is looked at closely.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from threading import Lock

import duckdb

from loader.csv_file import CsvFile
from loader.databases.base import Database, literal, quoted
from loader.databases.duckdb import DuckdbDatabase, without_wildcards
from loader.load.raw_tables import RAW_TABLES

# A hash is comparable to what the same version of the engine has made.
MADE_BY = f"duckdb {duckdb.__version__}"
# With more than this share of lines to look at closely, the export is parsed whole.
LARGEST_SHARE = 0.25

KEYS_OF_WHOLE_PATIENTS = "select try_cast(key as uuid) from line_hash where whole"
_NORMAL_KEY = "coalesce(cast(try_cast(key as uuid) as text), key)"


class Lines:
    """The lines of the files of one load, looked at once, when `plain` is first asked for.

    `compare` makes the temporary tables line_hash and differing_key of the main session.
    """

    def __init__(self, database: DuckdbDatabase, files: Sequence[tuple[str, CsvFile]]) -> None:
        self._database, self._files = database, files
        self._lock = Lock()
        self._plain: dict[Path, int] | None = None
        self._patients = self._differing = 0

    @property
    def plain(self) -> dict[Path, int]:
        """The plain files with their rows."""
        with self._lock:
            if self._plain is None:
                self._plain = _look(self._database, self._files)
        return self._plain

    @property
    def complete(self) -> bool:
        """Whether every file of patients is plain, so that the hashes are all there is."""
        return all(
            file.path in self.plain for name, file in self._files if RAW_TABLES[name].patient_column is not None
        )

    @property
    def mostly_known(self) -> bool:
        """Whether reading the lines that differ alone is worth it."""
        return self.complete and self._differing <= LARGEST_SHARE * self._patients

    def compare(self) -> None:
        """Compare the hashes of each patient with those that are kept."""
        looked = " union all ".join(
            f"select {name == 'patients'} as of_patient, key, hash from scratch.looked_{number}"
            for number, (name, file) in enumerate(self._files)
            if file.path in self.plain and RAW_TABLES[name].patient_column is not None
        ) or "select false, '', cast(0 as hugeint) where false"
        self._database.execute(
            f"""create or replace temp table line_hash as
            select {_NORMAL_KEY} as key, cast(sum(hash) as text) as hash, bool_or(of_patient) as whole
            from ({looked}) as looked (of_patient, key, hash)
            group by 1"""
        )
        self._database.execute(
            f"""create or replace temp table differing_key as
            select line_hash.key from line_hash
            left join etl.patient_hash as kept
                on try_cast(line_hash.key as uuid) = kept.patient_id and kept.made_by = {literal(MADE_BY)}
            where not line_hash.whole or kept.hash is distinct from line_hash.hash"""
        )
        self._patients, self._differing = self._database.query(
            "select (select count(*) from line_hash), (select count(*) from differing_key)"
        )[0]

    def cut_out(self, folder: Path) -> list[CsvFile]:
        """The files with nothing but the lines that differ, written into `folder`; shared files stay as they are."""
        found, cutting, writing = [], {}, []
        for number, (name, file) in enumerate(self._files):
            if position := _key_position(name, file):
                target = folder / f"{number}.csv"
                self._database.execute(
                    f"""create or replace table scratch.cut_key_{number} as
                    select key from scratch.looked_{number} where {_NORMAL_KEY} in (select key from differing_key)"""
                )
                # A join on a key of its own: `in` would split each line twice. What is written out is little.
                cutting[file.path] = f"""create or replace table scratch.cut_{number} as
                    select line from (select line, string_split(line, ',')[{position}] as key from {_lines(file)})
                    semi join scratch.cut_key_{number} using (key)"""
                writing.append(f"""copy (select line as {quoted(",".join(file.header))} from scratch.cut_{number})
                    to {literal(str(target))} (format csv, header true, delimiter '\x01', quote '', escape '')""")
                file = replace(file, path=target)
            found.append(file)
        statements = [cutting[path] for path in _largest_first(cutting)]
        for result in (*self._database.side_by_side(statements), *self._database.side_by_side(writing)):
            if isinstance(result, duckdb.Error):
                raise result
        return found

    def keep_hashes(self, all_known: bool) -> None:
        """Keep the hashes of the patients that came whole, inside the transaction that stores their rows.

        Without `all_known` those of everybody who came are forgotten: what is stored may not be what the lines say.
        """
        self._database.execute(
            "delete from etl.patient_hash where patient_id in (select try_cast(key as uuid) from line_hash)"
        )
        if all_known and self.complete:
            self._database.execute(
                f"""insert into etl.patient_hash (patient_id, hash, made_by)
                select cast(key as uuid), hash, {literal(MADE_BY)} from line_hash
                where whole and try_cast(key as uuid) is not null"""
            )


def lines_of(database: Database, files: Sequence[tuple[str, CsvFile]]) -> Lines | None:
    """The lines of these files; None where the engine does not look at them by itself."""
    return Lines(database, files) if isinstance(database, DuckdbDatabase) else None


def _look(database: DuckdbDatabase, files: Sequence[tuple[str, CsvFile]]) -> dict[Path, int]:
    """Hash the lines of each file into scratch.looked_0, ...; the rows of those that are plain.

    Quotes, broken text and the like call for the parser of records.
    """
    numbers = {
        file.path: number for number, (_, file) in enumerate(files)
        if file.delimiter == "," and file.has_header and file.header
    }
    paths = _largest_first(numbers)
    results = database.side_by_side([_looking(numbers[path], *files[numbers[path]]) for path in paths])
    looked = [path for path, result in zip(paths, results, strict=True) if not isinstance(result, duckdb.Error)]
    sums = database.side_by_side(
        [f"select bool_and(plain = lines), sum(rows) from scratch.looked_{numbers[path]}" for path in looked]
    )
    plain = {}
    for path, result in zip(looked, sums, strict=True):
        if isinstance(result, duckdb.Error):
            raise result
        (is_plain, rows), = result
        if is_plain is not False:
            plain[path] = int(rows or 0)
    return plain


def _looking(number: int, name: str, file: CsvFile) -> str:
    salt, width = literal("\n".join((name, *file.header))), len(file.header)
    position = _key_position(name, file)
    key = f"fields[{position}]" if position else "''"
    # No row: the header once more, as exports in append mode have it.
    is_row = f"upper(key) <> {literal(file.header[position - 1].upper() if position else '-')}"
    return f"""create or replace table scratch.looked_{number} as
        select key, hash, lines, plain, case when {is_row} then lines else 0 end as rows
        from (
            select {key} as key, sum(hash) as hash, count(*) as lines, count(*) filter (is_plain) as plain
            from (
                select string_split(line, ',') as fields, hash(line, {salt}) as hash,
                    len(fields) = {width} and not contains(line, '"') and not contains(line, chr(0)) as is_plain
                from {_lines(file)} where line is not null
            ) as looked
            group by 1
        ) as grouped"""


def _largest_first(paths: Iterable[Path]) -> list[Path]:
    return sorted(paths, key=lambda path: path.stat().st_size, reverse=True)


def _key_position(name: str, file: CsvFile) -> int | None:
    names = [column.name if column else None for column in file.columns]
    key = RAW_TABLES[name].patient_column
    return names.index(key) + 1 if key in names else None


def _lines(file: CsvFile) -> str:
    return (
        f"read_csv({literal(without_wildcards(str(file.path)))}, auto_detect = false, header = true,"
        f" delim = '\x01', quote = '', escape = '', columns = {{'line': 'text'}},"
        f" compression = {literal('gzip' if file.compressed else 'none')})"
    )
