"""A CDM that is broken on purpose: for each type of check of the Data Quality Dashboard one violation, the checks that
must see it, and those that cannot but see it too.
"""

from dataclasses import dataclass

_A_DEAD_PERSON = "(select min(person_id) from omop.death)"
_A_WOMAN = (
    "(select min(person_id) from omop.condition_occurrence where person_id in (select person_id from omop.person"
    " where gender_concept_id = 8532))"
)
_A_MAN = (
    "(select min(person_id) from omop.procedure_occurrence where person_id in (select person_id from omop.person"
    " where gender_concept_id = 8507))"
)
_LIVING = "person_id not in (select person_id from omop.death)"
_NEW_CONCEPT = """
    insert into raw_vocabulary.concept (
        concept_id, concept_name, domain_id, vocabulary_id, concept_class_id, standard_concept, concept_code,
        valid_start_date, valid_end_date
    ) values ({id}, '{name}', '{domain}', 'SNOMED', '{concept_class}', 'S', '{id}', date '1970-01-01', date '2099-12-31')"""


@dataclass(frozen=True)
class Violation:
    """What is done to the CDM, and the ids of the checks that newly fail because of it."""

    check_name: str
    statements: tuple[str, ...]
    planted: frozenset[str]
    following: frozenset[str] = frozenset()


def _violation(check_name: str, statements: str, planted: str, following: str = "") -> Violation:
    return Violation(
        check_name,
        tuple(statement for statement in statements.split(";") if statement.strip()),
        frozenset(planted.split()),
        frozenset(following.split()),
    )


VIOLATIONS = (
    _violation("cdmTable", "drop table omop.note_nlp", "table_cdmtable_note_nlp"),
    _violation("cdmField", "alter table omop.note drop column note_title", "field_cdmfield_note_note_title"),
    _violation(
        "measurePersonCompleteness",
        "delete from omop.observation_period where person_id = (select max(person_id) from omop.person)",
        "table_measurepersoncompleteness_observation_period",
    ),
    _violation(
        "measureConditionEraCompleteness",
        "delete from omop.condition_era where person_id = (select min(person_id) from omop.condition_era)",
        "table_measureconditioneracompleteness_condition_era",
    ),
    # One day after the other ends: they touch.
    _violation(
        "measureObservationPeriodOverlap",
        """insert into omop.observation_period
            select observation_period_id + 1, person_id, observation_period_end_date + 1, observation_period_end_date + 1,
                period_type_concept_id
            from omop.observation_period
            where person_id = (select min(person_id) from omop.observation_period where person_id not in (
                select person_id from omop.death
            ))""",
        "table_measureobservationperiodoverlap_observation_period",
    ),
    _violation(
        "isRequired",
        """alter table omop.device_exposure alter column device_exposure_start_date drop not null;
        update omop.device_exposure set device_exposure_start_date = null
        where device_exposure_id = (select min(device_exposure_id) from omop.device_exposure)""",
        "field_isrequired_device_exposure_device_exposure_start_date",
        "field_measurevaluecompleteness_device_exposure_device_exposure_start_date",
    ),
    _violation(
        "cdmDatatype",
        """alter table omop.fact_relationship alter column fact_id_1 type text;
        update omop.fact_relationship set fact_id_1 = fact_id_1 || '.5'
        where fact_id_1 = (select min(fact_id_1) from omop.fact_relationship)""",
        "field_cdmdatatype_fact_relationship_fact_id_1",
    ),
    _violation(
        "isPrimaryKey",
        """insert into omop.care_site select * from omop.care_site
        where care_site_id = (select min(care_site_id) from omop.care_site)""",
        "field_isprimarykey_care_site_care_site_id",
    ),
    _violation(
        "isForeignKey",
        """update omop.provider set care_site_id = -1
        where provider_id = (select min(provider_id) from omop.provider)""",
        "field_isforeignkey_provider_care_site_id",
    ),
    _violation(
        "fkDomain",
        """update omop.procedure_occurrence
        set procedure_concept_id = (select min(concept_id) from omop.concept
            where domain_id = 'Condition' and standard_concept = 'S' and invalid_reason is null)
        where procedure_occurrence_id = (select max(procedure_occurrence_id) from omop.procedure_occurrence)""",
        "field_fkdomain_procedure_occurrence_procedure_concept_id",
    ),
    _violation(
        "fkClass",
        """update omop.dose_era
        set drug_concept_id = (select min(concept_id) from omop.concept
            where domain_id = 'Drug' and concept_class_id = 'Clinical Drug' and standard_concept = 'S')
        where dose_era_id = (select min(dose_era_id) from omop.dose_era)""",
        "field_fkclass_dose_era_drug_concept_id",
    ),
    _violation(
        "isStandardValidConcept",
        """update omop.observation
        set observation_concept_id = (select min(concept_id) from omop.concept
            where domain_id = 'Observation' and standard_concept is null)
        where observation_id = (select min(observation_id) from omop.observation where observation_concept_id <> 0)""",
        "field_isstandardvalidconcept_observation_observation_concept_id",
    ),
    _violation(
        "measureValueCompleteness",
        """alter table omop.payer_plan_period alter column payer_plan_period_end_date drop not null;
        update omop.payer_plan_period set payer_plan_period_end_date = null
        where payer_plan_period_id = (select min(payer_plan_period_id) from omop.payer_plan_period)""",
        "field_measurevaluecompleteness_payer_plan_period_payer_plan_period_end_date",
        "field_isrequired_payer_plan_period_payer_plan_period_end_date",
    ),
    _violation(
        "standardConceptRecordCompleteness",
        "update omop.cost set cost_type_concept_id = 0 where cost_id = (select min(cost_id) from omop.cost)",
        "field_standardconceptrecordcompleteness_cost_cost_type_concept_id",
    ),
    _violation(
        "sourceConceptRecordCompleteness",
        "update omop.measurement set measurement_source_concept_id = 0 where measurement_id % 5 = 0",
        "field_sourceconceptrecordcompleteness_measurement_measurement_source_concept_id",
    ),
    _violation(
        "sourceValueCompleteness",
        f"update omop.death set cause_source_concept_id = 0 where person_id = {_A_DEAD_PERSON}",
        "field_sourcevaluecompleteness_death_cause_source_value",
        "field_sourceconceptrecordcompleteness_death_cause_source_concept_id",
    ),
    _violation(
        "plausibleValueLow",
        "update omop.drug_exposure set quantity = 0 where drug_exposure_id % 10 = 0",
        "field_plausiblevaluelow_drug_exposure_quantity",
    ),
    _violation(
        "plausibleValueHigh",
        "update omop.drug_exposure set refills = 25 where drug_exposure_id % 10 = 1",
        "field_plausiblevaluehigh_drug_exposure_refills",
    ),
    _violation(
        "plausibleTemporalAfter",
        f"""update omop.drug_exposure set verbatim_end_date = drug_exposure_start_date - 1
        where drug_exposure_id % 3 = 0 and {_LIVING}""",
        "field_plausibletemporalafter_drug_exposure_verbatim_end_date",
    ),
    _violation(
        "plausibleDuringLife",
        """update omop.procedure_occurrence set procedure_end_date = (select max(death_date) + 61 from omop.death)
        where person_id in (select person_id from omop.death)""",
        "field_plausibleduringlife_procedure_occurrence_procedure_end_date",
        "field_plausiblebeforedeath_procedure_occurrence_procedure_end_date",
    ),
    _violation(
        "plausibleBeforeDeath",
        """update omop.drug_era set drug_era_end_date = (select max(death_date) + 61 from omop.death)
        where person_id in (select person_id from omop.death)""",
        "field_plausiblebeforedeath_drug_era_drug_era_end_date",
    ),
    _violation(
        "withinVisitDates",
        f"""update omop.measurement set measurement_date = measurement_date + 400
        where measurement_id % 4 = 1 and measurement_date < date '2024-01-01' and {_LIVING}""",
        "field_withinvisitdates_measurement_measurement_date",
    ),
    _violation(
        "plausibleAfterBirth",
        """update omop.measurement
        set measurement_datetime = (select max(birth_datetime) from omop.person where year_of_birth < 1960)
        where person_id in (select person_id from omop.person where year_of_birth > 1960)""",
        "field_plausibleafterbirth_measurement_measurement_datetime",
    ),
    _violation(
        "plausibleStartBeforeEnd",
        "update omop.dose_era set dose_era_end_date = dose_era_start_date - 1 where dose_era_id % 2 = 0",
        "field_plausiblestartbeforeend_dose_era_dose_era_start_date",
    ),
    _violation(
        "plausibleGender",
        _NEW_CONCEPT.format(
            id=26662, name="Testicular hypofunction", domain="Condition", concept_class="Clinical Finding"
        ) + f"""; update omop.condition_occurrence set condition_concept_id = 26662
        where condition_occurrence_id = (
            select min(condition_occurrence_id) from omop.condition_occurrence where person_id = {_A_WOMAN}
        )""",
        "concept_plausiblegender_condition_occurrence_condition_concept_id_26662",
    ),
    # The concept is checked as a descendant of itself.
    _violation(
        "plausibleGenderUseDescendants",
        _NEW_CONCEPT.format(
            id=4041261, name="Procedure on female genital system", domain="Procedure", concept_class="Procedure"
        ) + f"""; insert into raw_vocabulary.concept_ancestor values (4041261, 4041261, 0, 0);
        update omop.procedure_occurrence set procedure_concept_id = 4041261
        where procedure_occurrence_id = (
            select min(procedure_occurrence_id) from omop.procedure_occurrence where person_id = {_A_MAN}
        )""",
        "concept_plausiblegenderusedescendants_procedure_occurrence_procedure_concept_id_4041261",
    ),
    # Body weight in millimetres of mercury.
    _violation(
        "plausibleUnitConceptIds",
        """update omop.measurement set unit_concept_id = 8876
        where measurement_concept_id = 3025315 and measurement_id % 2 = 0""",
        "concept_plausibleunitconceptids_measurement_measurement_concept_id_3025315",
    ),
)
