"""What is printed: the summary of a run, the state of the ledger."""
