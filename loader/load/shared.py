"""The files that belong to no patient: what in them counts runs of Synthea, and which patients' rows refer to them."""

# Counters of a whole run; the CDM stores none of them.
SHARED_COUNTERS = {
    "organizations": {"revenue", "utilization"},
    "providers": {"encounters", "procedures", "utilization"},
    "payers": {
        "amount_covered", "amount_uncovered", "revenue", "covered_encounters", "uncovered_encounters",
        "covered_medications", "uncovered_medications", "covered_procedures", "uncovered_procedures",
        "covered_immunizations", "uncovered_immunizations", "unique_customers", "qols_avg", "member_months",
    },
}

# (file of patients, column) by the shared file that the column refers to.
SHARED_REFERENCES = {
    "organizations": (("encounters", "organization"),),
    "providers": (("encounters", "provider"),),
    "payers": (
        ("encounters", "payer"), ("medications", "payer"), ("payer_transitions", "payer"),
        ("payer_transitions", "secondary_payer"),
    ),
}
