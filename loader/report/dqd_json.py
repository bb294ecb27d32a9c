"""The checks of the last build as a file of the OHDSI Data Quality Dashboard, for its viewer and its re-evaluation."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from loader.databases.base import Database
from loader.errors import LoaderError

# The release whose checks, thresholds and rules these are.
DQD_VERSION = "2.8.4"
CATEGORIES = ("Plausibility", "Conformance", "Completeness")
# The columns that are ours and not the dashboard's.
_OURS = ("severity", "status")
_RESULTS = "select * from quality.dqd_results order by check_level desc, check_name, cdm_table_name, checkid"
_CDM_SOURCE = "select * from omop.cdm_source"
_LAST_BUILD = """
    select started_at, finished_at from etl.build
    where finished_at is not null order by build_id desc limit 1"""

Row = Mapping[str, Any]


def write_dqd_json(database: Database, file: Path) -> int:
    """Write the results of the last build to `file`; the number of checks.

    LoaderError where there are none, and where the file cannot be written.
    """
    built = database.query(
        "select count(*) from information_schema.tables where table_schema = 'quality' and table_name = 'dqd_results'"
    )
    if not built[0][0]:
        raise LoaderError(f"No check has run in the {database.place} yet. Use synthea-omop run.")
    results = _rows(database, _RESULTS)
    ((started, finished),) = database.query(_LAST_BUILD) or [(None, None)]
    seconds = round((finished - started).total_seconds()) if started else 0
    document = {
        "startTimestamp": started, "endTimestamp": finished,
        "executionTime": f"{seconds} secs", "executionTimeSeconds": seconds,
        "CheckResults": [
            {camel_case(name): value for name, value in row.items() if name not in _OURS} for row in results
        ],
        "Metadata": [
            {camel_case(name): value for name, value in row.items()} | {"dqdVersion": DQD_VERSION}
            for row in _rows(database, _CDM_SOURCE)
        ],
        "Overview": overview(results),
    }
    beside = file.with_name(file.name + ".part")
    try:
        with beside.open("w", encoding="utf-8") as out:
            json.dump(document, out, default=_plain, ensure_ascii=False)
        beside.replace(file)
    except OSError as error:
        raise LoaderError(f"{file} cannot be written: {error.strerror or error}.") from error
    return len(results)


def overview(results: Iterable[Row]) -> dict[str, float]:
    """The dashboard's totals: what is neither failed nor an error counts as passed, what does not apply too."""
    counts: Counter[Any] = Counter()
    for row in results:
        has_failed = bool(row["failed"] or row["is_error"])
        counts["total"] += 1
        counts["error"] += row["is_error"]
        counts["threshold"] += row["failed"]
        counts["failed"] += has_failed
        counts["total", row["category"]] += 1
        counts["failed", row["category"]] += has_failed
    total, failed = counts["total"], counts["failed"]
    found: dict[str, float] = {
        "countTotal": total, "countPassed": total - failed, "countErrorFailed": counts["error"],
        "countThresholdFailed": counts["threshold"], "countOverallFailed": failed,
        "percentPassed": _percent(total - failed, total), "percentFailed": _percent(failed, total),
    }
    for category in CATEGORIES:
        of, wrong = counts["total", category], counts["failed", category]
        found |= {f"countTotal{category}": of, f"countFailed{category}": wrong, f"countPassed{category}": of - wrong}
    return found


def camel_case(name: str) -> str:
    """The dashboard's name of a column in its files; it writes `checkid` in one word."""
    first, *others = ("check_id" if name == "checkid" else name).split("_")
    return first + "".join(word.capitalize() for word in others)


def _percent(part: int, whole: int) -> float:
    return round(100 * part / whole, 2) if whole else 0.0


def _rows(database: Database, sql: str) -> list[dict[str, Any]]:
    names, rows = database.query_with_names(sql)
    return [dict(zip(names, row, strict=True)) for row in rows]


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, (date, datetime)):
        return str(value)
    raise TypeError(f"no JSON for {type(value).__name__}")
