-- One row per statement about this CDM.
-- What there is to say about the CDM as a whole stands in cdm_source.
{{ no_rows() }}
