"""Debian's Chromium without a window, for the tests of pages. Nothing is downloaded: both programs are the machine's."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service

# CI sets it: there a machine without a browser is an error.
REQUIRED = "REQUIRE_BROWSER"
NAMES = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-dev-shm-usage",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)
A4_IN_POINTS = (595, 842)


@contextmanager
def chromium(folder: Path) -> Iterator["Browser"]:
    """A browser with a profile of its own in `folder`; the test is skipped where there is none."""
    program = next(filter(None, map(shutil.which, NAMES)), None)
    driver = shutil.which("chromedriver")
    if not program or not driver:
        reason = "no Chromium with its driver: apt-get install chromium chromium-driver"
        if os.environ.get(REQUIRED):
            pytest.fail(f"{reason} ({REQUIRED} is set)")
        pytest.skip(reason)
    options = webdriver.ChromeOptions()
    options.binary_location = program
    for argument in (*ARGUMENTS, f"--user-data-dir={folder}"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    session = webdriver.Chrome(options=options, service=Service(driver))
    try:
        yield Browser(session)
    finally:
        session.quit()


class Browser:
    """One open page and what a reader can do with it."""

    def __init__(self, session: webdriver.Chrome) -> None:
        self.session = session

    def open(self, page: Path, width: int = 1280, media: str = "", scheme: str = "light") -> None:
        """The page from a file, on a screen so wide; `media` may be `print`."""
        self._command("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False)
        self._command(
            "Emulation.setEmulatedMedia", media=media, features=[{"name": "prefers-color-scheme", "value": scheme}]
        )
        # The page before this one may still speak: its frames go first, then what they said.
        self.session.get("about:blank")
        self.session.get_log("browser")
        self.session.get(page.as_uri())

    def ask(self, script: str, *arguments: Any) -> Any:
        """What a script in the page returns."""
        return self.session.execute_script(script, *arguments)

    def console(self) -> list[str]:
        """What the console says since the page was opened or it was last asked."""
        return [entry["message"] for entry in self.session.get_log("browser")]

    def pdf(self) -> str:
        """The page as it is printed, base64."""
        return self._command("Page.printToPDF", preferCSSPageSize=True, printBackground=True)["data"]

    def table(self, name: str) -> list[list[str]]:
        """The texts of the cells of the table whose caption has this id, head and foot included."""
        return self.ask(
            "return [...document.getElementById(arguments[0]).closest('table').rows].map("
            "row => [...row.cells].map(cell => cell.textContent.trim()))",
            name,
        )

    def _command(self, name: str, **arguments: Any) -> Any:
        return self.session.execute_cdp_cmd(name, arguments)
