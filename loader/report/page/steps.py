"""What was loaded and built: the state of the ledger, the tests of the last build, and the time of each step."""

from dataclasses import dataclass
from typing import Any

from loader.load.ledger import last_outcome
from loader.report.cdm_state import cdm_state
from loader.report.page.reading import Reading, Row
from loader.report.status import pending_patients

SLOWEST_SHOWN = 15
OUTCOMES = {
    "done": "every table was built and every data test passed or only warned",
    "untested": "every table was built; the data tests did not run",
    "failing": "the tables are there, but a test or a model failed",
    "partial": "not every table was built; the next run builds them",
    "started": "the build broke off or is still at work",
    "unpublished": "what was built did not take the place of what readers see",
}
ROOMS = {
    "seeds": "Seeds", "staging": "Staging", "intermediate": "Intermediate", "omop": "CDM", "rates": "Rates",
    "quality": "Quality", "tests": "Data tests", "unit_tests": "Unit tests",
}


@dataclass
class State:
    """What the page is about, and how current it is."""

    source: Row | None
    exports: Row | None
    build: Row | None
    outcome: str | None
    pending: int
    cdm: str

    @property
    def outcome_in_words(self) -> str:
        """What the outcome of the last build means."""
        return OUTCOMES.get(self.outcome or "", "")


def state(reading: Reading) -> State:
    """The CDM's own words about itself, what was loaded, and the last build."""
    source = reading.row("select * from omop.cdm_source") if reading.has("omop.cdm_source") else None
    loads = reading.row(
        "select count(*) as loads, min(started_at) as first_at, max(finished_at) as last_at, max(layout) as layout"
        " from etl.load_batch where layout <> 'vocabulary' and outcome = 'loaded'"
    )
    build = reading.row(
        "select build_id, started_at, finished_at, full_refresh, models, seconds from etl.build"
        " where finished_at is not null order by build_id desc limit 1"
    )
    return State(
        source, loads if loads and loads["loads"] else None, build, last_outcome(reading.database),
        pending_patients(reading.database), cdm_state(reading.database, reading.database.is_loading()),
    )


def tests(reading: Reading) -> dict[str, Any] | None:
    """How the data tests of the last build that ran any came out."""
    if not reading.has("etl.build_step"):
        return None
    counts = reading.rows(f"select status, count(*) as tests from etl.build_step where {_LAST_TESTS} group by status")
    if not counts:
        return None
    by_status = {row["status"]: row["tests"] for row in counts}
    failed = sum(number for status, number in by_status.items() if status not in ("pass", "warn", "skipped"))
    return {
        "tests": sum(by_status.values()), "passed": by_status.get("pass", 0), "warned": by_status.get("warn", 0),
        "skipped": by_status.get("skipped", 0), "failed": failed,
        "named": reading.rows(
            f"select name, status, failures from etl.build_step where {_LAST_TESTS} and status not in ('pass', 'skipped')"
            " order by case status when 'warn' then 2 else 1 end, failures desc nulls last, name"
        ),
    }


_LAST_TESTS = (
    "kind = 'test' and build_id = (select max(build_id) from etl.build_step where kind = 'test')"
)


def times(reading: Reading) -> dict[str, Any] | None:
    """The seconds of the last load of each kind, of the last build, of its rooms and of its slowest steps."""
    loads = reading.rows("""
        select
            case when layout = 'vocabulary' then 'Load of the vocabulary' else 'Load of the export' end as name,
            cast(extract(epoch from finished_at - started_at) as double precision) as seconds, rows_read, finished_at
        from etl.load_batch
        where batch_id in (
            select max(batch_id) from etl.load_batch where outcome = 'loaded'
            group by case when layout = 'vocabulary' then 1 else 2 end
        )
        order by batch_id""")
    build = reading.row(
        "select build_id, seconds, models, full_refresh, finished_at from etl.build"
        " where finished_at is not null order by build_id desc limit 1"
    )
    if not loads and not build:
        return None
    rooms, slowest = [], []
    if build and reading.has("etl.build_step"):
        steps = f"from etl.build_step where build_id = {int(build['build_id'])} and status <> 'skipped'"
        found = {row["room"]: row for row in reading.rows(
            f"select room, count(*) as steps, sum(seconds) as seconds {steps} group by room"
        )}
        rooms = [
            {"name": title, "steps": found[room]["steps"], "seconds": found[room]["seconds"]}
            for room, title in ROOMS.items() if room in found
        ]
        slowest = reading.rows(
            f"select name, room, kind, seconds {steps} and kind in ('model', 'seed')"
            f" order by seconds desc, name limit {SLOWEST_SHOWN}"
        )
    return {"loads": loads, "build": build, "rooms": rooms, "slowest": slowest}
