"""The load of a vocabulary: a new one replaces the old in one step, and every patient has to be mapped anew."""

from logging import INFO
from time import perf_counter

from loader.csv_file import CsvFile, count_rows
from loader.databases.base import Database, quoted
from loader.databases.tables import VOCABULARY
from loader.errors import LoaderError
from loader.load.ledger import (
    LoadedFile, Patients, fail_batch, finish_batch, loaded_fingerprints, log_loaded, start_batch,
)
from loader.load.loading import LoadResult, copy_files, fingerprint
from loader.load.replacing import write_changes
from loader.progress import Reporter
from loader.vocabulary.athena import Vocabulary

LAYOUT = "vocabulary"


def has_vocabulary(database: Database) -> bool:
    """Whether the database holds any concept."""
    return database.query("select exists (select 1 from raw_vocabulary.concept)")[0][0]


def load_vocabulary(database: Database, vocabulary: Vocabulary, reporter: Reporter) -> LoadResult | None:
    """Replace the vocabulary of the database; None when it is the one that is there already."""
    started = perf_counter()
    for remark in vocabulary.remarks:
        reporter.warn(remark)
    fingerprints = fingerprint([file.path for file in vocabulary.files.values()])
    by_name = {path.name: digest for path, digest in fingerprints.items()}
    if loaded_fingerprints(database, LAYOUT) == by_name:
        reporter.say(f"The vocabulary of {vocabulary.folder} is loaded already", INFO)
        return None
    reporter.say(f"Loading the vocabulary of {vocabulary.folder} ({len(vocabulary.files)} files)")
    batch_id = start_batch(database, str(vocabulary.folder), LAYOUT)
    try:
        with database.transaction():
            for table in VOCABULARY:
                database.empty(table)
            files = copy_files(
                database, vocabulary.files, lambda name: quoted("raw_vocabulary", name), lambda file: {},
                fingerprints, reporter,
            )
            for file, loaded in zip(vocabulary.files.values(), files, strict=True):
                _check_row_count(file, loaded)
            with reporter.step("indexes"):
                for table in VOCABULARY:
                    database.finish(table)
            changed = write_changes(database, batch_id, "select distinct id, 'vocabulary' from raw_synthea.patients")
            finish_batch(database, batch_id, files, Patients(changed=changed))
    except BaseException:
        fail_batch(database, batch_id)
        raise
    _say_if_names_are_missing(database, reporter)
    patients = Patients(changed=changed)
    return LoadResult(batch_id, files, patients, log_loaded(files, patients, perf_counter() - started))


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
