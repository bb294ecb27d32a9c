"""docs/cdm.md says what the models say."""

from tests.project.conftest import Model
from tests.support import cdm_page


def test_the_page_of_the_cdm_is_up_to_date() -> None:
    written = cdm_page.PAGE.read_text(encoding="utf-8")
    assert written == cdm_page.render(), "write it anew: python -m tests.support.cdm_page"


def test_every_table_of_the_cdm_is_on_the_page(models: list[Model]) -> None:
    page = cdm_page.PAGE.read_text(encoding="utf-8")
    missing = [model.name for model in models if model.room == "omop" and f"\n### {model.name}\n" not in page]
    assert missing == []
    assert {model.folders[-1] for model in models if model.room == "omop"} == set(cdm_page.ROOMS)


def test_no_description_is_left_with_a_reference() -> None:
    assert "{{" not in cdm_page.PAGE.read_text(encoding="utf-8").partition(cdm_page.MARK)[2]
