-- One row per note.
-- Synthea's CSV export carries no notes.
{{ no_rows() }}
