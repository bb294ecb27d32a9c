"""The loader of synthea-omop: files in, raw tables out."""
