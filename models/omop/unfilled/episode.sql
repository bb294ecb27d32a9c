-- One row per episode of a disease or its treatment.
-- Synthea knows no phases of a disease or a treatment.
{{ no_rows() }}
