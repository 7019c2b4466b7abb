"""New labs and new checks, made from templates that work as they are."""

import keyword
import re
from collections.abc import Mapping
from pathlib import Path
from string import Template

from autograder.errors import UsageError
from autograder.lab import ROOT, Lab, Question

_TEMPLATES = Path(__file__).parent / "templates"
_SUFFIX = ".tmpl"
_NAME = re.compile(r"[a-z][a-z0-9_]*")


def new_lab(name: str, title: str | None = None, root: Path = ROOT) -> list[Path]:
    """Write a small lab that passes its own audit: handout, reference, misconceptions, right code, hidden checks.

    Returns:
        the files, of which lab.toml is the first.

    Raises:
        UsageError: the name will not do, or is taken.
    """
    _refuse_bad_name(name, "lab")
    for folder in (root / "assignments" / name, root / "reference" / name, root / "tests" / "hidden" / name):
        if folder.exists():
            raise UsageError(f"{folder} exists already. Choose another name, or remove what is there.")
    words = {"lab": name, "title": title or name.replace("_", " ").capitalize()}
    texts = {}
    for template in sorted((_TEMPLATES / "lab").rglob(f"*{_SUFFIX}")):
        place = template.relative_to(_TEMPLATES / "lab").as_posix().removesuffix(_SUFFIX).replace("/lab/", f"/{name}/")
        texts[root / place] = _filled(template, words)
    return sorted(_written(texts), key=lambda path: path.name != "lab.toml")


def new_check(lab: Lab, question: Question, name: str) -> list[Path]:
    """Write a check of `question` that passes on the reference, and its scenario, for the author to fill in.

    Raises:
        UsageError: the name will not do, or is taken.
    """
    _refuse_bad_name(name, "check")
    words = {"name": name, "question": question.id, "part": question.name, "module": question.module}
    places = {"test.py": f"test_{name}.py", "scenarios.py": f"{name}_scenarios.py"}
    for place in places.values():
        if (lab.hidden_suite / place).exists():
            raise UsageError(f"{lab.hidden_suite / place} exists already. Choose another name.")
    return _written(
        {
            lab.hidden_suite / place: _filled(_TEMPLATES / "check" / f"{template}{_SUFFIX}", words)
            for template, place in places.items()
        }
    )


def _refuse_bad_name(name: str, what: str) -> None:
    if not _NAME.fullmatch(name) or keyword.iskeyword(name):
        raise UsageError(
            f"{name!r} cannot be a {what}'s name: use small letters, digits and _, beginning with a letter, as in "
            f"my_{what}."
        )


def _filled(template: Path, words: Mapping[str, str]) -> str:
    return Template(template.read_text("utf-8")).substitute(words)


def _written(texts: Mapping[Path, str]) -> list[Path]:
    for path, text in texts.items():
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
        except OSError as error:
            raise UsageError(f"{path} cannot be written: {error.strerror}.") from error
    return list(texts)
