"""`python -m loader` is `synthea-omop`."""

from loader.cli import main

if __name__ == "__main__":
    main(prog_name="synthea-omop")
