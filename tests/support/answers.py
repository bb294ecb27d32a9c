"""What the analyses must answer, worked out in plain Python from the rows of the CDM."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from statistics import fmean, median
from typing import Any

from tests.support.comparison import Reader

Row = Mapping[str, Any]
INPATIENT = (9201, 262)
DAYS_OF_A_YEAR = 365.25
# Domain of a cost -> the table of its events, the day an event began.
PRICED = {
    "Visit": ("visit_occurrence", "visit_start_date"),
    "Drug": ("drug_exposure", "drug_exposure_start_date"),
    "Procedure": ("procedure_occurrence", "procedure_date"),
    "Measurement": ("measurement", "measurement_date"),
    "Observation": ("observation", "observation_date"),
    "Device": ("device_exposure", "device_exposure_start_date"),
}
EVENTS = {
    "condition_occurrence": "condition", "drug_exposure": "drug", "procedure_occurrence": "procedure",
    "device_exposure": "device", "measurement": "measurement", "observation": "observation",
}


class Cdm:
    """The tables of a built database as rows by column names."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self.table = cache(self._table)

    def _table(self, name: str, schema: str = "omop") -> list[Row]:
        columns = [column for (column,) in self._reader.query(
            f"select column_name from information_schema.columns where table_schema = '{schema}'"
            f" and table_name = '{name}' order by ordinal_position"
        )]
        return [dict(zip(columns, row, strict=True)) for row in self._reader.query(f"select * from {schema}.{name}")]

    @property
    def names(self) -> dict[int, str]:
        """Concept id -> name."""
        return {row["concept_id"]: row["concept_name"] for row in self.table("concept")}

    def stays(self) -> list[Row]:
        """The inpatient visits."""
        return [row for row in self.table("visit_occurrence") if row["visit_concept_id"] in INPATIENT]

    def ages(self) -> dict[int, int]:
        """Person -> completed years on the last day on record."""
        ends = {row["person_id"]: row["observation_period_end_date"] for row in self.table("observation_period")}
        return {
            row["person_id"]: end.year - row["year_of_birth"]
            - ((end.month, end.day) < (row["month_of_birth"], row["day_of_birth"]))
            for row in self.table("person") if (end := ends.get(row["person_id"]))
        }

    def last_day(self) -> date:
        """The last day on which anything is known."""
        return max(row["observation_period_end_date"] for row in self.table("observation_period"))


def grouped(rows: Iterable[Row], *keys: str) -> dict[tuple[Any, ...], list[Row]]:
    """The rows by the values of some columns."""
    groups = defaultdict(list)
    for row in rows:
        groups[tuple(row[key] for key in keys)].append(row)
    return groups


def persons_of(rows: Iterable[Row]) -> int:
    return len({row["person_id"] for row in rows})


def how_long_do_inpatient_stays_last(cdm: Cdm) -> list[tuple]:
    answer = []
    for (concept,), stays in grouped(cdm.stays(), "visit_concept_id").items():
        nights = [(stay["visit_end_date"] - stay["visit_start_date"]).days for stay in stays]
        answer.append((cdm.names[concept], len(stays), fmean(nights), float(median(nights)), max(nights)))
    return answer


def what_do_drugs_cost_and_who_pays(cdm: Cdm) -> list[tuple]:
    drugs = {row["drug_exposure_id"]: cdm.names[row["drug_concept_id"]] for row in cdm.table("drug_exposure")}
    costs = defaultdict(list)
    for cost in cdm.table("cost"):
        if cost["cost_domain_id"] == "Drug":
            costs[drugs[cost["cost_event_id"]]].append(cost)
    return [
        (drug, len(rows), *(_sum(row[column] for row in rows) for column in ("total_charge", "paid_by_payer", "paid_by_patient")))
        for drug, rows in costs.items()
    ]


def _sum(amounts: Iterable[Decimal | None]) -> Decimal | None:
    known = [amount for amount in amounts if amount is not None]
    return sum(known) if known else None


def which_source_row_is_a_cdm_row_made_of(cdm: Cdm) -> list[tuple]:
    lineage = cdm.table("lineage", "quality")
    first = {table: min(row["cdm_row_id"] for row in rows) for (table,), rows in grouped(lineage, "cdm_table").items()}
    return [
        (row["cdm_table"], row["cdm_row_id"], row["file_name"]) for row in lineage
        if row["cdm_row_id"] == first[row["cdm_table"]]
    ]


def what_are_the_most_common_conditions(cdm: Cdm) -> list[tuple]:
    everybody = len(cdm.table("person"))
    return [
        (
            cdm.names[concept], persons_of(rows), persons_of(rows) / everybody, len(rows),
            min(row["condition_start_date"] for row in rows), max(row["condition_start_date"] for row in rows),
        )
        for (concept,), rows in grouped(cdm.table("condition_occurrence"), "condition_concept_id").items() if concept
    ]


def how_prevalent_are_conditions_by_age_and_sex(cdm: Cdm) -> list[tuple]:
    sexes = {row["person_id"]: cdm.names[row["gender_concept_id"]].lower() for row in cdm.table("person")}
    groups = {person: (sexes[person], age // 10 * 10) for person, age in cdm.ages().items()}
    sizes = Counter(groups.values())
    cases = defaultdict(set)
    for row in cdm.table("condition_occurrence"):
        if row["condition_concept_id"]:
            cases[row["condition_concept_id"], groups[row["person_id"]]].add(row["person_id"])
    return [
        (cdm.names[concept], *group, sizes[group], len(persons), len(persons) / sizes[group])
        for (concept, group), persons in cases.items()
    ]


def who_takes_which_ingredient_and_how_long(cdm: Cdm) -> list[tuple]:
    answer = []
    for (concept,), eras in grouped(cdm.table("drug_era"), "drug_concept_id").items():
        days = [(era["drug_era_end_date"] - era["drug_era_start_date"]).days + 1 for era in eras]
        exposures = sum(era["drug_exposure_count"] for era in eras)
        answer.append((cdm.names[concept], persons_of(eras), len(eras), exposures, sum(days), float(median(days))))
    return answer


def what_does_a_member_cost_a_year(cdm: Cdm) -> list[tuple]:
    began = {
        (domain, row[f"{table}_id"]): row[day] for domain, (table, day) in PRICED.items() for row in cdm.table(table)
    }
    last = cdm.last_day()
    payers = {row["payer_plan_period_id"]: row["payer_source_value"] for row in cdm.table("payer_plan_period")}
    costs, paid, days, members = Counter(), Counter(), Counter(), defaultdict(set)
    for cost in cdm.table("cost"):
        if cost["payer_plan_period_id"]:
            year = began[cost["cost_domain_id"], cost["cost_event_id"]].year
            costs[payers[cost["payer_plan_period_id"]], year] += cost["total_cost"] or 0
            paid[payers[cost["payer_plan_period_id"]], year] += cost["paid_by_payer"] or 0
    for period in cdm.table("payer_plan_period"):
        day = period["payer_plan_period_start_date"]
        while day <= min(period["payer_plan_period_end_date"], last):
            days[period["payer_source_value"], day.year] += 1
            members[period["payer_source_value"], day.year].add(period["person_id"])
            day += timedelta(days=1)
    return [
        (
            payer, year, len(members[payer, year]), count / DAYS_OF_A_YEAR, costs[payer, year], paid[payer, year],
            float(paid[payer, year]) / (count / DAYS_OF_A_YEAR),
        )
        for (payer, year), count in days.items()
    ]


def which_codes_have_no_standard_concept(cdm: Cdm) -> list[tuple]:
    answer = []
    for table, event in EVENTS.items():
        unmapped = [row for row in cdm.table(table) if row[f"{event}_concept_id"] == 0]
        for (code,), rows in grouped(unmapped, f"{event}_source_value").items():
            known = any(row[f"{event}_source_concept_id"] for row in rows)
            answer.append((table, code, known, len(rows), persons_of(rows)))
    return answer


def how_many_stays_are_followed_by_another_within_30_days(cdm: Cdm) -> list[tuple]:
    deaths = {row["person_id"]: row["death_date"] for row in cdm.table("death")}
    months = timedelta(days=30)
    counts: dict[int, list[int]] = defaultdict(lambda: [0, 0])
    for (person,), stays in grouped(cdm.stays(), "person_id").items():
        in_order = sorted(stays, key=lambda stay: (stay["visit_start_date"], stay["visit_occurrence_id"]))
        for number, stay in enumerate(in_order):
            left = stay["visit_end_date"]
            if deaths.get(person, date.max) <= left or cdm.last_day() - left < months:
                continue
            counts[left.year][0] += 1
            later = in_order[number + 1 : number + 2]
            counts[left.year][1] += any(stay["visit_start_date"] - left <= months for stay in later)
    return [(year, discharges, followed, followed / discharges) for year, (discharges, followed) in counts.items()]


def how_complete_are_measurements(cdm: Cdm) -> list[tuple]:
    answer = []
    for (concept, unit), rows in grouped(cdm.table("measurement"), "measurement_concept_id", "unit_concept_id").items():
        numbers = [row["value_as_number"] for row in rows if row["value_as_number"] is not None]
        shares = [
            sum(row[column] is not None for row in rows) / len(rows)
            for column in ("value_as_number", "value_as_concept_id", "visit_occurrence_id")
        ]
        answer.append((
            cdm.names[concept], cdm.names.get(unit), len(rows), persons_of(rows), *shares,
            min(numbers, default=None), max(numbers, default=None),
        ))
    return answer


def how_many_visits_does_a_person_have_a_year(cdm: Cdm) -> list[tuple]:
    years = sum(
        (row["observation_period_end_date"] - row["observation_period_start_date"]).days + 1
        for row in cdm.table("observation_period")
    ) / DAYS_OF_A_YEAR
    return [
        (cdm.names[concept], len(rows), persons_of(rows), years, len(rows) / years)
        for (concept,), rows in grouped(cdm.table("visit_occurrence"), "visit_concept_id").items()
    ]


ANSWERS: dict[str, Callable[[Cdm], list[tuple]]] = {
    answer.__name__: answer for answer in (
        how_complete_are_measurements, how_long_do_inpatient_stays_last,
        how_many_stays_are_followed_by_another_within_30_days, how_many_visits_does_a_person_have_a_year,
        how_prevalent_are_conditions_by_age_and_sex, what_are_the_most_common_conditions,
        what_do_drugs_cost_and_who_pays, what_does_a_member_cost_a_year, which_codes_have_no_standard_concept,
        which_source_row_is_a_cdm_row_made_of, who_takes_which_ingredient_and_how_long,
    )
}
