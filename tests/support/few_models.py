"""A copy of the dbt project with few of its models, for what is told by macros, hooks and the loader and not by models."""

from collections.abc import Sequence
from pathlib import Path

from tests.support.dbt_server import run_dbt
from tests.support.environments import clean_environment

# What the foreign keys of any table lead to.
VOCABULARY = ("concept", "concept_class", "domain", "vocabulary")


def leave_out_all_but(project: Path, models: Sequence[str]) -> None:
    """Take from a copy of the project, which is whole, every model that does not lead to one of these, and dbt's tests."""
    chosen = [f"+{name}" for name in (*models, *VOCABULARY)]
    # Foreign keys make more parents on PostgreSQL.
    environment = clean_environment() | {"SYNTHEA_OMOP_TARGET": "postgres"}
    code, listed = run_dbt(
        ("--quiet", "ls", "--output", "name", "--resource-type", "model", "--select", *chosen), environment
    )
    assert code == 0, listed
    kept = set(listed.split())
    for path in [*project.glob("models/**/*.sql"), *project.glob("models/**/*.yml")]:
        if path.stem not in kept and not path.stem.endswith("__sources"):
            path.unlink()
    for path in [*project.glob("tests/*/*.sql"), *project.glob("analyses/*")]:
        if path.parent.name != "generic":
            path.unlink()
