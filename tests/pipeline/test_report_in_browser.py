"""The page of `synthea-omop report` in a browser shows what the tables hold, on both engines, and fetches nothing."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.support.browser import Browser
from tests.support.comparison import Reader, reading
from tests.support.environments import ENGINES

TITLES = {
    "visit_occurrence": "Visits", "condition_occurrence": "Conditions", "drug_exposure": "Drugs",
    "procedure_occurrence": "Procedures", "device_exposure": "Devices", "measurement": "Measurements",
    "observation": "Observations",
}


@pytest.fixture(params=ENGINES)
def shown(
    request: pytest.FixtureRequest, browser: Browser, pages: dict[str, Path],
    environments: dict[str, Mapping[str, str]],
) -> Iterator[tuple[Browser, Reader]]:
    """The page of an engine in the browser, and the database that it is about."""
    browser.open(pages[request.param])
    with reading(environments[request.param]) as reader:
        yield browser, reader


def count(reader: Reader, what: str) -> int:
    ((number,),) = reader.query(f"select count(*) from {what}")
    return number


def number(value: int) -> str:
    return f"{value:,}"


def test_the_counts_of_events_are_those_of_the_tables(shown: tuple[Browser, Reader]) -> None:
    page, reader = shown
    rows = {row[0]: row for row in page.table("completeness")[1:]}
    assert set(rows) == set(TITLES.values())
    for table, title in TITLES.items():
        ((events, persons),) = reader.query(f"select count(*), count(distinct person_id) from omop.{table}")
        assert rows[title][1:3] == [number(events), number(persons)]
    figures = dict(page.ask(
        "return [...document.querySelectorAll('.figures div')].map(figure => [figure.children[0].textContent,"
        " figure.children[1].textContent])"
    ))
    assert figures["Persons"] == number(count(reader, "omop.person"))
    assert figures["Drugs"] == number(count(reader, "omop.drug_exposure"))


def test_the_shares_with_a_standard_concept_are_those_of_the_tables(shown: tuple[Browser, Reader]) -> None:
    page, reader = shown
    rows = {row[0]: row for row in page.table("completeness")[1:]}
    for title, table, concept in [
        ("Devices", "device_exposure", "device_concept_id"), ("Procedures", "procedure_occurrence", "procedure_concept_id"),
    ]:
        mapped = count(reader, f"omop.{table} where {concept} <> 0")
        assert rows[title][6] == f"{100 * mapped / count(reader, f'omop.{table}'):.1f}%"


def test_the_mapping_coverage_is_that_of_the_table(shown: tuple[Browser, Reader]) -> None:
    page, reader = shown
    held = [
        [file, vocabulary, number(rows), number(unmapped), number(unknown)]
        for file, vocabulary, rows, unmapped, unknown in reader.query(
            "select file_name, vocabulary_id, source_rows, unmapped_rows, unknown_code_rows from quality.mapping_coverage"
        )
    ]
    assert sorted(row[:5] for row in page.table("coverage-by-file")[1:-1]) == sorted(held)


def test_the_counts_of_source_rows_are_those_of_the_accounting(shown: tuple[Browser, Reader]) -> None:
    page, reader = shown
    held = {
        file: [number(int(value)) for value in values]
        for file, *values in reader.query(
            """select file_name, max(rows_read),
                sum(case when kind = 'CDM table' then source_rows else 0 end),
                sum(case when kind = 'elsewhere' then source_rows else 0 end),
                sum(case when kind = 'left out' then source_rows else 0 end),
                sum(case when kind = 'rejected' then source_rows else 0 end)
            from quality.row_accounting group by file_name"""
        )
    }
    assert {row[0]: row[1:6] for row in page.table("accounting")[1:-1]} == held
    targets = {row[0]: row for row in page.table("targets")[1:]}
    for table in ("person", "cost", "observation", "drug_era", "location"):
        assert targets[table][1] == number(count(reader, f"omop.{table}"))
    assert {row[4] for row in targets.values()} <= {"0", "–"}


def test_persons_by_sex_and_events_by_year_are_those_of_the_tables(shown: tuple[Browser, Reader]) -> None:
    page, reader = shown
    header, *bands, total = page.table("population")
    women = count(reader, "omop.person where gender_concept_id = 8532")
    assert total[header.index("Female")] == number(women)
    assert total[-1] == number(count(reader, "omop.person"))
    assert sum(int(row[-1].replace(",", "")) for row in bands) == count(reader, "omop.person")
    years = {row[0]: row for row in page.table("events-by-year")[1:-1]}
    columns = page.table("events-by-year")[0]
    for year, events in reader.query(
        "select cast(extract(year from condition_start_date) as integer), count(*) from omop.condition_occurrence group by 1"
    ):
        assert years[str(year)][columns.index("Conditions")] == number(events)


def test_ages_are_those_on_the_last_day_on_record(shown: tuple[Browser, Reader]) -> None:
    page, reader = shown
    ages = [
        ended.year - born.year - ((ended.month, ended.day) < (born.month, born.day))
        for born, ended in reader.query(
            """select cast(birth_datetime as date), observation_period_end_date
            from omop.person inner join omop.observation_period using (person_id)"""
        )
    ]
    shown_bands = {row[0]: row[-1] for row in page.table("population")[1:-1]}
    assert shown_bands["0–9"] == number(sum(age < 10 for age in ages))
    assert shown_bands["60–69"] == number(sum(60 <= age < 70 for age in ages))
    assert shown_bands["90 and older"] == number(sum(age >= 90 for age in ages))


def test_the_steps_and_tests_are_those_of_the_last_build(shown: tuple[Browser, Reader]) -> None:
    page, reader = shown
    last = "etl.build_step where build_id = (select max(build_id) from etl.build_step)"
    rooms = {row[0]: row[1] for row in page.table("rooms")[1:]}
    assert rooms["CDM"] == number(count(reader, f"{last} and room = 'omop' and status <> 'skipped'"))
    assert rooms["Data tests"] == number(count(reader, f"{last} and kind = 'test' and status <> 'skipped'"))
    warned = {row[0] for row in page.table("tests-found")[1:]}
    assert warned == {
        name.replace("_", " ") for (name,) in reader.query(f"select name from {last} and kind = 'test' and status = 'warn'")
    }
    assert warned


def test_the_verdicts_are_those_of_the_checks(shown: tuple[Browser, Reader]) -> None:
    page, reader = shown
    if not count(reader, "information_schema.tables where table_name = 'dqd_results'"):
        assert "There are no results yet" in page.ask("return document.querySelector('.empty').textContent")
        return
    verdicts = "passed", "failed", "error", "not_applicable"
    held = {
        category: [number(value) for value in values] for category, *values in reader.query(
            f"""select category, {', '.join(f"count(case when status = '{one}' then 1 end)" for one in verdicts)}
            from quality.dqd_results group by category"""
        )
    }
    assert {row[0]: row[1:5] for row in page.table("checks-by-category")[1:-1]} == held
    failing = count(reader, "quality.dqd_results where status in ('failed', 'error')")
    assert page.ask("return document.querySelectorAll('[id^=failure-]').length") == failing


def test_nothing_is_fetched_and_the_console_is_silent(shown: tuple[Browser, Reader]) -> None:
    page, _ = shown
    page.ask("document.querySelectorAll('details').forEach(part => { part.open = true })")
    assert page.console() == []
    assert page.ask("return performance.getEntriesByType('resource').map(entry => entry.name)") == []
    assert page.ask("return document.querySelectorAll('script, img, iframe, object, link[rel=stylesheet]').length") == 0
