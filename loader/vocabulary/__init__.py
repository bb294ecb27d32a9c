"""The OMOP vocabulary: Athena files in, raw_vocabulary out, and the cutting of small ones."""
