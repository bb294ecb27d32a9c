"""Synthea exports: their layouts, and the load that brings one into raw_synthea."""
