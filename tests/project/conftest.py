"""What the house rules look at: dbt's manifest, the models in it, and the files of the repository."""

import ast
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

from tests.support.dbt_server import manifest_of
from tests.support.environments import REPOSITORY, duckdb_environment

ROOMS = ("staging", "intermediate", "omop", "rates", "quality")


@dataclass(frozen=True)
class Model:
    """A model of the manifest."""

    node: Mapping[str, Any]

    @property
    def name(self) -> str:
        return self.node["name"]

    @property
    def sql_file(self) -> Path:
        return REPOSITORY / self.node["original_file_path"]

    @property
    def folders(self) -> tuple[str, ...]:
        """The folders below models/, the room first."""
        return self.sql_file.relative_to(REPOSITORY / "models").parts[:-1]

    @property
    def room(self) -> str:
        return self.folders[0]

    @cached_property
    def sql(self) -> str:
        """The model as it is written, without comments."""
        return re.sub(r"--[^\n]*|\{#.*?#\}", "", self.sql_file.read_text(), flags=re.DOTALL)


def set_in(sql_file: Path, name: str) -> Any:
    """What Jinja's `set` of that name holds in a file, where it is a literal."""
    found = re.search(rf"\{{%-? set {name} = (.*?) -?%\}}", sql_file.read_text(), flags=re.DOTALL)
    assert found, f"{sql_file.name} sets no {name}"
    return ast.literal_eval(found[1])


@pytest.fixture(scope="session")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """dbt's view of the project as it lies there."""
    return manifest_of(duckdb_environment(tmp_path_factory.mktemp("parsed")))


@pytest.fixture(scope="session")
def models(manifest: dict[str, Any]) -> list[Model]:
    """All models, by name."""
    found = [Model(node) for node in manifest["nodes"].values() if node["resource_type"] == "model"]
    return sorted(found, key=lambda model: model.name)


@pytest.fixture(scope="session")
def files() -> list[Path]:
    """The files that git has or would take, as paths from the repository's root."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    )
    return [Path(line) for line in listed.stdout.splitlines() if (REPOSITORY / line).is_file()]
