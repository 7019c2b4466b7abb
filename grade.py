"""The door: `python grade.py --help`."""

import sys

try:
    from autograder.cli import main
except ModuleNotFoundError as error:
    sys.exit(f"{error}. Run `make demo` once; then `.venv/bin/python grade.py` has all that it needs.")

if __name__ == "__main__":
    main()
