"""Which models `run --publish` copies on PostgreSQL before it builds them."""

from collections.abc import Mapping

from loader.publish.beside import copied_models
from tests.support.dbt_server import manifest_of

Environment = Mapping[str, str]


def test_copied_models_are_those_that_find_something(duckdb_environment: Environment) -> None:
    """Read off the files of the models as dbt reads them."""
    manifest = manifest_of(duckdb_environment)
    nodes = [node for node in manifest["nodes"].values() if node["resource_type"] == "model" and "rates" not in node["fqn"]]
    assert copied_models() == {
        (node["schema"], node["name"]) for node in nodes
        if node["config"]["materialized"] in ("incremental", "made_once") and "keys" not in node["fqn"]
    }
    assert copied_models(unfilled_only=True) == {
        (node["schema"], node["name"]) for node in nodes if node["config"]["materialized"] == "made_once"
    }
