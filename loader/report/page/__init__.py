"""The report as one HTML page: what is read for it, how it is drawn, and the file."""
