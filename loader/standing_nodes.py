"""What dbt need not make again: views and seeds that stand in the database as the project would make them now."""

from loader.databases.base import Database
from loader.load.ledger import CONSUMED
from loader.settings import PROJECT_DIR

_ROOMS = ("staging", "intermediate", "omop", "quality")
_MADE_ONCE = PROJECT_DIR / "models" / "omop" / "unfilled"

# Of every model and seed the last build that made it, by the ledger that dbt's hooks keep (macros/build/record_steps.sql). It
# counts when that build was of the same project and came to its end, and so did all builds after it: what one that broke
# off made, nobody wrote down, and one of another project, or by hand, may have made tables that this one would not.
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
        where coalesce(checksum, '') not like ?
            or build_id not in (select build_id from etl.build where finished_at is not null)
            or build_id not in (select build_id from steps)
            or (full_refresh and build_id not in (select build_id from etl.build where outcome in {CONSUMED}))
    )

    select last_steps.name
    from last_steps
    inner join etl.build as build on last_steps.build_id = build.build_id
    cross join broken_off
    where build.outcome in {CONSUMED}
        and last_steps.build_id > broken_off.build_id
"""


def standing_nodes(database: Database, key: str) -> list[str]:
    """Names of what a run may leave alone, views, seeds and tables that are made once: the last build of each was of this
    very project, by its key, and it is still there. None when in doubt.
    """
    unchanged = {name for (name,) in database.query(_UNCHANGED, (f"%, files {key}",))}
    made_once = {path.stem for path in _MADE_ONCE.glob("*.sql")}
    return sorted(
        name for schema, name, is_view in database.relations()
        if name in unchanged and (
            (is_view and schema in _ROOMS) or schema == "mappings" or (schema == "omop" and name in made_once)
        )
    )
