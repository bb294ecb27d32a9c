"""The page of `synthea-omop report` in a browser: it shows what the tables hold, on any screen, on paper, by keyboard."""

import base64
import io
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from unicodedata import normalize

import pytest
from pypdf import PdfReader
from selenium.webdriver import ActionChains, Keys

from tests.pipeline.conftest import Build
from tests.support.browser import A4_IN_POINTS, Browser, chromium
from tests.support.commands import synthea_omop
from tests.support.comparison import Reader, reading
from tests.support.environments import ENGINES

NARROW = 400
# The width of what is printed on A4 between its margins, at 96 dots an inch.
PRINTED = 703
SMALLEST_TEXT = 12
# WCAG 2.1 AA for text.
LEAST_CONTRAST = 4.5
TITLES = {
    "visit_occurrence": "Visits", "condition_occurrence": "Conditions", "drug_exposure": "Drugs",
    "procedure_occurrence": "Procedures", "device_exposure": "Devices", "measurement": "Measurements",
    "observation": "Observations",
}
FOCUSABLE = "a[href], summary, [tabindex='0']"


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with chromium(tmp_path_factory.mktemp("profile")) as found:
        yield found


@pytest.fixture(scope="module")
def pages(
    histories: dict[str, dict[str, Build]], environments: dict[str, Mapping[str, str]],
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[str, Path]:
    """Engine -> the page on the sample."""
    folder = tmp_path_factory.mktemp("pages")
    for engine in ENGINES:
        synthea_omop("report", "--html", str(folder / f"{engine}.html"), environment=environments[engine])
    return {engine: folder / f"{engine}.html" for engine in ENGINES}


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


@pytest.mark.parametrize("width", [320, NARROW, 1280])
def test_the_page_itself_never_scrolls_sideways(browser: Browser, pages: dict[str, Path], width: int) -> None:
    browser.open(pages["duckdb"], width)
    browser.ask("document.querySelectorAll('details').forEach(part => { part.open = true })")
    seen, whole = browser.ask("return [document.documentElement.clientWidth, document.documentElement.scrollWidth]")
    assert whole <= seen
    # What is wider than the screen is a table, and scrolls in a region that the keyboard reaches.
    assert browser.ask(
        "return [...document.querySelectorAll('body *')].filter(part => part.scrollWidth > part.clientWidth + 1"
        " && getComputedStyle(part).overflowX === 'auto' && part.tabIndex < 0).length"
    ) == 0


def test_text_is_large_enough_on_a_phone(browser: Browser, pages: dict[str, Path]) -> None:
    browser.open(pages["duckdb"], NARROW)
    sizes = browser.ask(
        "return [...document.querySelectorAll('body *')].filter(part => [...part.childNodes].some("
        "node => node.nodeType === 3 && node.textContent.trim())).filter(part => part.getClientRects().length).map("
        "part => [part.tagName, parseFloat(getComputedStyle(part).fontSize)"
        " * (part.ownerSVGElement ? part.ownerSVGElement.getScreenCTM().a : 1)])"
    )
    assert len(sizes) > 100
    assert [size for size in sizes if size[1] < SMALLEST_TEXT - 0.1] == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_its_background(browser: Browser, pages: dict[str, Path], scheme: str) -> None:
    browser.open(pages["duckdb"], scheme=scheme)
    pairs = browser.ask(
        """const seen = new Set();
        for (const part of document.querySelectorAll('body *')) {
            if (part.closest('svg') || ![...part.childNodes].some(node => node.nodeType === 3 && node.textContent.trim())) continue;
            let behind = part;
            while (behind && getComputedStyle(behind).backgroundColor === 'rgba(0, 0, 0, 0)') behind = behind.parentElement;
            seen.add(getComputedStyle(part).color + '|' + getComputedStyle(behind || document.body).backgroundColor);
        }
        return [...seen].map(pair => pair.split('|').map(color => color.match(/[0-9.]+/g).map(Number)))"""
    )
    assert len(pairs) >= 4
    assert [pair for pair in pairs if _contrast(*pair) < LEAST_CONTRAST] == []
    darkest = min(_luminance(background) for _, background in pairs)
    assert (darkest < 0.1) == (scheme == "dark")


def _luminance(color: list[float]) -> float:
    linear = [
        value / 255 / 12.92 if value / 255 <= 0.04045 else ((value / 255 + 0.055) / 1.055) ** 2.4 for value in color[:3]
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: list[float], other: list[float]) -> float:
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def test_the_keyboard_reaches_everything_in_order(browser: Browser, pages: dict[str, Path]) -> None:
    browser.open(pages["duckdb"])
    browser.ask(
        "window.reachable = [...document.querySelectorAll(arguments[0])].filter(part => part.checkVisibility("
        "{contentVisibilityAuto: true}) && part.getClientRects().length)",
        FOCUSABLE,
    )
    expected = browser.ask("return window.reachable.length")
    order, invisible = [], []
    for _ in range(expected):
        ActionChains(browser.session).send_keys(Keys.TAB).perform()
        position, outline = browser.ask(
            "const at = document.activeElement; const style = getComputedStyle(at);"
            " return [window.reachable.indexOf(at), style.outlineStyle + ' ' + style.outlineWidth]"
        )
        order.append(position)
        if outline.startswith("none") or outline.endswith(" 0px"):
            invisible.append(position)
    assert order == list(range(expected))
    assert invisible == []


def test_the_first_key_leads_past_the_head_and_parts_open_by_key(browser: Browser, pages: dict[str, Path]) -> None:
    browser.open(pages["duckdb"])
    ActionChains(browser.session).send_keys(Keys.TAB, Keys.ENTER).perform()
    assert browser.ask("return document.activeElement.id") == "content"
    browser.ask("document.querySelector('summary').focus()")
    ActionChains(browser.session).send_keys(Keys.ENTER).perform()
    assert browser.ask("return document.querySelector('details').open") is True


def test_it_prints_on_a4_with_everything_on_it(browser: Browser, pages: dict[str, Path]) -> None:
    browser.open(pages["duckdb"], PRINTED, media="print")
    seen, whole = browser.ask("return [document.documentElement.clientWidth, document.documentElement.scrollWidth]")
    assert whole <= seen
    browser.open(pages["duckdb"])
    sheets = PdfReader(io.BytesIO(base64.b64decode(browser.pdf()))).pages
    sizes = {(round(float(sheet.mediabox.width)), round(float(sheet.mediabox.height))) for sheet in sheets}
    assert sizes == {A4_IN_POINTS}
    # Paper has ligatures.
    words = normalize("NFKC", " ".join(" ".join(sheet.extract_text() for sheet in sheets).split()))
    # The last two stand in parts that are closed on the screen.
    for text in ("Persons by age and sex", "Time of each step", "Outcomes by file", "Events by year"):
        assert text in words
    assert "Skip to the content" not in words


def test_tables_and_charts_are_told_to_those_who_do_not_see_them(browser: Browser, pages: dict[str, Path]) -> None:
    browser.open(pages["duckdb"])
    browser.ask("document.querySelectorAll('details').forEach(part => { part.open = true })")
    found: dict[str, Any] = browser.ask(
        """const all = name => [...document.querySelectorAll(name)];
        return {
            tables: all('table').length,
            bare: all('table').filter(one => !one.caption || !one.caption.textContent.trim() || !one.tHead).length,
            heads: all('th').filter(one => !['col', 'row'].includes(one.scope) || !one.textContent.trim()).length,
            charts: all('svg[role=img]').length,
            mute: all('svg').filter(one => one.getAttribute('aria-hidden') !== 'true' && !(one.getAttribute('role') === 'img'
                && (one.getAttribute('aria-label') || one.querySelector('title, desc')))).length,
            levels: all('h1, h2, h3').map(one => Number(one.tagName[1])),
            lost: all('a[href^="#"]').filter(one => !document.getElementById(one.getAttribute('href').slice(1))).length,
            twice: all('[id]').length - new Set(all('[id]').map(one => one.id)).size,
            language: document.documentElement.lang,
        }"""
    )
    assert found["tables"] >= 10 and found["charts"] >= 8
    assert [found[kind] for kind in ("bare", "heads", "mute", "lost", "twice")] == [0, 0, 0, 0, 0]
    assert found["levels"][0] == 1 and found["levels"].count(1) == 1
    assert all(later - earlier <= 1 for earlier, later in zip(found["levels"], found["levels"][1:], strict=False))
    assert found["language"] == "en"
