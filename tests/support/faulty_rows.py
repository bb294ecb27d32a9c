"""Rows of the CDM that are made faulty by hand, for the tests that look at all tables in one query: what each must find."""

_LAST = "rowid = (select max(rowid) from omop.{0})"
_OF_ANOTHER = """
    update omop.{0} set {1} = (select max({2}_id) from omop.{2} as other where other.person_id <> {0}.person_id)
    where rowid = (select min(rowid) from omop.{0} where {1} is not null)"""

# Test -> statements, each of which makes one row faulty.
FAULTS = {
    "key_tables_are_one_to_one_and_leave_room_for_ids": (
        """insert into intermediate.int_keys__persons
        select max(person_id) + 1, max(patient_id) from intermediate.int_keys__persons""",
        "insert into intermediate.int_keys__persons select max(person_id), gen_random_uuid() from intermediate.int_keys__persons",
        "insert into intermediate.int_keys__persons select 8589934592, gen_random_uuid()",
        "insert into intermediate.int_keys__locations select null, 'an address without an id'",
        "insert into intermediate.int_keys__care_sites select max(care_site_id) + 1, null from intermediate.int_keys__care_sites",
        "insert into intermediate.int_keys__providers select 0, gen_random_uuid()",
    ),
    "every_id_is_in_the_range_of_its_person": (
        # One that nothing else refers to.
        """update omop.measurement set measurement_id = measurement_id - 1048576
        where rowid = (select max(rowid) from omop.measurement where measurement_id not in (
            select unnest([fact_id_1, fact_id_2]) from omop.fact_relationship
            union all select cost_event_id from omop.cost
            union all select observation_event_id from omop.observation where observation_event_id is not null
        ))""",
        f"update omop.drug_era set drug_era_id = 9007199254740992 where {_LAST.format('drug_era')}",
        f"update omop.condition_era set condition_era_id = null where {_LAST.format('condition_era')}",
        f"update omop.cost set cost_id = cost_id + 1048576 where {_LAST.format('cost')}",
        _OF_ANOTHER.format("observation", "visit_occurrence_id", "visit_occurrence"),
        _OF_ANOTHER.format("procedure_occurrence", "visit_detail_id", "visit_detail"),
        _OF_ANOTHER.format("visit_occurrence", "preceding_visit_occurrence_id", "visit_occurrence"),
        """update omop.cost set payer_plan_period_id = payer_plan_period_id + 1048576
        where rowid = (
            select max(rowid) from omop.cost
            where rowid < (select max(rowid) from omop.cost)
                and payer_plan_period_id + 1048576 in (select payer_plan_period_id from omop.payer_plan_period)
        )""",
    ),
    "every_event_referred_to_exists": (
        "update omop.cost set cost_event_id = cost_event_id + 500000 where rowid = 0",
        "update omop.cost set cost_domain_id = 'Note' where rowid = 1",
        """update omop.cost set payer_plan_period_id = payer_plan_period_id + 500000
        where rowid = (select min(rowid) from omop.cost where payer_plan_period_id is not null and rowid > 1)""",
        "update omop.fact_relationship set fact_id_1 = fact_id_1 + 500000 where rowid = 0",
        "update omop.fact_relationship set domain_concept_id_2 = 5085 where rowid = 1",
        """update omop.observation set observation_event_id = observation_event_id + 500000
        where rowid = (select min(rowid) from omop.observation where observation_event_id is not null)""",
    ),
    "every_text_fits_its_column": (
        f"update omop.person set person_source_value = repeat('x', 51) where {_LAST.format('person')}",
        f"update omop.cdm_source set cdm_version = repeat('x', 11) where {_LAST.format('cdm_source')}",
    ),
    "deaths_are_the_patients_with_a_deathdate": (
        f"insert into omop.death select * from omop.death where {_LAST.format('death')}",
    ),
    "every_check_of_the_source_passes": (
        "update quality.source_checks set status = 'failed' where rowid = (select min(rowid) from quality.source_checks)",
    ),
    # Not a failure, which of this severity would be a warning, but a count that could not be made.
    "every_check_of_the_dashboard_passes": (
        """update quality.dqd_results set status = 'error'
        where checkid = (
            select min(checkid) from quality.dqd_results where severity = 'characterization' and status = 'passed'
        )""",
    ),
}
# What DuckDB itself would refuse: a contract's NOT NULL, and the unique indexes of a key table.
ALLOWING = (
    "alter table omop.condition_era alter column condition_era_id drop not null",
    "create or replace table intermediate.int_keys__persons as from intermediate.int_keys__persons",
)
