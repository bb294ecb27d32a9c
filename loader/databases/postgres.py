"""PostgreSQL: found by libpq's own PG* variables; one session holds the loader's lock, workers copy beside it."""

from collections.abc import Iterator
from contextlib import contextmanager

from tenacity import Retrying, retry_if_exception_type, stop_after_delay, wait_fixed

from loader.databases.base import Database, quoted
from loader.databases.pool import WORKER, connect, is_transient, worker_sessions
from loader.databases.session import PostgresSession, lineage_defaults
from loader.databases.tables import RAW
from loader.errors import LoaderError
from loader.settings import Settings

# Shares of a table's rows: so many dead ones are worth a VACUUM, so many that moved new statistics. Few rows are neither.
DEAD, MOVED, FEW = 0.2, 0.1, 1000
BUILT_SCHEMAS = ("intermediate", "omop", "omop_partitions", "quality")

# The same in every session of the project on a server; any constant will do.
LOCK_KEY = 5_402_779_136_540
SECONDS_TO_LOCK = 3


class PostgresDatabase(PostgresSession):
    """The session that holds the advisory lock of the loader."""

    def __init__(self, settings: Settings, only_look: bool = False) -> None:
        super().__init__(connect())
        self._workers, self.memory_limit = settings.workers, settings.memory_limit
        if not only_look:
            try:
                self._take_lock()
                self._end_workers_of_killed_loads()
            except (LoaderError, *self.errors):
                self.close()
                raise

    @contextmanager
    def workers(self) -> Iterator[list[Database]]:
        with worker_sessions(self._workers if self._workers > 1 else 0) as connections:
            yield [PostgresSession(connection) for connection in connections]

    def recover(self, error: Exception) -> bool:
        if not is_transient(error):
            return False
        self.close()
        self._connection = connect()
        self._take_lock()
        self._end_workers_of_killed_loads()
        return True

    def create_tables(self) -> None:
        super().create_tables()
        # Tables that an older loader made have no lineage by default.
        with_default = {name for (name,) in self.query(
            "select table_name from information_schema.columns where table_schema = 'raw_synthea'"
            " and column_name = 'batch_id' and column_default is not null"
        )}
        for table in RAW:
            if table.name not in with_default:
                self.execute("; ".join(lineage_defaults(table)))

    def tidy(self) -> None:
        """VACUUM is not for dbt, whose statements are in transactions. Autovacuum would do the same, but later."""
        moved = self.query(
            "select schemaname, relname, n_dead_tup > ? * (n_live_tup + n_dead_tup)"
            " from pg_catalog.pg_stat_user_tables where schemaname in ? and"
            " (n_dead_tup > ? * (n_live_tup + n_dead_tup) or n_mod_since_analyze > ? * n_live_tup)"
            " and n_dead_tup + n_mod_since_analyze > ?",
            (DEAD, BUILT_SCHEMAS, DEAD, MOVED, FEW),
        )
        for schema, name, has_dead_rows in moved:
            self.execute(f"{'vacuum (analyze)' if has_dead_rows else 'analyze'} {quoted(schema, name)}")

    def _end_workers_of_killed_loads(self) -> None:
        self.query(
            "select pg_terminate_backend(pid, 5000) from pg_catalog.pg_stat_activity"
            " where application_name = ? and datname = current_database()",
            (WORKER,),
        )

    def _take_lock(self) -> None:
        """The backend of a session that has just ended or broken off may hold the lock for a moment."""
        for attempt in Retrying(
            retry=retry_if_exception_type(LoaderError), stop=stop_after_delay(SECONDS_TO_LOCK), wait=wait_fixed(0.1),
            reraise=True,
        ):
            with attempt:
                self._lock()

    def _lock(self) -> None:
        if self.query("select pg_try_advisory_lock(?)", (LOCK_KEY,))[0][0]:
            return
        holder = self._holders()
        place = self.place
        who = f" (server process {holder[0][0]})" if holder else ""
        raise LoaderError(f"Another synthea-omop is at work in the {place}{who}. Wait for it or end it.")

    def is_loading(self) -> bool:
        return any(process != self._connection.info.backend_pid for (process,) in self._holders())

    def _holders(self) -> list[tuple[int]]:
        return self.query(
            "select pid from pg_catalog.pg_locks where locktype = 'advisory' and granted"
            " and (cast(classid as bigint) << 32) + cast(objid as bigint) = ?"
            " and database = (select oid from pg_catalog.pg_database where datname = current_database())",
            (LOCK_KEY,),
        )
