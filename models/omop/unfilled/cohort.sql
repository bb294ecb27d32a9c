-- One row per person and span of time in a cohort.
-- Cohorts are what analysts make of a CDM, not what a source brings.
{{ no_rows() }}
