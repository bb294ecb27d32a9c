"""The typed tables of raw_synthea: one a Synthea file, in the column order of the newest release.

A column has the newest release's name in lower case. `FORMER_NAMES` says which older header stands for it;
a column that a release does not write stays NULL. Types are spelled so that DuckDB and PostgreSQL read them alike.
"""

from dataclasses import dataclass

MONEY = "numeric(18,2)"

# Which column of a file says whose row it is; files without one are the shared ones (organizations, providers, payers).
PATIENT_COLUMN = {
    "patients": "id",
    "claims": "patientid",
    "claims_transactions": "patientid",
    "patient_expenses": "patient_id",
    "organizations": None,
    "providers": None,
    "payers": None,
}

# (file, older header) -> column. Headers are compared without regard to case.
FORMER_NAMES = {
    ("procedures", "DATE"): "start",
    ("payer_transitions", "START_YEAR"): "start_date",
    ("payer_transitions", "END_YEAR"): "end_date",
    ("payer_transitions", "OWNERSHIP"): "plan_ownership",
    ("payer_transitions", "OWNERNAME"): "owner_name",
}

_COLUMNS = {
    "patients": """
        id uuid, birthdate date, deathdate date, ssn text, drivers text, passport text, prefix text, first text,
        middle text, last text, suffix text, maiden text, marital text, race text, ethnicity text, gender text,
        birthplace text, address text, city text, state text, county text, fips text, zip text,
        lat double precision, lon double precision, healthcare_expenses money, healthcare_coverage money,
        income money""",
    "encounters": """
        id uuid, start timestamp, stop timestamp, patient uuid, organization uuid, provider uuid, payer uuid,
        encounterclass text, code text, description text, base_encounter_cost money, total_claim_cost money,
        payer_coverage money, reasoncode text, reasondescription text""",
    "conditions": """
        start date, stop date, patient uuid, encounter uuid, system text, code text, description text""",
    "allergies": """
        start date, stop date, patient uuid, encounter uuid, code text, system text, description text, type text,
        category text, reaction1 text, description1 text, severity1 text, reaction2 text, description2 text,
        severity2 text""",
    "medications": """
        start timestamp, stop timestamp, patient uuid, payer uuid, encounter uuid, code text, description text,
        base_cost money, payer_coverage money, dispenses integer, totalcost money, reasoncode text,
        reasondescription text""",
    "procedures": """
        start timestamp, stop timestamp, patient uuid, encounter uuid, system text, code text, description text,
        base_cost money, reasoncode text, reasondescription text""",
    "immunizations": """
        date timestamp, patient uuid, encounter uuid, code text, description text, base_cost money""",
    "observations": """
        date timestamp, patient uuid, encounter uuid, category text, code text, description text, value text,
        units text, type text""",
    "careplans": """
        id uuid, start date, stop date, patient uuid, encounter uuid, code text, description text,
        reasoncode text, reasondescription text""",
    "devices": """
        start timestamp, stop timestamp, patient uuid, encounter uuid, code text, description text, udi text""",
    "supplies": """
        date date, patient uuid, encounter uuid, code text, description text, quantity integer""",
    "imaging_studies": """
        id uuid, date timestamp, patient uuid, encounter uuid, series_uid text, bodysite_code text,
        bodysite_description text, modality_code text, modality_description text, instance_uid text,
        sop_code text, sop_description text, procedure_code text""",
    "organizations": """
        id uuid, name text, address text, city text, state text, zip text, lat double precision,
        lon double precision, phone text, revenue double precision, utilization integer, npi text""",
    "providers": """
        id uuid, organization uuid, name text, gender text, speciality text, address text, city text, state text,
        zip text, lat double precision, lon double precision, encounters integer, procedures integer, npi text,
        utilization integer""",
    "payers": """
        id uuid, name text, ownership text, address text, city text, state_headquartered text, zip text,
        phone text, amount_covered money, amount_uncovered money, revenue money, covered_encounters integer,
        uncovered_encounters integer, covered_medications integer, uncovered_medications integer,
        covered_procedures integer, uncovered_procedures integer, covered_immunizations integer,
        uncovered_immunizations integer, unique_customers integer, qols_avg double precision,
        member_months integer""",
    # The ends are integer years up to v2.7 and timestamps later, and the year 292278994 occurs: text, staging decides.
    "payer_transitions": """
        patient uuid, memberid uuid, start_date text, end_date text, payer uuid, secondary_payer uuid,
        plan_ownership text, owner_name text""",
    # The insurance ids are payer ids, or 0 for none up to v3.1: text.
    "claims": """
        id uuid, patientid uuid, providerid uuid, primarypatientinsuranceid text, secondarypatientinsuranceid text,
        departmentid integer, patientdepartmentid integer, diagnosis1 text, diagnosis2 text, diagnosis3 text,
        diagnosis4 text, diagnosis5 text, diagnosis6 text, diagnosis7 text, diagnosis8 text,
        referringproviderid uuid, appointmentid uuid, currentillnessdate timestamp, servicedate timestamp,
        supervisingproviderid uuid, status1 text, status2 text, statusp text, outstanding1 money,
        outstanding2 money, outstandingp money, lastbilleddate1 timestamp, lastbilleddate2 timestamp,
        lastbilleddatep timestamp, healthcareclaimtypeid1 integer, healthcareclaimtypeid2 integer""",
    "claims_transactions": """
        id uuid, claimid uuid, chargeid bigint, patientid uuid, type text, amount money, method text,
        fromdate timestamp, todate timestamp, placeofservice uuid, procedurecode text, modifier1 text,
        modifier2 text, diagnosisref1 integer, diagnosisref2 integer, diagnosisref3 integer, diagnosisref4 integer,
        units integer, departmentid integer, notes text, unitamount money, transferoutid bigint, transfertype text,
        payments money, adjustments money, transfers money, outstanding money, appointmentid uuid, linenote text,
        patientinsuranceid text, feescheduleid integer, providerid uuid, supervisingproviderid uuid""",
    "patient_expenses": """
        patient_id uuid, year timestamp, payer_id uuid, healthcare_expenses money, insurance_costs money,
        covered_costs money""",
}


@dataclass(frozen=True)
class Column:
    """A column of a raw table: `name` as in the database, `type` as both engines spell it."""

    name: str
    type: str


@dataclass(frozen=True)
class RawTable:
    """A table of raw_synthea. `patient_column` is None for the files that belong to no patient."""

    name: str
    columns: tuple[Column, ...]
    patient_column: str | None

    def column_for(self, header: str) -> Column | None:
        """The column that a header of any release stands for, or None for an unknown header."""
        name = FORMER_NAMES.get((self.name, header.upper()), header.lower())
        return next((column for column in self.columns if column.name == name), None)


def _parse(name: str, text: str) -> RawTable:
    columns = []
    for part in text.split(","):
        column, _, kind = part.strip().partition(" ")
        columns.append(Column(column, MONEY if kind == "money" else kind))
    return RawTable(name, tuple(columns), PATIENT_COLUMN.get(name, "patient"))


RAW_TABLES = {name: _parse(name, text) for name, text in _COLUMNS.items()}


def columns_of(table: RawTable, header: tuple[str, ...]) -> tuple[Column | None, ...]:
    """The column of each field of a file with this whole header, None for a field that no release has."""
    names = {name.upper() for name in header}
    if table.name == "encounters" and "ORGANIZATION" not in names:
        # Up to v2.5 the field called PROVIDER holds an organization.
        return tuple(table.column_for("ORGANIZATION" if name.upper() == "PROVIDER" else name) for name in header)
    return tuple(table.column_for(name) for name in header)
