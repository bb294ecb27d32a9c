"""The page of `synthea-omop report` can be read on any screen, on paper, by keyboard and by those who do not see it."""

import base64
import io
from pathlib import Path
from typing import Any
from unicodedata import normalize

import pytest
from pypdf import PdfReader
from selenium.webdriver import ActionChains, Keys

from tests.support.browser import A4_IN_POINTS, Browser

NARROW = 400
# The width of what is printed on A4 between its margins, at 96 dots an inch.
PRINTED = 703
SMALLEST_TEXT = 12
# WCAG 2.1 AA for text.
LEAST_CONTRAST = 4.5
FOCUSABLE = "a[href], summary, [tabindex='0']"


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
            const isText = node => node.nodeType === 3 && node.textContent.trim();
            if (part.closest('svg') || ![...part.childNodes].some(isText)) continue;
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
