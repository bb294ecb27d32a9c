-- One row per cohort.
-- Cohorts are what analysts make of a CDM, not what a source brings.
{{ no_rows() }}
