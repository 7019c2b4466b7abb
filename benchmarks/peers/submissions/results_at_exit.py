# Attack surface: results that the student's process writes or may write, at its exit
import atexit
import contextlib
import glob
import json
import pickle
import tempfile

from accomplice import Wrong

Momentum = Wrong


def rewrite():
    for path in glob.glob(f"{tempfile.gettempdir()}/*.pkl"):
        with contextlib.suppress(Exception):
            with open(path, "rb") as file:
                found = pickle.load(file)
            for test in found.results.values():
                for case in test.test_case_results:
                    case.passed = True
            with open(path, "wb") as file:
                pickle.dump(found, file)
    for name in ("results.json", "report.json", "results/results.json"):
        with contextlib.suppress(OSError), open(name, "w") as file:
            json.dump({"score": 3, "tests": [{"name": "momentum", "score": 3, "max_score": 3}]}, file)


atexit.register(rewrite)
