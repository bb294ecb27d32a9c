"""The load of a vocabulary: a new one replaces the old in one step, and every patient has to be mapped anew."""

from logging import INFO
from time import perf_counter

from loader.csv_file import CsvFile, count_rows
from loader.databases.base import Database, quoted
from loader.databases.tables import VOCABULARY
from loader.errors import LoaderError
from loader.load.fingerprints import Fingerprints
from loader.load.ledger import (
    LoadedFile,
    Patients,
    call_broken,
    fail_batch,
    finish_batch,
    loaded_fingerprints,
    log_loaded,
    start_batch,
)
from loader.load.loading import LoadResult
from loader.load.replacing import write_changes
from loader.progress import Reporter
from loader.vocabulary.athena import Vocabulary

LAYOUT = "vocabulary"


def has_vocabulary(database: Database) -> bool:
    """Whether the database holds any concept."""
    found: bool = database.query("select exists (select 1 from raw_vocabulary.concept)")[0][0]
    return found


def load_vocabulary(database: Database, vocabulary: Vocabulary, reporter: Reporter) -> LoadResult | None:
    """Replace the vocabulary of the database; None when it is the one that is there already."""
    started = perf_counter()
    for remark in vocabulary.remarks:
        reporter.warn(remark)
    call_broken(database)
    files = list(vocabulary.files.values())
    with Fingerprints(file.path for file in files) as fingerprints:
        known = loaded_fingerprints(database, LAYOUT)
        if {file.path.name for file in files} == set(known) and all(
            fingerprints[file.path] == known[file.path.name] for file in files
        ):
            reporter.say(f"The vocabulary of {vocabulary.folder} is loaded already", INFO)
            return None
        reporter.say(f"Loading the vocabulary of {vocabulary.folder} ({len(files)} files)")
        batch_id = start_batch(database, str(vocabulary.folder), LAYOUT)
        try:
            with database.transaction():
                loaded, changed = _replace(database, vocabulary, batch_id, fingerprints, reporter)
        except BaseException:
            fail_batch(database, batch_id)
            raise
    _say_if_names_are_missing(database, reporter)
    patients = Patients(changed=changed)
    return LoadResult(batch_id, loaded, patients, log_loaded(loaded, patients, perf_counter() - started))


def _replace(
    database: Database, vocabulary: Vocabulary, batch_id: int, fingerprints: Fingerprints, reporter: Reporter
) -> tuple[list[LoadedFile], int]:
    """Put the files in the place of what there was, inside the transaction; the files and how many patients it moves."""
    for table in VOCABULARY:
        database.empty(table)
    loaded = [
        _copy(database, name, file, fingerprints, reporter) for name, file in vocabulary.files.items()
    ]
    for file, found in zip(vocabulary.files.values(), loaded, strict=True):
        _check_row_count(file, found)
    with reporter.step("indexes"):
        for table in VOCABULARY:
            database.finish(table)
    changed = write_changes(database, batch_id, "select distinct id, 'vocabulary' from raw_synthea.patients")
    finish_batch(database, batch_id, loaded, Patients(changed=changed))
    return loaded, changed


def _copy(
    database: Database, name: str, file: CsvFile, fingerprints: Fingerprints, reporter: Reporter
) -> LoadedFile:
    started, size = perf_counter(), file.path.stat().st_size
    with reporter.bytes_bar(file.path.name, size) as advance, reporter.steps.part_of_file(file.path.name):
        rows = database.copy(file, quoted("raw_vocabulary", name), {}, advance)
    seconds = perf_counter() - started
    reporter.copied(file.path.name, rows, seconds, size)
    return LoadedFile(file.path.name, size, fingerprints[file.path], rows, seconds)


def _check_row_count(file: CsvFile, loaded: LoadedFile) -> None:
    expected = count_rows(file, loaded.rows)
    if loaded.rows != expected:
        raise LoaderError(
            f"{file.path}: {expected:,} rows are in the file and {loaded.rows:,} were loaded."
            " Download or copy it again; the former vocabulary stays."
        )


def _say_if_names_are_missing(database: Database, reporter: Reporter) -> None:
    """Athena delivers CPT4 without its licensed names; a program in the download fetches them."""
    nameless = database.query(
        "select count(*) from raw_vocabulary.concept where vocabulary_id = 'CPT4'"
        " and (concept_name is null or trim(concept_name) = '')"
    )[0][0]
    if nameless:
        reporter.warn(
            f"{nameless:,} CPT4 concept{'s'[:nameless != 1]} have no name: run the download's cpt4 script"
            " (cpt.sh or cpt.bat with a UMLS key) in its folder and load it again to have them."
        )
