"""One look at every line: which files are plain, and what each patient's lines hash to.

DuckDB does it for any target: its reader goes through the lines several times as fast as through typed columns. A file
is plain when every line has as many fields as the header and none has a quote. By the hashes a whole export that came
again is known without parsing a single value: equal lines are equal content. Lines that differ may still be (a counter
of the whole run moved); whoever they belong to is looked at closely.
"""

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import duckdb

from loader.csv_file import CsvFile
from loader.databases.base import Database, literal, quoted
from loader.databases.duckdb import without_wildcards
from loader.databases.scratch import Scratch
from loader.errors import LoaderError
from loader.folders import TemporaryFolder
from loader.load.raw_tables import RAW_TABLES, Column

# A hash is comparable to what the same version of DuckDB has made.
MADE_BY = f"duckdb {duckdb.__version__}"
# With more than this share of lines to look at closely, the export is parsed whole.
LARGEST_SHARE = 0.25
# Bytes that DuckDB reads at once; its own 32 MB take 100 MB more memory and no less time.
BUFFER = 4_000_000

KEYS_OF_WHOLE_PATIENTS = "select patient_id from line_hash where whole"
_NORMAL_KEY = "coalesce(cast(try_cast(key as uuid) as text), key)"
# The patients whose lines came, as the target sees them: `whole` with their own line, `differs` from what was kept.
_LINE_HASH = (Column("patient_id", "uuid"), Column("hash", "text"), Column("whole", "boolean"),
              Column("differs", "boolean"))


class Lines:
    """The lines of the files of one load. As long as the context lasts they are looked at in a thread beside the rest.

    Everything is done in `scratch` but for the temporary table line_hash, which the target's main session gets.
    """

    def __init__(self, scratch: Scratch, files: Sequence[tuple[str, CsvFile]]) -> None:
        self._scratch, self._files = scratch, files
        self._pool = ThreadPoolExecutor(1)
        self._patients = self._differing = 0

    def __enter__(self) -> "Lines":
        self._look = self._pool.submit(_look, self._scratch, self._files)
        return self

    def __exit__(self, *error: object) -> None:
        self._scratch.stop()
        self._pool.shutdown()

    @property
    def plain(self) -> dict[Path, int]:
        """The plain files with their rows."""
        return self._look.result()

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

    def compare(self, database: Database) -> None:
        """Compare the hashes of each patient with those that the target has kept."""
        looked = " union all ".join(
            f"select {name == 'patients'} as of_patient, key, hash from scratch.looked_{number}"
            for number, (name, file) in enumerate(self._files)
            if file.path in self.plain and RAW_TABLES[name].patient_column is not None
        ) or "select false, '', cast(0 as hugeint) where false"
        with TemporaryFolder("lines") as folder:
            kept, compared = Path(folder) / "kept.csv", Path(folder) / "compared.csv"
            database.write_out(
                f"select patient_id, hash from etl.patient_hash where made_by = {literal(MADE_BY)}", kept
            )
            self._scratch.execute(
                f"""create or replace table scratch.line_hash as
                with came as (
                    select {_NORMAL_KEY} as key, cast(sum(hash) as text) as hash, bool_or(of_patient) as whole
                    from ({looked}) as looked (of_patient, key, hash)
                    group by 1
                )
                select came.*, not came.whole or kept.hash is distinct from came.hash as differs
                from came
                left join read_csv(
                    {literal(str(kept))}, auto_detect = false, header = false,
                    columns = {{'key': 'text', 'hash': 'text'}}
                ) as kept on came.key = kept.key"""
            )
            self._patients, self._differing = self._scratch.execute(
                "select count(*), count(*) filter (differs) from scratch.line_hash"
            )[0]
            self._scratch.execute(
                f"""copy (
                    select cast(key as uuid), hash, whole, differs from scratch.line_hash
                    where try_cast(key as uuid) is not null
                ) to {literal(str(compared))} (format csv, header false)"""
            )
            columns = ", ".join(f"{column.name} {column.type}" for column in _LINE_HASH)
            database.execute("drop table if exists line_hash")
            database.execute(f"create temp table line_hash ({columns})")
            header = tuple(column.name for column in _LINE_HASH)
            database.copy(
                CsvFile(compared, header, _LINE_HASH, has_header=False), "line_hash", {}, lambda _: None
            )

    def cut_out(self, folder: Path) -> list[CsvFile]:
        """The files with nothing but the lines that differ, written into `folder`; shared files stay as they are."""
        found, cutting, writing = [], {}, []
        for number, (name, file) in enumerate(self._files):
            if position := _key_position(name, file):
                target = folder / f"{number}.csv"
                self._scratch.execute(
                    f"""create or replace table scratch.cut_key_{number} as
                    select key from scratch.looked_{number}
                    where {_NORMAL_KEY} in (select key from scratch.line_hash where differs)"""
                )
                # A join on a key of its own: `in` would split each line twice. What is written out is little.
                cutting[file.path] = f"""create or replace table scratch.cut_{number} as
                    select line from (select line, string_split(line, ',')[{position}] as key from {_lines(file)})
                    semi join scratch.cut_key_{number} using (key)"""
                writing.append(f"""copy (select line as {quoted(",".join(file.header))} from scratch.cut_{number})
                    to {literal(str(target))} (format csv, header true, delimiter '\x01', quote '', escape '')""")
                found.append(replace(file, path=target))
            else:
                found.append(file)
        statements = [cutting[path] for path in _largest_first(cutting)]
        for result in (*self._scratch.side_by_side(statements), *self._scratch.side_by_side(writing)):
            if isinstance(result, LoaderError):
                raise result
        return found

    def keep_hashes(self, database: Database, all_known: bool) -> None:
        """Keep the hashes of the patients that came whole, inside the transaction that stores their rows.

        Without `all_known` those of everybody who came are forgotten: what is stored may not be what the lines say.
        """
        all_known = all_known and self.complete
        changed = "differs" if all_known else "true"
        database.execute(
            f"delete from etl.patient_hash where patient_id in (select patient_id from line_hash where {changed})"
        )
        if all_known:
            database.execute(
                f"""insert into etl.patient_hash (patient_id, hash, made_by)
                select patient_id, hash, {literal(MADE_BY)} from line_hash
                where whole and not exists (
                    select 1 from etl.patient_hash as kept where kept.patient_id = line_hash.patient_id
                )"""
            )


def _look(scratch: Scratch, files: Sequence[tuple[str, CsvFile]]) -> dict[Path, int]:
    """Hash the lines of each file into scratch.looked_0, ...; the rows of those that are plain.

    Quotes, broken text and the like call for the parser of records.
    """
    numbers = {
        file.path: number for number, (_, file) in enumerate(files)
        if file.delimiter == "," and file.has_header and file.header
    }
    paths = _largest_first(numbers)
    results = scratch.side_by_side([_looking(numbers[path], *files[numbers[path]]) for path in paths])
    looked = [path for path, result in zip(paths, results, strict=True) if not isinstance(result, LoaderError)]
    sums = scratch.side_by_side(
        [f"select bool_and(plain = lines), sum(rows) from scratch.looked_{numbers[path]}" for path in looked]
    )
    plain = {}
    for path, result in zip(looked, sums, strict=True):
        if isinstance(result, LoaderError):
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
        f" compression = {literal('gzip' if file.compressed else 'none')}, buffer_size = {BUFFER})"
    )
