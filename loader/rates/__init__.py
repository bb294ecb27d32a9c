"""Payers' price-transparency files: found, checked, read as streams, and kept a file at a time."""
