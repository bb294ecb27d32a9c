"""What `synthea-omop run` does, from the files to the tested CDM; what the verb prints and keeps of it stands around it."""

import os
from contextlib import ExitStack
from dataclasses import dataclass
from logging import INFO
from pathlib import Path

from loader.build import build, check_engine, reconnecting
from loader.databases import open_database
from loader.databases.base import Database
from loader.errors import LoaderError
from loader.load.export import Export, opened_export
from loader.load.ledger import is_built, last_checksum, last_outcome
from loader.load.loading import LoadResult, load_export
from loader.load.rejects import Limit, Rejects
from loader.load.standing import gone_text
from loader.progress import Reporter
from loader.project import project_checksum, project_key
from loader.publish import building_place
from loader.remedies import explained
from loader.report.references import repeated_rows, repeated_rows_text
from loader.settings import Settings
from loader.standing_nodes import standing_nodes
from loader.vocabulary.athena import opened_vocabulary
from loader.vocabulary.loading import has_vocabulary, load_vocabulary
from loader.watch.running import Watch, ended_by_sigterm


@dataclass(frozen=True)
class Job:
    """What a run is to do. Without a vocabulary the one in the database is used."""

    folder: Path
    vocabulary: Path | None
    full_refresh: bool
    tests: bool
    publish: bool
    snapshot: bool
    max_rejects: Limit


def load_and_build(job: Job, settings: Settings, reporter: Reporter, watch: Watch) -> dict[str, float]:
    """The seconds of each part; nothing when nothing has changed."""
    check_engine(settings)
    with ExitStack() as opened:
        export = opened.enter_context(opened_export(job.folder))
        found = opened.enter_context(opened_vocabulary(job.vocabulary)) if job.vocabulary else None
        place = opened.enter_context(building_place(settings, job.publish, reporter))
        if place.has_ledger:
            watch.leave_to_readers()
        database = opened.enter_context(open_database(place.settings))
        opened.enter_context(explained(database, place.settings))
        watch.found(database)
        # Nobody knows the copy in which a run publishes.
        where = f"DuckDB file {settings.database}" if place.has_ledger else database.place
        if found is None and not has_vocabulary(database):
            raise LoaderError(
                f"There is no vocabulary in the {where}. Give one with --vocabulary DIR: the unpacked folder"
                " of a download from athena.ohdsi.org."
            )
        # The vocabulary first: one that comes after the patients marks them all as changed a second time.
        replaced = None
        if found:
            with watch.stage("vocabulary"):
                replaced = load_vocabulary(database, found, reporter)
        with watch.stage("load"):
            loaded = load_export(database, export, reporter, job.snapshot, Rejects(job.max_rejects))
            say_what_is_odd(database, export, loaded, reporter, job.snapshot)
        if loaded.repeated and not replaced and not job.full_refresh and is_built(database):
            outcome, is_same_project = last_outcome(database), project_checksum() in last_checksum(database)
            is_good = outcome == "done" or (outcome == "untested" and not job.tests)
            if is_same_project and is_good and not place.is_behind(database):
                reporter.say(f"Nothing has changed since the last build of the {where}: nothing to do", INFO)
                watch.unchanged()
                return {}
            reporter.say(
                "Nothing has changed since the last build, but "
                + (
                    "models, seeds or macros of the project have" if not is_same_project
                    else "it was not published" if is_good
                    else "it ran without the data tests" if outcome == "untested" else "it did not succeed"
                ),
                INFO,
            )
        beside, full_refresh = place.prepare(database, job.full_refresh)
        environment = database.dbt_environment() | beside
        key = environment["SYNTHEA_OMOP_PROJECT_KEY"] = project_key(place.settings.target, os.environ | environment)
        if not full_refresh and not beside:
            environment["SYNTHEA_OMOP_STANDING"] = " ".join(standing_nodes(database, key))
        database.make_way()
        reconnect = reconnecting(database)
        with ended_by_sigterm():
            with watch.stage("dbt"):
                built = build(
                    place.settings, environment, reporter, full_refresh, job.tests, reconnect=reconnect, watch=watch.built
                )
            # A session that idled while dbt was at work may have been cut off.
            reconnect()
            if place.has_ledger:
                watch.keep_in(place.settings)
            if job.publish:
                with watch.stage("publish"):
                    place.publish(database, "done" if job.tests else "untested")
        with watch.stage("tidy"):
            database.tidy()
    return {"load": loaded.seconds, "vocabulary": replaced.seconds if replaced else 0.0, "dbt": built}


def say_what_is_odd(
    database: Database, export: Export, result: LoadResult, reporter: Reporter, snapshot: bool
) -> None:
    """Rejected rows are in the ledger and duplicates are kept; whoever loads them is told. So is who lost patients."""
    if result.repeated:
        return
    if rejected := sum(file.rejected for file in result.files):
        reporter.warn(
            f"{rejected:,} row{'s'[:rejected != 1]} could not be read: see etl.rejected_row, or synthea-omop status"
        )
    for text in repeated_rows_text(repeated_rows(database, export.tables, result.batch_id)):
        reporter.warn(text)
    # Only a crash and a snapshot take patients away, and the snapshot was asked for.
    if result.patients.removed and not snapshot:
        for text in gone_text(database, result.batch_id):
            reporter.warn(text)
