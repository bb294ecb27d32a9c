"""Whether what an earlier batch loaded is still there, so that loading it again would change nothing."""

from collections.abc import Sequence

from loader.csv_file import read_rows
from loader.databases.base import Database, quoted
from loader.load.changes import SHARED
from loader.load.looked import Source

ALL_ROWS = 2**62
LATER = """
    select cast(patient_id as text) from etl.patient_change
    where batch_id > ? and change in ('new', 'changed', 'removed')"""


def is_gone(database: Database) -> bool:
    """Whether raw_synthea holds no data: nothing was loaded yet, or a crash of PostgreSQL has emptied the tables.

    Rows without the sentinel are what a killed load has left.
    """
    return not database.query("select exists (select 1 from raw_synthea.alive)")[0][0]


def stands(database: Database, batch_id: int, sources: Sequence[Source], snapshot: bool) -> bool:
    """Whether no later batch touched a patient of these files; for a `snapshot`, whether there is nothing else."""
    if is_gone(database):
        return False
    later = {patient for (patient,) in database.query(LATER, (batch_id,))}
    if later and later & _ids(sources, "patients"):
        return False
    return not snapshot or all(
        database.query(f"select count(distinct id) from {quoted('raw_synthea', name)}")[0][0]
        == len(_ids(sources, name))
        for name in {source.table for source in sources} & {"patients", *SHARED}
    )


def _ids(sources: Sequence[Source], table: str) -> set[str]:
    """The ids in the files of a table, as far as they can be read."""
    found = set()
    for file in (source.file for source in sources if source.table == table):
        position = [column.name if column else None for column in file.columns].index("id")
        rows = read_rows(file.path, ALL_ROWS, file.delimiter, file.quote)[1 if file.has_header else 0 :]
        found |= {row[position].lower() for row in rows if len(row) > position}
    return found
