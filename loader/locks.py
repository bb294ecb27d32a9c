"""Locks that somebody else holds: how long a session of ours waits for one, and whose it is."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

from loader.databases.base import Database

# Sessions of this program and of its builds: what they hold ends with them.
OWN = ("synthea-omop", "synthea-omop worker", "dbt")
SCHEMAS = ("raw_synthea", "raw_vocabulary", "etl", "mappings", "staging", "intermediate", "omop", "quality")
# The strongest lock of each session; what a session of somebody else's asks, only its owner and some roles may see.
_HOLDERS = """
    with held as (
        select distinct on (activity.pid)
            activity.pid,
            activity.usename,
            activity.application_name,
            to_char(activity.query_start, 'YYYY-MM-DD HH24:MI:SS TZ') as began,
            namespaces.nspname || '.' || tables.relname as relation,
            locks.mode,
            case locks.mode when 'AccessExclusiveLock' then 1 when 'AccessShareLock' then 3 else 2 end as weakness
        from pg_catalog.pg_locks as locks
        inner join pg_catalog.pg_class as tables on locks.relation = tables.oid
        inner join pg_catalog.pg_namespace as namespaces on tables.relnamespace = namespaces.oid
        inner join pg_catalog.pg_stat_activity as activity on locks.pid = activity.pid
        where locks.granted and activity.usesysid is not null and activity.datname = current_database()
            and namespaces.nspname in ? and activity.pid <> pg_backend_pid() and activity.application_name not in ?
        order by activity.pid, weakness, tables.relkind = 'i', tables.relname
    )

    select pid, usename, application_name, began, mode, relation from held order by weakness, pid limit 5
"""


@contextmanager
def waiting_for_locks(seconds: int) -> Iterator[None]:
    """Sessions on PostgreSQL that are opened inside, those of dbt too, wait so long for each lock; 0 waits for ever.

    libpq reads it from the environment. What the user has set in PGOPTIONS comes later and wins.
    """
    before = os.environ.get("PGOPTIONS")
    os.environ["PGOPTIONS"] = f"-c lock_timeout={seconds}s {before or ''}".strip()
    try:
        yield
    finally:
        if before is None:
            del os.environ["PGOPTIONS"]
        else:
            os.environ["PGOPTIONS"] = before


def holders(database: Database, schemas: Sequence[str] = SCHEMAS) -> list[str]:
    """Who else holds a lock on a table of these schemas, the strongest first, each in a sentence; PostgreSQL only."""
    if database.name != "postgres":
        return []
    rows = []
    with suppress(*database.errors):
        rows = database.query(_HOLDERS, (tuple(schemas), OWN))
    return [
        f"Session {process} of user {user} (application {application or 'without a name'}, its query began"
        f" {began or 'at a time that this role may not see'}) holds {mode} on {relation}:"
        f" select pg_terminate_backend({process}) ends it."
        for process, user, application, began, mode, relation in rows
    ]
