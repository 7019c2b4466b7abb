"""Training and replay come to the same verdicts, on every sample submission that is not hostile."""

import commands

KINDS = ("right", "wrong", "broken")


def test_every_sample_gets_the_same_by_training_and_by_replay(tmp_path):
    """Verdicts and points, check by check."""
    sections = [commands.SAMPLES / kind for kind in KINDS]
    for mode in ("train", "replay"):
        done = commands.grade("run", *sections, "--out", tmp_path / mode, "--convergence", mode, "--device", "cpu")
        assert done.returncode == 0, done.stderr
    students = sorted(path.parent.name for path in (tmp_path / "train").glob("*/report.json"))
    assert len(students) > 100
    unlike = {
        (student, check, before, after)
        for student in students
        for (check, before), (_, after) in zip(
            outcomes(tmp_path / "train", student), outcomes(tmp_path / "replay", student), strict=True
        )
        if before != after
    }
    assert not unlike


def outcomes(out, student: str) -> list[tuple[str, tuple[str, float]]]:
    checks = [check for question in commands.report(out, student)["questions"] for check in question["checks"]]
    return [(check["name"], (check["verdict"], check["score"])) for check in checks]
