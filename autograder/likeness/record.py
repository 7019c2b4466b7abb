"""Who is alike in a run: `likeness.json` in its folder, and a page a pair in `likeness/`.

None of it goes into a student's folder, for that is handed out.

    {"schema": 1, "lab", "threshold", "compared": how many students, "left_out": [names],
     "alike": how many pairs,
     "pairs": [{"a", "b", "share", "files": [{"student", "file", "share"}, ..],
                "passages": [[file of a, first, last, file of b, first, last], ..], "href"}, ..],
     "groups": [[names], ..]}

Left out is whose submission cannot be read, or holds nothing but what was handed out.

`pairs` are not all that are alike, but those that are needed to connect all who are, the most alike first; `groups`
are who are connected so, where they are more than two.  `passages` are the 200 longest, where there are more.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

from autograder.errors import UsageError
from autograder.folder import LIKENESS, LIKENESS_PAGES, LIKENESS_SCHEMA, REPORT
from autograder.hand_ins import sources_of
from autograder.lab import Lab
from autograder.likeness.clearing import clear
from autograder.likeness.comparing import Pair, find_pairs, groups_of, spanning
from autograder.likeness.pages import page
from autograder.likeness.passages import Passage, find_passages
from autograder.likeness.reading import Fingerprints, Reader
from autograder.records import NAME_LIMIT, as_inert_json, write_atomically
from autograder.submission import Source, read_submission
from autograder.text import plain

_MOST = 200  # pairs


@dataclass(frozen=True)
class _Class:
    """Who was compared: by student, where the submission lies and what it is made of."""

    sources: Mapping[str, Source]
    prints: Mapping[str, Fingerprints]


def find_likeness(folder: Path, lab: Lab, sources: Iterable[Source] = ()) -> dict[str, Any]:
    """Compare all whom a run has graded, write likeness.json and its pages, and return what likeness.json says.

    Args:
        sources: where submissions lie; of others in `folder`, hand_ins.json knows.

    Raises:
        OSError: it cannot be written.
        UsageError: nothing was graded there; or a student's folder lies where the pages belong.
    """
    pages = folder / LIKENESS_PAGES
    if (pages / REPORT).exists():
        raise UsageError(f"{pages} is a student's: nobody may be called {pages.name!r} where likeness is looked for.")
    known = {source.student: source for source in sources_of(folder)[0]}
    known |= {source.student: source for source in sources}
    whole = _read(lab, known if len(known) > 1 else {})
    found = find_pairs([*whole.prints.values()], lab.manifest.likeness.threshold)
    pairs = spanning(found)
    groups = groups_of(pairs)
    clear(folder)
    entries = [_write_page(folder, lab, whole, pair, groups, number) for number, pair in enumerate(pairs[:_MOST], 1)]
    record = {
        "schema": LIKENESS_SCHEMA,
        "lab": lab.name,
        "threshold": lab.manifest.likeness.threshold,
        "compared": len(whole.prints),
        "left_out": sorted(_shown(name) for name in known if name not in whole.prints),
        "alike": len(found),
        "pairs": entries,
        "groups": [[_shown(name) for name in group] for group in groups if len(group) > 2],
    }
    write_atomically(folder / LIKENESS, as_inert_json(record) + "\n")
    return record


def _read(lab: Lab, sources: Mapping[str, Source]) -> _Class:
    with Reader(lab) as reader:  # which starts no process before it is asked
        found = {name: reader.read(read_submission(source, lab)) for name, source in sorted(sources.items())}
    return _Class(sources, {name: prints for name, prints in found.items() if prints})


def _write_page(
    folder: Path, lab: Lab, whole: _Class, pair: Pair, groups: Sequence[Sequence[str]], number: int
) -> dict[str, Any]:
    a, b = whole.prints[pair.a], whole.prints[pair.b]
    passages = find_passages(a, b)
    one, other = (read_submission(whole.sources[name], lab) for name in (pair.a, pair.b))
    group = next(group for group in groups if pair.a in group)
    (folder / LIKENESS_PAGES).mkdir(exist_ok=True)
    write_atomically(folder / LIKENESS_PAGES / f"{number}.html", page(pair, group, one, other, passages))
    return _entry(pair, passages, f"{LIKENESS_PAGES}/{number}.html")


def _entry(pair: Pair, passages: Sequence[Passage], href: str) -> dict[str, Any]:
    files = [{"student": _shown(each.student), "file": each.file, "share": round(each.share, 3)} for each in pair.files]
    return {
        "a": _shown(pair.a),
        "b": _shown(pair.b),
        "share": round(pair.share, 3),
        "files": files,
        "passages": [astuple(passage) for passage in passages],
        "href": href,
    }


def _shown(name: str) -> str:
    return plain(name, NAME_LIMIT)
