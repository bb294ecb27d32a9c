"""Warehouses for the tests: fresh and empty for every test that asks. Loading needs no Spark, building does."""

import os
from importlib.util import find_spec
from pathlib import Path
from shutil import which

import pytest

from tests.support.environments import spark_environment as environment_in


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("spark") and (reason := _missing()):
        # Whoever asks for these tests is not to believe that they ran.
        (pytest.fail if os.environ.get("REQUIRE_SPARK") else pytest.skip)(reason)


def _missing() -> str:
    if not (find_spec("pyspark") and find_spec("dbt.adapters.spark")):
        return "Spark is not installed (pip install -e '.[spark]')"
    return "" if which("java") or os.environ.get("JAVA_HOME") else "Spark needs Java"


@pytest.fixture
def spark_environment(tmp_path: Path) -> dict[str, str]:
    """Environment variables that lead to a warehouse that does not exist yet."""
    return environment_in(tmp_path)
