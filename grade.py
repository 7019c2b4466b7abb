"""The door: `python grade.py --help`."""

from autograder.cli import main

if __name__ == "__main__":
    main()
