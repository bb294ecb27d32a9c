"""From every row of the built sample one finds the row of the file that it is made of."""

from collections.abc import Mapping

import pytest

from tests.pipeline.conftest import Histories
from tests.support import lineage
from tests.support.comparison import reading
from tests.support.environments import ENGINES


@pytest.mark.parametrize("engine", ENGINES)
def test_every_row_of_the_cdm_leads_to_a_row_of_a_file(
    histories: Histories, environments: dict[str, Mapping[str, str]], engine: str
) -> None:
    with reading(environments[engine]) as reader:
        tables = lineage.tables_with_rows(reader)
        lost = {table: lineage.rows_without_lineage(reader, table) for table in tables}
        absent = {file: lineage.rows_not_in_file(reader, file) for file in lineage.NATURAL_KEYS}
        different = {
            (table, file): lineage.rows_with_other_values(reader, table, file, condition)
            for table, file, condition in lineage.SAME_VALUES
        }
    assert len(tables) > 15
    assert {table: count for table, count in lost.items() if count} == {}
    assert {file: rows for file, rows in absent.items() if rows} == {}
    assert {key: count for key, count in different.items() if count} == {}
