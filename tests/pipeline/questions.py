"""What the rulings count, as questions to a built database; counts.py has the answers."""

EVENTS = "intermediate.int_events__mapped"
STAYS = "(9201, 262)"

# `inside` is a detail of a stay with the concept of its own class.
_INSIDE = f"""
    omop.visit_detail as inside
    inner join omop.visit_occurrence as stay
        on inside.visit_occurrence_id = stay.visit_occurrence_id and stay.visit_concept_id in {STAYS}"""
# The claim items of an encounter's own claim, with the encounter.
_ENCOUNTER_CLAIMS = """
    (
        select claim_id, min(encounter_id) as encounter_id, sum(charged) as charged, sum(paid_by_primary) as paid
        from (
            select *, max(case when item_kind = 'encounter' then 1 else 0 end) over (partition by claim_id) as is_its
            from intermediate.int_costs__claim_items
        ) as items
        where is_its = 1
        group by claim_id
    ) as claims
    inner join staging.stg_synthea__encounters as encounters on claims.encounter_id = encounters.encounter_id"""
# The rows of an item by its charge: what follows a charge up to the next one of the claim.
_ITEMS = """
    (
        select claimid, item, max(amount) as charge, sum(payments) as payments, sum(adjustments) as adjustments
        from (
            select
                claimid,
                case when type = 'CHARGE' then amount else 0 end as amount,
                case when type = 'PAYMENT' then payments else 0 end as payments,
                case when type = 'ADJUSTMENT' then adjustments else 0 end as adjustments,
                sum(case when type = 'CHARGE' then 1 else 0 end) over (partition by claimid order by chargeid) as item
            from raw_synthea.claims_transactions
        ) as placed
        group by claimid, item
    ) as items"""


def _events(condition: str) -> str:
    return f"select count(*) from {EVENTS} where target_no = 1 and {condition}"


def _unmapped(file: str, home: str) -> str:
    return _events(f"source_file = '{file}' and target_concept_id = 0 and cdm_table = '{home}'")


def _visits_over_days(encounter_class: str) -> str:
    return f"""
        select count(*) from omop.visit_occurrence
        where visit_source_value = '{encounter_class}' and visit_end_date > visit_start_date"""


QUESTIONS = {
    # 7v, and what stands beside it
    "encounters": "select count(*) from omop.visit_detail",
    "visits": "select count(*) from omop.visit_occurrence",
    "inpatient encounters": "select count(*) from omop.visit_detail where visit_detail_concept_id = 9201",
    "stays": f"select count(*) from omop.visit_occurrence where visit_concept_id in {STAYS}",
    "stays through the emergency room": "select count(*) from omop.visit_occurrence where visit_concept_id = 262",
    "stays of several inpatient encounters": f"""
        select count(*) from (
            select stay.visit_occurrence_id from {_INSIDE} where inside.visit_detail_concept_id = 9201
            group by stay.visit_occurrence_id having count(*) > 1
        ) as several""",
    "emergencies in stays": f"select count(*) from {_INSIDE} where inside.visit_detail_concept_id = 9203",
    "others in stays": f"select count(*) from {_INSIDE} where inside.visit_detail_concept_id not in (9201, 9203)",
    **{
        f"{name} over days": _visits_over_days(name)
        for name in (
            "ambulatory", "wellness", "emergency", "snf", "hospice", "outpatient", "urgentcare", "virtual", "home",
        )
    },
    # 1, 2: where rows go
    "unmapped conditions": _unmapped("conditions", "condition_occurrence"),
    "unmapped procedures": _unmapped("procedures", "procedure_occurrence"),
    "unmapped medications": _unmapped("medications", "drug_exposure"),
    "unmapped immunizations": _unmapped("immunizations", "drug_exposure"),
    "unmapped observations": _events("source_file = 'observations' and target_concept_id = 0"),
    "unmapped devices": _unmapped("devices", "device_exposure"),
    "unmapped supplies": _unmapped("supplies", "device_exposure"),
    "unmapped careplans": _unmapped("careplans", "procedure_occurrence"),
    "conditions": _events("source_file = 'conditions'"),
    "conditions that are observations": _events("source_file = 'conditions' and cdm_table = 'observation'"),
    "procedures that are devices": _events("source_file = 'procedures' and cdm_table = 'device_exposure'"),
    "procedures that are conditions": _events("source_file = 'procedures' and cdm_table = 'condition_occurrence'"),
    "procedures that are observations": _events("source_file = 'procedures' and cdm_table = 'observation'"),
    "observations that are procedures": _events("source_file = 'observations' and cdm_table = 'procedure_occurrence'"),
    "observations that are notes": _events(
        "source_file = 'observations' and source_code in ('75443-2', '84215-3') and cdm_table = 'observation'"
    ),
    "studies": """
        select count(*) from (
            select distinct patient_id, imaging_study_id from staging.stg_synthea__imaging_studies
        ) as studies""",
    "studies without a procedure": _events("source_file = 'imaging_studies'"),
    # 5
    "allergic dispositions": """
        select count(*) from omop.observation
        where observation_concept_id = 43530807 and value_as_concept_id is null""",
    "allergens": """
        select count(*) from omop.observation
        where observation_concept_id = 43530807 and value_as_concept_id is not null""",
    "reactions": "select count(*) from omop.observation where observation_concept_id = 1340204",
    # 3
    "reason rows": """
        select (
            select count(*) from omop.condition_occurrence as occurrence
            where not exists (
                select 1 from intermediate.int_events__mapped as events
                where events.cdm_table = 'condition_occurrence'
                    and events.event_id = occurrence.condition_occurrence_id
            )
        ) + (
            select count(*) from omop.observation as occurrence
            where occurrence.observation_concept_id not in (1340204, 4155450)
                and occurrence.observation_source_value not in ('MARITAL', 'BIRTHPLACE')
                and not exists (
                    select 1 from intermediate.int_events__mapped as events
                    where events.cdm_table = 'observation' and events.event_id = occurrence.observation_id
                )
        )""",
    # 6
    "locations": "select count(*) from omop.location",
    "persons of another race": "select count(*) from omop.person where race_source_value = 'other' and race_concept_id = 0",
    "native persons": "select count(*) from omop.person where race_concept_id = 8657",
    "hawaiian persons": "select count(*) from omop.person where race_concept_id = 8557",
    "married or not": "select count(*) from omop.observation where observation_source_value = 'MARITAL'",
    "birthplaces": "select count(*) from omop.observation where observation_concept_id = 4155450",
    "birthplaces in the United States": """
        select count(*) from omop.observation
        where observation_concept_id = 4155450 and value_as_concept_id = 4330442""",
    "care sites": "select count(*) from omop.care_site",
    "care sites without a place of service": """
        select count(*) from omop.care_site where place_of_service_concept_id is null""",
    "providers": "select count(*) from omop.provider",
    "providers of general practice": "select count(*) from omop.provider where specialty_concept_id = 38004446",
    # 7
    "numbers of observations": _events("source_file = 'observations' and value_as_number is not null"),
    "negative numbers": _events("source_file = 'observations' and value_as_number < 0"),
    "scores of years of life": """
        select count(*) from omop.observation
        where observation_source_value in ('QALY', 'DALY', 'QOLS', 'QOL') and visit_occurrence_id is null""",
    "units that are not known": """
        select (select count(*) from omop.measurement where unit_concept_id = 0)
            + (select count(*) from omop.observation where unit_concept_id = 0)""",
    "pain scores": """
        select (
            select count(*) from omop.measurement
            where measurement_concept_id = 43055141 and unit_concept_id = 44777566
        ) + (
            select count(*) from omop.observation
            where observation_concept_id = 43055141 and unit_concept_id = 44777566
        )""",
    "widths of red cells in femtoliters": """
        select count(*) from omop.measurement where measurement_concept_id = 3019897 and unit_concept_id = 8583""",
    # 8
    "medications": _events("source_file = 'medications'"),
    "open medications": _events("source_file = 'medications' and stop_date is null"),
    "medications without refills": _events("source_file = 'medications' and dispenses > 25"),
    "drugs of a medication": """
        select count(*) from omop.drug_exposure where drug_type_concept_id = 32838 and drug_concept_id <> 0""",
    "drugs of a medication with an ingredient": """
        select count(*) from omop.drug_exposure
        where drug_type_concept_id = 32838 and drug_concept_id in (
            select drug_concept_id from intermediate.int_vocabulary__drug_ingredients
        )""",
    "vaccines with an ingredient": """
        select count(*) from omop.drug_exposure
        where drug_type_concept_id = 32818 and drug_concept_id in (
            select drug_concept_id from intermediate.int_vocabulary__drug_ingredients
        )""",
    "medications with a dose": """
        select count(*) from omop.drug_exposure
        where drug_type_concept_id = 32838 and drug_concept_id in (
            select drug_concept_id from intermediate.int_vocabulary__drug_doses
        )""",
    "deaths": "select count(*) from omop.death",
    "certified deaths": "select count(*) from omop.death where cause_concept_id is not null",
    "deaths with a known cause": "select count(*) from omop.death where cause_concept_id <> 0",
    # 9: amounts in cents
    "costs": "select count(*) from omop.cost",
    "cents of cost": "select cast(sum(total_cost) * 100 as bigint) from omop.cost",
    "cents charged": "select cast(sum(total_charge) * 100 as bigint) from omop.cost",
    "cents paid": "select cast(sum(total_paid) * 100 as bigint) from omop.cost",
    "costs that were not billed": "select count(*) from omop.cost where total_charge = 0 and total_cost > 0",
    "cents of procedures that were not billed": """
        select cast(sum(total_cost) * 100 as bigint) from omop.cost where total_charge = 0 and total_cost > 0""",
    "charges other than the price": """
        select count(*) from omop.cost
        where total_charge <> 0 and total_charge <> total_cost and not (
            cost_domain_id = 'Drug' and cost_event_id in (
                select drug_exposure_id from omop.drug_exposure where drug_type_concept_id = 32838
            )
        )""",
    "encounters without a coverage period": """
        select count(*) from omop.cost where cost_domain_id = 'Visit' and payer_plan_period_id is null""",
    "medications without a coverage period": """
        select count(*) from omop.cost
        where cost_domain_id = 'Drug' and payer_plan_period_id is null and cost_event_id in (
            select drug_exposure_id from omop.drug_exposure where drug_type_concept_id = 32838
        )""",
    "transfers": "select count(*) from raw_synthea.claims_transactions where type = 'TRANSFERIN'",
    "transfers from nowhere": """
        select count(*) from raw_synthea.claims_transactions as received
        left join raw_synthea.claims_transactions as sent
            on received.transferoutid = sent.chargeid
                and sent.type = 'TRANSFEROUT'
                and received.claimid = sent.claimid
                and received.procedurecode = sent.procedurecode
                and received.fromdate = sent.fromdate
                and received.amount = sent.transfers
        where received.type = 'TRANSFERIN' and sent.chargeid is null""",
    "charges that do not balance": f"select count(*) from {_ITEMS} where charge <> payments + adjustments",
    "claims charged above their total": f"""
        select count(*) from {_ENCOUNTER_CLAIMS} where claims.charged > encounters.total_claim_cost""",
    "encounters covered above their total": """
        select count(*) from staging.stg_synthea__encounters where payer_coverage > total_claim_cost""",
    "medications whose coverage is not the primary's": """
        select count(*) from (
            select encounter_id, item_code, sum(paid_by_primary) as paid
            from intermediate.int_costs__claim_items where item_kind = 'medication'
            group by encounter_id, item_code
        ) as items
        full outer join (
            select encounter_id, medication_code, sum(payer_coverage) as covered
            from staging.stg_synthea__medications group by encounter_id, medication_code
        ) as medications
            on items.encounter_id = medications.encounter_id and items.item_code = medications.medication_code
        where items.paid is null or medications.covered is null or items.paid <> medications.covered""",
    "medications whose total is not their dispenses'": """
        select count(*) from raw_synthea.medications where totalcost <> base_cost * dispenses""",
    "claims charged whole": f"""
        select count(*) from {_ENCOUNTER_CLAIMS} where claims.charged = encounters.total_claim_cost""",
    "claims charged whole and covered as paid": f"""
        select count(*) from {_ENCOUNTER_CLAIMS}
        where claims.charged = encounters.total_claim_cost and claims.paid = encounters.payer_coverage""",
    "encounters that cost more than their base": """
        select count(*) from staging.stg_synthea__encounters where total_claim_cost <> base_encounter_cost""",
    # 10
    "coverage periods": "select count(*) from omop.payer_plan_period",
    "periods without insurance": """
        select count(*) from omop.payer_plan_period where payer_source_value = 'NO_INSURANCE'""",
    "periods after death": """
        select count(*) from omop.payer_plan_period as period
        inner join omop.death on period.person_id = death.person_id
        where period.payer_plan_period_end_date > greatest(death.death_date, period.payer_plan_period_start_date)""",
}
