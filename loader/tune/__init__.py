"""The verb `tune`: what the machine has, and which settings of the databases follow from it."""
