"""A headless Chromium, the distribution's, that talks to nobody but the test."""

from __future__ import annotations

import importlib
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.support.outside import missing

__all__ = ["browser"]

PROGRAMS = ("chromium", "chromedriver")
QUIET = (
    "--headless=new",
    "--no-sandbox",  # which root cannot have; it sees pages of the test alone
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--no-proxy-server",
    "--window-size=900,900",
)


@contextmanager
def browser(profile: Path) -> Iterator[Any]:
    """Start one, with a profile of its own."""
    try:
        chrome = importlib.import_module("selenium.webdriver.chrome.webdriver")
        options = importlib.import_module("selenium.webdriver.chrome.options").Options()
        service = importlib.import_module("selenium.webdriver.chrome.service").Service
    except ModuleNotFoundError as error:
        missing(f"module {error.name}", extra="host")
    program, driver = map(shutil.which, PROGRAMS)
    if not program or not driver:
        missing("Chromium with its driver (Debian: chromium chromium-driver)", extra="host")
    options.binary_location = program
    for each in (*QUIET, f"--user-data-dir={profile}"):
        options.add_argument(each)
    started = chrome.WebDriver(options, service(executable_path=driver))
    try:
        yield started
    finally:
        started.quit()
