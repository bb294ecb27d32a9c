"""The overview of the documentation leads to what there is, and the exposures name what they read."""

import re
from typing import Any

import pytest

from loader.report.page.cdm import EVENTS
from tests.project.conftest import Model
from tests.support.environments import REPOSITORY

LINKS = re.compile(r"\]\(#!/(\w+)/([\w.]+)\)")
PAGE = REPOSITORY / "loader" / "report" / "page"


@pytest.fixture(scope="module")
def overview(manifest: dict[str, Any]) -> str:
    return manifest["docs"]["doc.synthea_omop.__overview__"]["block_contents"]


def test_every_link_of_the_overview_leads_somewhere(manifest: dict[str, Any], overview: str) -> None:
    links = LINKS.findall(overview)
    assert len(links) > 40
    found = {**manifest["nodes"], **manifest["exposures"]}
    assert [target for kind, target in links if target not in found or found[target]["resource_type"] != kind] == []


def test_the_overview_leads_to_every_table_of_the_cdm_and_every_question(
    manifest: dict[str, Any], models: list[Model], overview: str
) -> None:
    linked = {target for _, target in LINKS.findall(overview)}
    tables = {model.node["unique_id"] for model in models if model.room == "omop"}
    questions = {name for name, node in manifest["nodes"].items() if node["resource_type"] == "analysis"}
    assert (tables | questions) - linked == set()


def test_ohdsi_s_tools_read_the_whole_cdm(manifest: dict[str, Any], models: list[Model]) -> None:
    tables = {model.node["unique_id"] for model in models if model.room == "omop"}
    assert _read_by(manifest, "ohdsi_tools") == tables


def test_the_questions_read_what_the_analyses_do(manifest: dict[str, Any]) -> None:
    asked = {
        parent for node in manifest["nodes"].values() if node["resource_type"] == "analysis"
        for parent in node["depends_on"]["nodes"] if parent.startswith("model.")
    }
    assert _read_by(manifest, "questions") == asked


def test_the_report_reads_what_its_modules_name(manifest: dict[str, Any], models: list[Model]) -> None:
    modules = " ".join(path.read_text(encoding="utf-8") for path in [*PAGE.glob("*.py"), PAGE.parent / "accounting.py"])
    named = set(re.findall(r"\b(?:omop|quality)\.(\w+)", modules)) | set(EVENTS)
    there = {model.name: model.node["unique_id"] for model in models if model.room in ("omop", "quality")}
    assert _read_by(manifest, "report") == {there[name] for name in named & set(there)}


def _read_by(manifest: dict[str, Any], exposure: str) -> set[str]:
    return set(manifest["exposures"][f"exposure.synthea_omop.{exposure}"]["depends_on"]["nodes"])
