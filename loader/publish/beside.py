"""Publishing on PostgreSQL: the schemas of the build are made beside those that readers see, and swapped with them in one
transaction. Raw tables, the ledger, the vocabulary, the keys and the rates are not in it: both states share them.

The swap takes place when nobody is in the middle of reading the CDM: every table of it is locked for an instant, so
that no transaction sees some tables of the one state and some of the other.
"""

import re
from logging import INFO
from math import inf
from time import monotonic, perf_counter, sleep
from types import TracebackType

import psycopg2
from psycopg2 import errorcodes

from loader import logs
from loader.databases.base import Database, literal, quoted
from loader.errors import BuildError, LoaderError
from loader.load.ledger import CONSUMED
from loader.locks import holders
from loader.publish import Place
from loader.publish.carried import Carried, carry_default_grants, strangers
from loader.publish.copies import copy_tables, refresh_copies
from loader.settings import PROJECT_DIR

SUFFIX = "_next"
# What dbt makes. Parts of partitioned tables lie in a schema of their own.
SCHEMAS = ("staging", "mappings", "intermediate", "omop", "quality")
PARTITIONS = ("omop_partitions", f"omop{SUFFIX}_partitions")
PAIRS = (*((schema, f"{schema}{SUFFIX}") for schema in SCHEMAS), PARTITIONS)
# Whatever has this comment is ours, and may be dropped.
OURS = "synthea-omop: beside the CDM, until it is published or dropped"
# Shorter than the server waits before it looks for deadlocks and ends somebody's transaction.
SECONDS_A_TRY, SECONDS_BETWEEN = 0.8, 0.5
_BUSY = (errorcodes.LOCK_NOT_AVAILABLE, errorcodes.QUERY_CANCELED, errorcodes.DEADLOCK_DETECTED)
_INCREMENTAL = re.compile(r"materialized\s*=\s*'incremental'")


def copied_models(unfilled_only: bool = False) -> set[tuple[str, str]]:
    """(schema, table) of the models that an incremental build finds and changes; of those that no build fills."""
    found = set()
    for path in (PROJECT_DIR / "models").rglob("*.sql"):
        room, *folders = path.relative_to(PROJECT_DIR / "models").parts[:-1]
        if room in SCHEMAS and not {"keys", "rates"} & set(folders) and (
            "unfilled" in folders or (not unfilled_only and _INCREMENTAL.search(path.read_text(encoding="utf-8")))
        ):
            found.add((room, path.stem))
    return found


class SchemasBeside(Place):
    """The schemas with the suffix."""

    _is_prepared, _is_published = False, False

    def __enter__(self) -> "SchemasBeside":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """What was not published can be looked at until the next run."""

    def left(self) -> str:
        if self._is_published:
            return ""
        kept = f" What was built lies in omop{SUFFIX} until the next run." if self._is_prepared else ""
        return f"Nothing was published: the CDM is as it was.{kept}"

    def prepare(self, database: Database, full_refresh: bool) -> tuple[dict[str, str], bool]:
        self._drop_leftovers(database)
        if texts := strangers(database, SCHEMAS):
            raise LoaderError("This role cannot publish. " + " ".join(texts))
        is_full = full_refresh or self._has_to_be_full(database)
        if not is_full and database.query(
            "select 1 from pg_class where relkind = 'p' and relnamespace = to_regnamespace('omop')"
        ):
            self.reporter.say("Tables in partitions cannot be copied: --publish builds all of the CDM anew", INFO)
            is_full = full_refresh = True
        with database.transaction():
            for _, new in PAIRS:
                database.execute(f"create schema {quoted(new)}; comment on schema {quoted(new)} is {literal(OURS)}")
            for text in carry_default_grants(database, PAIRS):
                self.reporter.warn(text)
        started = perf_counter()
        copied = copy_tables(database, copied_models(unfilled_only=is_full), SUFFIX)
        if not is_full:
            seconds = perf_counter() - started
            self.reporter.say(
                f"Copied {len(copied)} tables with {sum(copied):,} rows in {seconds:.1f} s, to build beside the CDM"
            )
            logs.event("step finished", step="copy to publish", seconds=seconds, rows=sum(copied))
        self._is_prepared = True
        return {"SYNTHEA_OMOP_SCHEMA_SUFFIX": SUFFIX}, full_refresh

    def publish(self, database: Database, outcome: str) -> None:
        started = perf_counter()
        if not database.query(
            "select 1 from pg_class where relnamespace = cast(? as regnamespace)", (PARTITIONS[1],)
        ):
            database.execute(f"drop schema {quoted(PARTITIONS[1])}")
        carried = Carried(database, PAIRS)
        carried.carry_grants()
        build = database.query("select max(build_id) from etl.build")[0][0]
        for text in self._swap(database, carried, build, outcome):
            self.reporter.warn(text)
        self._is_published = True
        self.reporter.say(f"Published build {build}", INFO)
        logs.event("published", step="publish", seconds=perf_counter() - started)
        self._drop_leftovers(database)

    def _swap(self, database: Database, carried: Carried, build: int, outcome: str) -> list[str]:
        """Lock, move, rename; tried until nobody reads in a transaction that began before. What others should know."""
        deadline = monotonic() + (self.settings.lock_wait or inf)
        while True:
            try:
                with database.transaction():
                    _be_impatient(database)
                    texts = refresh_copies(database, copied_models(unfilled_only=True), SUFFIX)
                    _be_impatient(database, SECONDS_A_TRY)
                    carried.lock()
                    texts += carried.swap(f"_old_{build}", OURS)
                    if not database.execute(
                        "update etl.build set outcome = ? where build_id = ? and outcome = 'unpublished'", (outcome, build)
                    ):
                        raise BuildError(f"Build {build} did not come to its end.")
            except psycopg2.Error as error:
                if error.pgcode not in _BUSY:
                    raise
                if monotonic() > deadline:
                    raise BuildError(
                        f"For {self.settings.lock_wait} s (--lock-wait) there was no moment without a transaction that reads"
                        " the CDM. Run again when these are over.\n" + "\n".join(holders(database, SCHEMAS))
                    ) from error
            else:
                return texts
            sleep(SECONDS_BETWEEN)

    def _has_to_be_full(self, database: Database) -> bool:
        """Whether there is no state that an incremental build could start from, as macros/build/last_build.sql has it."""
        found: bool = database.query(
            f"""with last as (select coalesce(max(build_id), 0) as build_id from etl.build where outcome in {CONSUMED})
            select last.build_id = 0 or exists (
                select 1 from etl.build where full_refresh and build.build_id > last.build_id
            ) from last"""
        )[0][0]
        return found

    def _drop_leftovers(self, database: Database) -> None:
        """What runs before this one have left: builds that were not published, and states that were replaced. All of it
        together, since it refers to each other; what is not ours never (no cascade).
        """
        not_ours = database.query(
            "select nspname from pg_namespace"
            " where nspname in ? and obj_description(oid, 'pg_namespace') is distinct from ?",
            (tuple(new for _, new in PAIRS), OURS),
        )
        if not_ours:
            raise LoaderError(
                f"--publish builds in {not_ours[0][0]}, a schema that somebody else made. Give it another name:"
                f" alter schema {quoted(not_ours[0][0])} rename to ..."
            )
        schemas = [name for (name,) in database.query(
            "select nspname from pg_namespace where obj_description(oid, 'pg_namespace') = ?", (OURS,)
        )]
        if not schemas:
            return
        relations = database.query(
            """select case relkind when 'v' then 'view' else 'table' end as kind,
                string_agg(cast(cast(pg_class.oid as regclass) as text), ', ')
            from pg_class inner join pg_namespace on relnamespace = pg_namespace.oid
            where nspname in ? and relkind in ('r', 'p', 'v') and not relispartition
            group by 1 order by 1 desc""",
            (tuple(schemas),),
        )
        try:
            with database.transaction():
                _be_impatient(database)
                for kind, names in relations:
                    database.execute(f"drop {kind} {names}")
                database.execute(f"drop schema {', '.join(map(quoted, schemas))}")
        except psycopg2.Error as error:
            if error.pgcode not in (*_BUSY, errorcodes.DEPENDENT_OBJECTS_STILL_EXIST):
                raise
            reasons = [" ".join((error.diag.message_detail or "").split()), *holders(database, schemas)]
            text = f"{', '.join(schemas)} cannot be dropped yet: they are in use. {' '.join(reasons)}".rstrip()
            if any(new in schemas for _, new in PAIRS):
                raise LoaderError(f"{text} --publish builds there: end what uses them and run again.") from error
            self.reporter.warn(f"{text} A later run with --publish drops them.")


def _be_impatient(database: Database, seconds: float = 0) -> None:
    """In this transaction: wait for a lock no longer than readers can bear to wait behind it, nor for a whole statement."""
    database.execute(
        f"set local lock_timeout = {int(SECONDS_A_TRY * 1000)}; set local statement_timeout = {int(seconds * 1000)}"
    )
