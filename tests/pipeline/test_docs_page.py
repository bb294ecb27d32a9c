"""The documentation that `make docs` makes, in a browser: its first page leads from the CDM's headings to the tables."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from tests.pipeline.conftest import Histories
from tests.support.browser import Browser
from tests.support.commands import dbt

SECONDS = 30


@pytest.fixture(scope="module")
def docs(
    histories: Histories, environments: dict[str, Mapping[str, str]],
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    """The page of dbt docs on the sample: the overview, every model, exposure and analysis."""
    folder = tmp_path_factory.mktemp("docs")
    dbt("docs", "generate", "--static", "--target-path", str(folder), environment=environments["duckdb"])
    return folder / "static_index.html"


@pytest.mark.parametrize(("link", "text"), [
    ("condition_occurrence", "One row per condition that a source row stands for"),
    ("What does a member cost a payer a year?", "Member years are the insured days divided by 365.25"),
    ("report", "One HTML page for people"),
])
def test_the_overview_leads_to_tables_questions_and_exposures(
    docs: Path, browser: Browser, link: str, text: str
) -> None:
    browser.open(docs)
    wait = WebDriverWait(browser.session, SECONDS)
    wait.until(lambda session: "Health system: where and by whom" in session.find_element(By.TAG_NAME, "body").text)
    browser.ask(
        "[...document.querySelectorAll('a[href*=\"synthea_omop.\"]')]"
        ".find(one => one.textContent.trim() === arguments[0]).click()",
        link,
    )
    wait.until(lambda session: text in session.find_element(By.TAG_NAME, "body").text)
