-- One row per event of an episode.
-- No episodes, no events in them.
{{ no_rows() }}
