"""The page: everything is read in one state of the database, then the template is filled and the file replaced."""

import re
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from loader.databases.base import Database
from loader.errors import LoaderError
from loader.report.page import cdm, checks, steps
from loader.report.page.reading import Reading

DEFAULT_FILE = "synthea_omop_report.html"
TEMPLATES = Path(__file__).with_name("templates")


class Statement(NamedTuple):
    """A line of the page's summary: `good`, `warn`, `bad` or `none` (nothing known), and the section that has more."""

    level: str
    text: str
    section: str


def write_page(database: Database, file: Path) -> None:
    """Write the report on the database as one HTML file without references to anything outside of it.

    LoaderError when the file cannot be written; one that was there stays then.
    """
    page = render(read(database))
    unfinished = file.with_name(f"{file.name}.unfinished")
    try:
        unfinished.write_text(page, encoding="utf-8", newline="\n")
        unfinished.replace(file)
    except OSError as error:
        raise LoaderError(f"{file} cannot be written: {error.strerror}. Name another file.") from error
    finally:
        # Where its folder is none, that was said already.
        with suppress(OSError):
            unfinished.unlink()


def read(database: Database) -> dict[str, Any]:
    """All that the page shows; a part of which there is nothing yet is None."""
    reading = Reading(database)
    with database.one_state():
        found: dict[str, Any] = {
            "state": steps.state(reading), "checks": checks.checks(reading),
            "source_checks": checks.source_checks(reading), "tests": steps.tests(reading),
            "completeness": cdm.completeness(reading), "coverage": cdm.coverage(reading),
            "accounting": cdm.accounting(reading), "population": cdm.population(reading),
            "events": cdm.events(reading), "times": steps.times(reading),
        }
    if found["checks"]:
        checks.add_examples(reading, found["checks"].failures)
    return found | {"place": database.place, "written_at": database.clock(), "statements": statements(found)}


def render(found: dict[str, Any]) -> str:
    """The page as text."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True, keep_trailing_newline=True,
    )
    environment.filters |= {
        "number": number, "share": share, "seconds": seconds, "moment": moment, "rows": rows, "value": value,
        "threshold": threshold, "breakable": breakable, "shortened": shortened,
    }
    return environment.get_template("page.html.jinja").render(found)


def statements(found: dict[str, Any]) -> list[Statement]:
    """What somebody wants to know first."""
    return [_of_build(found["state"]), _of_rows(found["accounting"]), _of_checks(found["checks"]),
            _of_tests(found["tests"]), _of_coverage(found["coverage"])]


def _of_build(state: steps.State) -> Statement:
    if not state.exports:
        return Statement("none", "No export has been loaded yet: synthea-omop load DIR", "times")
    if not state.outcome:
        return Statement("none", "Nothing has been built yet: synthea-omop run", "times")
    level = {"done": "good", "untested": "warn"}.get(state.outcome, "bad")
    if state.cdm:
        return Statement("bad", state.cdm, "times")
    if state.pending:
        waiting = f"{rows(state.pending, 'patient')} changed since the last build, which this page does not show yet"
        return Statement("warn" if level == "good" else level, f"{waiting}: synthea-omop run", "times")
    return Statement(level, f"Last build: {state.outcome_in_words}", "times")


def _of_rows(accounting: dict[str, Any] | None) -> Statement:
    if not accounting:
        return Statement("none", "Source rows have not been counted yet", "rows")
    if wrong := accounting["wrong"]:
        return Statement("bad", f"Rows are missing or count twice in {', '.join(wrong)}", "rows")
    return Statement("good", f"Every one of {rows(accounting['read'], 'source row')} is accounted for", "rows")


def _of_checks(found: checks.Checks | None) -> Statement:
    if not found:
        return Statement("none", "The data-quality checks have not run yet", "checks")
    bad = found.total["failed"] + found.total["error"]
    if not bad:
        return Statement("good", f"No data-quality check of {number(found.total['checks'])} failed", "checks")
    text = f"{number(bad)} of {rows(found.total['checks'], 'data-quality check')} failed"
    return Statement("bad" if found.grave else "warn", f"{text}, {found.grave or 'none'} of them fatal", "checks")


def _of_tests(tests: dict[str, Any] | None) -> Statement:
    if not tests:
        return Statement("none", "No data tests are on record", "tests")
    text = f"{number(tests['passed'])} of {rows(tests['tests'], 'data test')} passed"
    if tests["failed"]:
        return Statement("bad", f"{text}, {number(tests['failed'])} failed", "tests")
    if tests["warned"] or tests["skipped"]:
        rest = [f"{number(tests[kind])} {kind}" for kind in ("warned", "skipped") if tests[kind]]
        return Statement("warn", f"{text}, {', '.join(rest)}", "tests")
    return Statement("good", text, "tests")


def _of_coverage(coverage: cdm.Coverage | None) -> Statement:
    if not coverage:
        return Statement("none", "Mapping coverage has not been measured yet", "coverage")
    return Statement(
        "good" if coverage.mapped == coverage.rows else "warn",
        f"{share(coverage.mapped, coverage.rows)} of the coded source rows have a standard concept", "coverage",
    )


def number(count: int | None) -> str:
    """With separators: `1,234`; a dash for what is not known."""
    return "–" if count is None else f"{count:,}"


def rows(count: int, name: str) -> str:
    """`1 row`, `1,234 rows`."""
    return f"{count:,} {name}{'s'[:count != 1]}"


def share(part: int | None, whole: int | None) -> str:
    """In percent with one decimal; 0% is none and 100% is all, never nearly."""
    if part is None or not whole:
        return "–"
    if part in (0, whole):
        return "100%" if part else "0%"
    percent = 100 * part / whole
    if percent < 0.1:
        return "<0.1%"
    return ">99.9%" if 99.9 < percent < 100 else f"{percent:.1f}%"


def seconds(taken: float | None) -> str:
    """`0.34 s`, `12.3 s`, `2 min 05 s`."""
    if taken is None:
        return "–"
    if round(taken, 1) >= 60:
        return f"{round(taken) // 60:,} min {round(taken) % 60:02} s"
    return f"{taken:.1f} s" if taken >= 10 else f"{taken:.2f} s"


def moment(time: datetime | None) -> str:
    """To the minute; all times are UTC."""
    return "–" if time is None else f"{time:%Y-%m-%d %H:%M} UTC"


def value(found: Any) -> str:
    """A field of an example row, as it is."""
    return "NULL" if found is None else str(found)


def threshold(percent: Any) -> str:
    """The share of rows that may violate a check, given in percent."""
    return "0%" if percent in (None, "") else f"{float(percent):g}%"


def breakable(name: str) -> Markup:
    """The name, escaped, with places where a line may end: before a capital, after a dot and an underscore."""
    return Markup("<wbr>").join(escape(part) for part in re.split(r"(?<=[a-z])(?=[A-Z])|(?<=[._])", name))


def shortened(text: str, length: int = 40) -> str:
    """The beginning of a longer list."""
    return text if len(text) <= length else f"{text[:length].rpartition(', ')[0] or text[:length]} …"
