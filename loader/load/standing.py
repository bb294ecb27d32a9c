"""Whether what earlier batches loaded is still there: loading it again would change nothing, or bring it back."""

import shlex
from collections.abc import Sequence
from itertools import islice

from loader.csv_file import all_rows
from loader.databases.base import Database, quoted
from loader.load.changes import KNOWN_PATIENTS, SHARED
from loader.load.looked import Source

LATER = """
    select cast(patient_id as text) from etl.patient_change
    where batch_id > ? and change in ('new', 'changed', 'removed')"""

LATER_FILES = """
    select later.file_name
    from etl.load_file as later
    inner join etl.load_batch as batch on later.batch_id = batch.batch_id
    where later.batch_id > ? and batch.outcome = 'loaded' and batch.layout <> 'vocabulary'
        and later.sha256 not in (select sha256 from etl.load_file where batch_id = ?)"""


def is_gone(database: Database) -> bool:
    """Whether raw_synthea holds no data: nothing was loaded yet, or a crash of PostgreSQL has emptied the tables.

    Rows without the sentinel are what a killed load has left.
    """
    return not database.query("select exists (select 1 from raw_synthea.alive)")[0][0]


def stands(database: Database, batch_id: int, sources: Sequence[Source], snapshot: bool) -> bool:
    """Whether no later batch touched a patient of these files, or came with other organizations, providers or payers;
    for a `snapshot`, whether there is nothing else.
    """
    if is_gone(database):
        return False
    later = {patient for (patient,) in database.query(LATER, (batch_id,))}
    if later and later & _ids(sources, "patients"):
        return False
    if any(name.lower().startswith(SHARED) for (name,) in database.query(LATER_FILES, (batch_id, batch_id))):
        return False
    return not snapshot or all(
        database.query(f"select count(distinct id) from {quoted('raw_synthea', name)}")[0][0]
        == len(_ids(sources, name))
        for name in {source.table for source in sources} & {"patients", *SHARED}
    )


def gone_text(database: Database, batch_id: int | None = None) -> list[str]:
    """What to say about patients whose rows a crash of PostgreSQL took away, and how they come back; nothing if none.

    With `batch_id` those that this batch, the first one after the crash, did not bring back; else all that are known.
    """
    gone = f"select patient_id from ({KNOWN_PATIENTS}) as known"
    if batch_id is not None:
        gone = f"select patient_id from etl.patient_change where change = 'removed' and batch_id = {int(batch_id)}"
    patients = database.query(f"select count(distinct patient_id) from ({gone}) as gone")[0][0]
    if not patients:
        return []
    here = database.query("select source from etl.load_batch where batch_id = ?", (batch_id or 0,))
    # In the order of their last loads: whatever came later replaced what came before.
    sources = database.query(
        f"""select batch.source, count(distinct change.patient_id)
        from etl.patient_change as change
        inner join etl.load_batch as batch on change.batch_id = batch.batch_id
        where change.change in ('new', 'changed') and batch.outcome = 'loaded' and batch.layout <> 'vocabulary'
            and change.patient_id in ({gone}) and batch.batch_id <> ?
        group by batch.source order by max(batch.batch_id)""",
        (batch_id or 0,),
    )
    elsewhere = [row for row in sources if (row[0],) not in here]
    many, were = ("patients", "were") if patients > 1 else ("patient", "was")
    if batch_id is None:
        text = f"The raw rows of {patients:,} {many} are gone: PostgreSQL empties these tables when it crashes. Builds wait."
    else:
        text = (
            f"{patients:,} {many} that {were} loaded before a crash of PostgreSQL emptied the raw tables did not come"
            f" back with this export: the next build takes {'them' if patients > 1 else 'it'} out of the CDM."
        )
    if not elsewhere:
        return [f"{text} The export that brought them lay in the same place: put it there again and load it."]
    order = ", in this order" if len(elsewhere) > 1 else ""
    return [f"{text} To have {'them' if patients > 1 else 'it'} back, with the same ids, load again{order}:"] + [
        f"  synthea-omop load {shlex.quote(source)}  ({count:,} {'patients' if count > 1 else 'patient'})"
        for source, count in elsewhere
    ]


def _ids(sources: Sequence[Source], table: str) -> set[str]:
    """The ids in the files of a table, as far as they can be read."""
    found = set[str]()
    for file in (source.file for source in sources if source.table == table):
        position = [column.name if column else None for column in file.columns].index("id")
        rows = islice(all_rows(file.path, file.delimiter, file.quote), 1 if file.has_header else 0, None)
        found.update(row[position].lower() for row in rows if len(row) > position)
    return found
