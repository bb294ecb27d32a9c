"""The results of the data-quality checks: their verdicts counted in three ways, and what fails with rows that show it."""

import re
from dataclasses import dataclass, field
from typing import Any

from loader.report.page.reading import Reading, Row

RESULTS = "quality.dqd_results"
SOURCE_RESULTS = "quality.source_checks"
VERDICTS = ("passed", "failed", "error", "not_applicable")
# Of so many failing checks rows are shown, and of each so many.
CHECKS_WITH_EXAMPLES = 40
EXAMPLES = 5
_COUNTS = ", ".join(f"count(case when status = '{verdict}' then 1 end) as {verdict}" for verdict in VERDICTS)
_RANK = "case severity when 'fatal' then 1 when 'convention' then 2 else 3 end"
# The query of a check is a text in the database: nothing but one select is run, and that cannot write.
_ONE_SELECT = re.compile(r"\s*(?:with|select)\b[^;]*", re.IGNORECASE | re.DOTALL)


@dataclass
class Failure:
    """A check that failed or ended with an error, and rows that violate it."""

    check: Row
    names: list[str] = field(default_factory=list)
    examples: list[tuple[Any, ...]] = field(default_factory=list)
    remark: str = ""

    @property
    def fields(self) -> list[tuple[str, tuple[Any, ...]]]:
        """Column -> its values in the examples. Columns that have none are left out, but for the one that is checked."""
        checked = (self.check["cdm_field_name"] or "").lower()
        columns = zip(self.names, zip(*self.examples, strict=True), strict=True) if self.examples else ()
        return [
            (name, values) for name, values in columns
            if name == checked or any(value is not None for value in values)
        ]


@dataclass
class Checks:
    """The results of the checks: counts in all, by category, severity, table and type, and the failures."""

    total: Row
    by_severity: list[Row]
    by_category: list[Row]
    by_table: list[Row]
    by_type: list[Row]
    failures: list[Failure]

    @property
    def grave(self) -> int:
        """How many checks of severity `fatal` failed, or could not be counted."""
        return sum(
            failure.check["severity"] == "fatal" or failure.check["status"] == "error" for failure in self.failures
        )


def checks(reading: Reading) -> Checks | None:
    """The results of the last build; None where the checks have not run."""
    if not reading.has(RESULTS):
        return None
    total = reading.row(f"select count(*) as checks, {_COUNTS} from {RESULTS}")
    if not total or not total["checks"]:
        return None
    failing = reading.rows(
        f"select check_name, check_level, check_description, category, subcategory, severity, cdm_table_name,"
        f" cdm_field_name, concept_id, unit_concept_id, num_violated_rows, num_denominator_rows, threshold_value,"
        f" notes_value, query_text, error, status"
        f" from {RESULTS} where status in ('failed', 'error')"
        f" order by case status when 'error' then 1 else 2 end, {_RANK}, num_violated_rows desc nulls last, checkid"
    )
    return Checks(
        total,
        _by(reading, "severity", f"min({_RANK})"), _by(reading, "category"), _by(reading, "lower(cdm_table_name)"),
        _by(reading, "check_name"),
        [Failure(row) for row in failing],
    )


def _by(reading: Reading, column: str, order: str = "1") -> list[Row]:
    return reading.rows(
        f"select {column} as name, count(*) as checks, {_COUNTS} from {RESULTS} group by {column} order by {order}"
    )


def source_checks(reading: Reading) -> dict[str, Any] | None:
    """The checks of the source files: counts by kind, and those that failed; None where they have not run."""
    if not reading.has(SOURCE_RESULTS):
        return None
    kinds = reading.rows(
        f"select check_name as name, count(*) as checks, {_COUNTS} from {SOURCE_RESULTS} group by check_name order by 1"
    )
    if not kinds:
        return None
    return {
        "kinds": kinds,
        "total": {key: sum(row[key] for row in kinds) for key in ("checks", *VERDICTS)},
        "failing": reading.rows(
            "select check_name, file_name, column_name, description, num_violated_rows, num_checked_rows"
            f" from {SOURCE_RESULTS} where status = 'failed' order by check_name, file_name, column_name"
        ),
    }


def add_examples(reading: Reading, failures: list[Failure]) -> None:
    """Look up rows that violate the first of the failing checks. An example that cannot be had is no reason to stop."""
    database = reading.database
    for number, failure in enumerate(failures):
        query = (failure.check["query_text"] or "").strip().rstrip(";")
        if not query or failure.check["status"] != "failed":
            continue
        if number >= CHECKS_WITH_EXAMPLES:
            failure.remark = f"Rows are shown for the first {CHECKS_WITH_EXAMPLES} failing checks only."
            continue
        if not _ONE_SELECT.fullmatch(query):
            failure.remark = "The query is not one select, so it was not run."
            continue
        try:
            with database.one_state():
                failure.names, failure.examples = database.query_with_names(
                    f"select * from (\n{query}\n) as violated limit {EXAMPLES}"
                )
        except database.errors as error:
            failure.remark = f"The rows could not be looked up: {' '.join(str(error).split())}"
