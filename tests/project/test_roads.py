"""A run parses what its road builds: nothing that the road's selector chooses is left unread."""

import json
from pathlib import Path
from typing import Any

import pytest
from pathspec import GitIgnoreSpec

from loader.dbt_process import UNREAD
from tests.support.commands import dbt
from tests.support.environments import duckdb_environment

BUILT = ("model", "seed", "test")


@pytest.mark.parametrize("road", UNREAD)
def test_a_road_reads_all_that_it_builds(road: str, manifest: dict[str, Any], tmp_path: Path) -> None:
    unread = GitIgnoreSpec.from_lines(UNREAD[road])
    listed = dbt(
        "--quiet", "ls", "--selector", road, "--output", "json", "--output-keys", "original_file_path", "unique_id",
        environment=duckdb_environment(tmp_path),
    )
    chosen = [node for node in map(json.loads, listed.splitlines()) if node["unique_id"].split(".")[0] in BUILT]
    assert len(chosen) > 40
    # Of a test of the schema it is the file of its model's description.
    assert [node["unique_id"] for node in chosen if unread.match_file(node["original_file_path"])] == []
    left = {path for node in manifest["nodes"].values() if unread.match_file(path := node["original_file_path"])}
    assert any(path.startswith("analyses/") for path in left)
    assert road == "rates" or {"models/rates/fact_rate.sql", "models/quality/rates/rates_findings.sql"} <= left
