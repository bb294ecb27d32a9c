"""Whether the CDM that readers see is whole: what `etl.build` says of it, for `status` and the report."""

from loader.databases.base import Database
from loader.load.ledger import CONSUMED


def cdm_state(database: Database, is_at_work: bool) -> str:
    """In a sentence, what is wrong with the CDM: it is being rebuilt, incomplete, or older than a build that was not
    published. Empty when nothing is.
    """
    names, rows = database.query_with_names(
        f"""select build.* from etl.build as build
        where build.build_id > (select coalesce(max(build_id), 0) from etl.build where outcome in {CONSUMED})
        order by build.build_id desc, build.finished_at desc nulls last"""
    )
    # The first row of a build is its last word. A ledger that an older loader made does not know of builds beside.
    builds = {row["build_id"]: row for row in reversed([dict(zip(names, row, strict=True)) for row in rows])}
    in_place = [row for row in builds.values() if not row.get("is_beside")]
    if in_place:
        build = in_place[-1]
        since = f"build {build['build_id']}, which began at {build['started_at']:%Y-%m-%d %H:%M} UTC"
        if is_at_work and build["outcome"] == "started":
            return f"The CDM is being rebuilt ({since}): until that ends some of its tables are new and some are not."
        return f"The CDM is incomplete: {since}, did not come to its end. Run synthea-omop run to complete it."
    if builds and not is_at_work:
        build = list(builds.values())[-1]
        return f"Build {build['build_id']} was not published: the CDM is whole, but older than what is loaded."
    return ""
