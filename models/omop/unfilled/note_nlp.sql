-- One row per term found in a note.
-- No notes, no terms in them.
{{ no_rows() }}
