"""The views and seeds of the dbt project that stand in the database as the project would make them now."""

from loader.databases.base import Database
from loader.load.ledger import CONSUMED

# Of every model and seed the last build that made it, by the ledger that dbt's hooks keep (macros/record_steps.sql). It
# counts when that build was of the same project, and no build after it broke off: what such a one made, nobody wrote down.
_UNCHANGED = f"""
    with

    steps as (
        select build_id, kind, name, status
        from etl.build_step
        where kind in ('model', 'seed')
    ),

    last_steps as (
        select steps.name, steps.build_id
        from steps
        inner join (select name, max(build_id) as build_id from steps group by name) as latest
            on steps.name = latest.name and steps.build_id = latest.build_id
        group by steps.name, steps.build_id
        having min(steps.status) = 'success' and max(steps.status) = 'success'
    ),

    broken_off as (
        select coalesce(max(build_id), 0) as build_id
        from etl.build
        where build_id not in (select build_id from etl.build where finished_at is not null)
            or build_id not in (select build_id from steps)
            or (full_refresh and build_id not in (select build_id from etl.build where outcome in {CONSUMED}))
    )

    select last_steps.name
    from last_steps
    inner join etl.build as build on last_steps.build_id = build.build_id
    cross join broken_off
    where build.outcome in {CONSUMED}
        and build.checksum like ?
        and last_steps.build_id > broken_off.build_id
"""


def standing_nodes(database: Database, key: str) -> list[str]:
    """Names of views and seeds that a run may leave alone: the last build of each was of this very project, by its key, and
    it is still there. None when in doubt, so all of them are made."""
    unchanged = {name for (name,) in database.query(_UNCHANGED, (f"%, files {key}",))}
    return sorted(unchanged.intersection(database.views_and_seeds()))
