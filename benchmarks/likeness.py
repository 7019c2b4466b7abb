"""Likeness: how many copies in disguise it finds, how many honest pairs it flags, and what it costs.

`python benchmarks/likeness.py`; it prints the figures and puts them into docs/benchmarks.md.

Honest are students put together from right answers that were written without a look at each other (the held-out ones
of `tests/diagnosis` and the reference), no answer in two of them; and the right samples in `tests/submissions`, some of
which share files on purpose: of these, what shares nothing whole.
"""

import ast
import itertools
import random
import re
import sys
import tempfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from statistics import median

from notebooks import cost
from report import machine, write

from autograder.lab import ROOT, Lab
from autograder.likeness.comparing import find_pairs
from autograder.likeness.reading import Fingerprints, Reader
from autograder.submission import Source, Submission, read_submission
from autograder.text import source_of

sys.path.insert(0, str(ROOT / "tests" / "harness"))
import disguises

LAB = Lab.find("optimization")
SAMPLES = ROOT / "tests" / "submissions"
THRESHOLD = LAB.manifest.likeness.threshold
LARGE = 1000
_FAINT = 0.02  # from here on a share is measured at all


def honest() -> list[Submission]:
    """Students who answered every question as far as there are answers, each answer one student's alone."""
    chance, students = random.Random(0), []
    answers = {question.id: _right_answers(question.id) for question in LAB.manifest.questions}
    for each in answers.values():
        chance.shuffle(each)
    for number in range(max(map(len, answers.values()))):
        files: dict[str, str] = {}
        for question in LAB.manifest.questions:
            if number < len(answers[question.id]):
                files[question.file] = files.get(question.file, "") + answers[question.id][number] + "\n\n\n"
        students.append(Submission(f"honest{number}", {name: text.encode() for name, text in files.items()}))
    return students


def _right_answers(question_id: str) -> list[str]:
    question = LAB.question(question_id)
    held_out = (
        (ROOT / "tests" / "diagnosis" / folder / f"{question.id}.py") for folder in ("held_out", "held_out_again")
    )
    named = [each for path in (*held_out, LAB.reference / question.file) for each in _definitions(path)]
    return [
        re.sub(rf"\b{name}\b", question.name, text)
        for name, text in named
        if name == question.name or name.lower().startswith("right")
    ]


def _definitions(path: Path) -> Iterable[tuple[str, str]]:
    lines = path.read_text("utf-8").split("\n")
    for node in ast.parse("\n".join(lines)).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            first = min([node.lineno, *(each.lineno for each in node.decorator_list)])
            yield node.name, "\n".join(lines[first - 1 : node.end_lineno])


def samples(kind: str) -> list[Submission]:
    paths = [path for path in sorted((SAMPLES / kind).iterdir()) if path.suffix != ".toml"]
    return [read_submission(Source(path.name, path), LAB) for path in paths]


def share(prints: Sequence[Fingerprints], a: str, b: str) -> float:
    """How alike these two are in a class; 0 where it is hardly anything."""
    pairs = find_pairs(prints, _FAINT)
    return next((pair.share for pair in pairs if {pair.a, pair.b} == {a, b}), 0.0)


def recall(reader: Reader, victims: Sequence[Submission]) -> list[str]:
    whole = [found for each in victims if (found := reader.read(each))]
    by_name = {each.student: each for each in whole}
    rows = []
    for disguise in (*disguises.LIGHT, *disguises.HEAVY, None):
        among, alone = [], []
        for victim in victims:
            if disguise is None and victim.notebook:
                continue
            copy = _copy(reader, victim, disguise)
            among.append(share([*whole, copy], victim.student, copy.student))
            alone.append(share([by_name[victim.student], copy], victim.student, copy.student))
        name = disguise.__name__.replace("_", " ") if disguise else "as a notebook"
        rows.append(f"| {name} | {_found(among)} | {_found(alone)} |")
    return rows


def _copy(reader: Reader, victim: Submission, disguise: disguises.Disguise | None) -> Fingerprints:
    texts = {name: source_of(content) for name, content in victim.files.items() if name.endswith(".py")}
    if disguise:
        files = {name: text.encode() for name, text in disguises.disguised(texts, disguise).items()}
        copy = Submission("copy", files)
    else:
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "lab.ipynb").write_bytes(disguises.as_notebook(texts))
            copy = read_submission(Source("copy", Path(folder)), LAB)
    found = reader.read(copy)
    assert found, f"nothing left of {victim.student}: {copy.problem}"
    return found


def _found(shares: Sequence[float]) -> str:
    return f"{sum(each >= THRESHOLD for each in shares)} of {len(shares)} | {median(shares):.0%} | {min(shares):.0%}"


def false_flags(
    prints: Sequence[Fingerprints], make: Callable[[Fingerprints, Fingerprints], Sequence[Fingerprints]]
) -> str:
    """Of pairs of whom one is `honest…`, which no other has anything from."""
    pairs = [(a, b) for a, b in itertools.combinations(prints, 2) if "honest" in a.student + b.student]
    found = [share(make(a, b), a.student, b.student) for a, b in pairs]
    flagged = sum(each >= THRESHOLD for each in found)
    return f"{flagged} of {len(found)} | {sorted(found)[int(0.99 * len(found))]:.0%} | {max(found):.0%}"


def large_class(everybody: Sequence[Submission]) -> list[Submission]:
    """Samples, right and wrong, each file of somebody else's, disguised: alike beyond any class."""
    chance = random.Random(1)
    names = LAB.manifest.required_files
    pool = {name: [source_of(each.files[name]) for each in everybody if name in each.files] for name in names}
    students = []
    for number in range(LARGE):
        files = {name: chance.choice(pool[name]) for name in names}
        files = disguises.disguised(files, chance.choice((disguises.with_other_spaces, disguises.exact)), number)
        students.append(Submission(f"student{number}", {name: text.encode() for name, text in files.items()}))
    return students


def main() -> None:
    made, right, wrong = honest(), samples("right"), samples("wrong")
    with Reader(LAB) as reader:
        rows = recall(reader, [*made, *right])
        prints = [found for each in [*made, *right] if (found := reader.read(each))]
        flags = [false_flags(prints, lambda a, b: prints), false_flags(prints, lambda a, b: [a, b])]
        students = large_class([*right, *wrong])
    reading, comparing = [], []

    def read_all() -> None:
        with Reader(LAB) as fresh:
            reading.extend(found for each in students if (found := fresh.read(each)))

    spent = cost(read_all)[0], cost(lambda: comparing.extend(find_pairs(reading, THRESHOLD)))[0]
    text = "\n".join(
        [
            machine(),
            "",
            f"| a copy … | found in a class of {len(prints)} | median share | least | … of two | median | least |",
            "|---|--:|--:|--:|--:|--:|--:|",
            *rows,
            "",
            "| honest pairs | flagged | share, 99th percentile | most |",
            "|---|--:|--:|--:|",
            f"| in a class of {len(prints)} | {flags[0]} |",
            f"| in a class of two | {flags[1]} |",
            "",
            f"| a class of {LARGE} | |",
            "|---|--:|",
            f"| fingerprints, CPU s a submission | {spent[0] / LARGE:.4f} |",
            f"| comparing all with all, CPU s a submission | {spent[1] / LARGE:.4f} |",
            f"| pairs that are alike, of {LARGE * (LARGE - 1) // 2:,} | {len(comparing):,} |",
        ]
    )
    print(text)
    write(ROOT / "docs" / "benchmarks.md", text, "likeness")


if __name__ == "__main__":
    main()
