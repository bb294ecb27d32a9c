"""From every row of the CDM back to the file: what the view `quality.lineage` says is looked up in raw_synthea."""

from tests.support.comparison import Reader

# Neither is made of a row of a file: one describes the CDM, the other links rows of it.
WITHOUT_SOURCE_ROW = {"cdm_source", "fact_relationship"}
_EVENT = (
    "raw.patient = lineage.patient_id and raw.code = lineage.source_code"
    " and raw.encounter is not distinct from lineage.encounter_id"
)
_ID = "raw.id = lineage.record_id"
# File -> how its row is found by what the view says of it.
NATURAL_KEYS = {
    "patients": "raw.id = coalesce(lineage.patient_id, lineage.record_id)",
    "encounters": f"{_ID} and raw.patient = lineage.patient_id and raw.start = lineage.started_at",
    "careplans": f"{_ID} and {_EVENT}",
    "imaging_studies": f"{_ID} and raw.patient = lineage.patient_id and raw.date = lineage.started_at",
    "payer_transitions": "raw.patient = lineage.patient_id and raw.payer = lineage.record_id"
    " and raw.start_date = lineage.source_code",
    "organizations": _ID,
    "providers": _ID,
    **dict.fromkeys(
        ("conditions", "allergies", "medications", "procedures", "devices"), f"{_EVENT} and raw.start = lineage.started_at"
    ),
    **dict.fromkeys(("immunizations", "observations", "supplies"), f"{_EVENT} and raw.date = lineage.started_at"),
}
# What only the right row of the file has: CDM table, file, and the condition.
SAME_VALUES = (
    ("person", "patients", "cdm.person_source_value = cast(raw.id as text)"),
    ("death", "patients", "cdm.death_date = raw.deathdate"),
    ("provider", "providers", "cdm.provider_source_value = cast(raw.id as text)"),
    ("care_site", "organizations", "cdm.care_site_source_value = cast(raw.id as text)"),
    ("visit_detail", "encounters", "cdm.visit_detail_source_value = raw.code"),
    ("condition_occurrence", "conditions", "cdm.condition_source_value = raw.code"),
    ("measurement", "observations", "cdm.value_source_value = left(raw.value, 50)"),
    ("payer_plan_period", "payer_transitions", "cdm.family_source_value = cast(raw.memberid as text)"),
    ("cost", "encounters", "cdm.total_cost = raw.base_encounter_cost"),
    ("cost", "procedures", "cdm.total_cost = raw.base_cost"),
    ("cost", "immunizations", "cdm.total_cost = raw.base_cost"),
    ("cost", "medications", "cdm.total_cost = raw.totalcost"),
)


def tables_with_rows(reader: Reader) -> list[str]:
    """The tables of the CDM that hold rows of files."""
    tables = [name for (name,) in reader.query(
        "select table_name from information_schema.tables where table_schema = 'omop' and table_type = 'BASE TABLE'"
        " order by 1"
    )]
    return [
        table for table in tables
        if table not in WITHOUT_SOURCE_ROW and list(reader.query(f"select 1 from omop.{table} limit 1"))
    ]


def rows_without_lineage(reader: Reader, table: str) -> int:
    """How many rows of the table the view does not know, or knows under an id that is not in the table."""
    key = "person_id" if table == "death" else f"{table}_id"
    ((count,),) = reader.query(
        f"select count(*) from (select distinct cdm_row_id from quality.lineage where cdm_table = '{table}') as traced"
        f" full outer join omop.{table} as cdm on traced.cdm_row_id = cdm.{key}"
        f" where cdm.{key} is null or traced.cdm_row_id is null"
    )
    return count


def rows_not_in_file(reader: Reader, file: str) -> list[tuple]:
    """(CDM table, rows) of what the view says to come from the file and the file does not have."""
    return list(reader.query(
        f"select cdm_table, count(*) from quality.lineage as lineage where file_name = '{file}.csv'"
        f" and not exists (select 1 from raw_synthea.{file} as raw where {NATURAL_KEYS[file]}) group by cdm_table"
    ))


def rows_with_other_values(reader: Reader, table: str, file: str, condition: str) -> int:
    """How many rows of the table hold something else than the rows of the file that they lead to."""
    key = "person_id" if table == "death" else f"{table}_id"
    ((count,),) = reader.query(
        f"select count(*) from omop.{table} as cdm inner join quality.lineage as lineage"
        f" on lineage.cdm_table = '{table}' and lineage.file_name = '{file}.csv' and lineage.cdm_row_id = cdm.{key}"
        f" where not exists (select 1 from raw_synthea.{file} as raw where {NATURAL_KEYS[file]}"
        f" and coalesce({condition}, true))"
    )
    return count
