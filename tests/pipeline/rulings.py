"""What the rulings count in the real exports: each count as a question to a built database, and its answer an export.

The answers were counted in the exports' files when the rules were written, before there was any model.
"""

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

_BALANCED = {
    "transfers from nowhere": 0,
    "charges other than the price": 0,
    "claims charged above their total": 0,
    "encounters covered above their total": 0,
    "medications whose coverage is not the primary's": 0,
    "medications whose total is not their dispenses'": 0,
}
_BALANCED_SINCE_V3_2 = _BALANCED | {"charges that do not balance": 0}

COUNTS = {
    "demo": _BALANCED_SINCE_V3_2 | {
        "encounters": 438, "visits": 433, "inpatient encounters": 13, "stays": 10,
        "stays through the emergency room": 1, "studies": 44, "studies without a procedure": 4, "costs": 2152,
        "deaths": 3,
    },
    "v2.5.0_113": {
        "encounters": 5275, "visits": 5165, "inpatient encounters": 222, "stays": 196,
        "stays through the emergency room": 12, "emergencies in stays": 13, "others in stays": 71, "deaths": 13,
        "certified deaths": 0, "scores of years of life": 3153, "studies without a procedure": 102,
        "coverage periods": 315, "encounters that cost more than their base": 0,
        "encounters covered above their total": 0, "periods after death": 0,
    },
    "v2.7.0_922": {
        "encounters": 10843, "visits": 10841, "inpatient encounters": 457, "stays": 457,
        "stays through the emergency room": 0, "emergencies in stays": 1, "scores of years of life": 25704,
        "coverage periods": 932, "encounters that cost more than their base": 0,
        "encounters covered above their total": 0, "periods after death": 0,
    },
    "v3.0.0_27": _BALANCED | {
        "encounters": 604, "visits": 603, "stays through the emergency room": 1, "stays": 11, "costs": 1545,
        "costs that were not billed": 127, "transfers": 920, "claims charged whole": 221,
        "claims charged whole and covered as paid": 219, "medications": 663, "medications without refills": 258,
        "providers": 166, "providers of general practice": 63,
    },
    "v3.1.0_107": {
        "encounters": 1274, "visits": 1182, "inpatient encounters": 79, "stays": 36, "others in stays": 49,
        "encounters covered above their total": 0,
    },
    "v3.2_11": _BALANCED_SINCE_V3_2 | {
        "encounters": 388, "visits": 388, "costs": 1579, "costs that were not billed": 289, "transfers": 951,
        "claims charged whole": 279, "claims charged whole and covered as paid": 279, "studies": 11,
        "studies without a procedure": 1, "medications": 173,
    },
    "v3.3.0_45_next": _BALANCED_SINCE_V3_2 | {
        "encounters": 1813, "visits": 1809, "stays": 20, "stays through the emergency room": 1, "costs": 8969,
    },
    "v4.0_16": {
        "encounters": 1494, "visits": 1481, "inpatient encounters": 32, "stays": 28,
        "stays through the emergency room": 6, "others in stays": 3, "studies": 74, "studies without a procedure": 2,
        "encounters covered above their total": 0,
    },
    "v3.3.0_455": _BALANCED_SINCE_V3_2 | {
        "encounters": 29983, "visits": 29884, "inpatient encounters": 330, "stays": 302,
        "stays through the emergency room": 50, "stays of several inpatient encounters": 19,
        "emergencies in stays": 50, "others in stays": 21,
        "ambulatory over days": 1163, "wellness over days": 193, "emergency over days": 73, "snf over days": 69,
        "hospice over days": 64, "outpatient over days": 37, "urgentcare over days": 14, "virtual over days": 3,
        "home over days": 0,
        "unmapped conditions": 868, "unmapped procedures": 27044, "unmapped medications": 2073,
        "unmapped immunizations": 495, "unmapped observations": 10285, "unmapped devices": 2115,
        "unmapped supplies": 12136, "unmapped careplans": 602, "conditions": 17266,
        "conditions that are observations": 10195, "procedures that are devices": 44,
        "procedures that are conditions": 6, "procedures that are observations": 1865,
        "observations that are procedures": 5, "observations that are notes": 42, "studies": 1863,
        "studies without a procedure": 58,
        # 362 substances, 50 drugs, 6 of them with two targets
        "allergic dispositions": 93, "allergens": 418, "reactions": 338, "reason rows": 4698,
        "locations": 1053, "persons of another race": 9, "native persons": 1, "hawaiian persons": 2,
        "married or not": 291, "birthplaces": 455, "birthplaces in the United States": 414, "care sites": 612,
        "care sites without a place of service": 67,
        # of 226,292 numeric rows one is negative and must not be
        "numbers of observations": 226291, "negative numbers": 15, "scores of years of life": 10182,
        "units that are not known": 0, "pain scores": 13895, "widths of red cells in femtoliters": 1152,
        "medications": 23404, "open medications": 1344, "medications without refills": 530,
        "drugs of a medication": 21333, "drugs of a medication with an ingredient": 20737,
        "vaccines with an ingredient": 0, "medications with a dose": 1357,
        "deaths": 61, "certified deaths": 58, "deaths with a known cause": 56,
        "costs": 138103, "cents of cost": 14113794269, "cents charged": 7775707683, "cents paid": 7775707683,
        "costs that were not billed": 22222, "cents of procedures that were not billed": 936008693,
        "encounters without a coverage period": 12361, "medications without a coverage period": 9124,
        "transfers": 62998, "claims charged whole": 21004, "claims charged whole and covered as paid": 21004,
        "periods without insurance": 253, "periods after death": 0,
    },
}
