"""Gradescope: `assignment_1234_export/submission_123456/…`, and beside them who handed what in, and when.

`submission_metadata.yml` is YAML as Ruby writes it: keys like `:submitters:`, tags of Ruby's own, and the output of
every test in it.  It is read as a stream of events: nothing is built from it, no tag is heeded, no alias followed.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from autograder.downloads.hand_ins import HandIn, Reading, moment
from autograder.downloads.trees import Tree, join
from autograder.errors import SubmissionError, UsageError
from autograder.lab import Lab
from autograder.names import shown
from autograder.submission import Person
from autograder.text import some_of

METADATA = "submission_metadata.yml"
METADATA_MB_LIMIT = 64

_WAY_OUT = "Download it again, or pass `--from folders`: students then go by the names of the folders."
_FOLDER = re.compile(r"submission_(\d{1,30})")
_NESTING_LIMIT = 100  # the parser's time grows with its square
_DEPTH = 4  # submission_123, :submitters, 0, :name
_Path = tuple[str, ...]


def fits(tree: Tree, at: str, lab: Lab) -> bool:
    here = tree.listing(at)
    return METADATA in here.files and any(map(_FOLDER.fullmatch, here.folders))


def read(tree: Tree, at: str, lab: Lab) -> Reading:
    """
    Raises:
        UsageError: the metadata cannot be read.
    """
    here = tree.listing(at)
    metadata = _metadata(tree, join(at, METADATA)) if METADATA in here.files else {}
    hand_ins = []
    folders = list(filter(_FOLDER.fullmatch, here.folders))
    for folder in folders:
        facts = metadata.get(folder, {})
        handed_in = moment(facts.get((":created_at",), ""))
        rank = (handed_in.timestamp() if handed_in else 0.0, float(folder.removeprefix("submission_")))
        path, parts = tree.hand_in(join(at, folder), lab.manifest.required_files)
        hand_ins.append(HandIn(folder, _people(facts, folder), path, parts, rank, handed_in))
    unknown = [hand_in.label for hand_in in hand_ins if hand_in.people == _nobody(hand_in.label)]
    misfits = {*here.files, *here.folders, *here.others} - {METADATA, *folders}
    missing = [name for name in metadata if _FOLDER.fullmatch(name) and name not in folders]
    remarks = []
    if unknown:
        remarks.append(f"{METADATA} does not say whose these are, so they go by their numbers: {some_of(unknown)}.")
    if missing:
        remarks.append(f"{METADATA} lists what is not there: {some_of(missing)}.")
    return Reading(tuple(hand_ins), tuple(sorted(misfits)), remarks=tuple(remarks))


def _people(facts: dict[_Path, str], folder: str) -> tuple[Person, ...]:
    """All who handed it in; who has neither number nor address goes by the submission's number."""
    fields: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for path, value in facts.items():
        if len(path) == 3 and path[0] == ":submitters":
            fields[path[1]][path[2]] = value
    people = []
    for person in fields.values():
        name, email, sid = (person.get(key, "").strip() for key in (":name", ":email", ":sid"))
        people.append(Person(name, email, sid or ("" if email else folder)))
    return tuple(people) or _nobody(folder)


def _nobody(folder: str) -> tuple[Person, ...]:
    return (Person(id=folder),)


def _metadata(tree: Tree, name: str) -> dict[str, dict[_Path, str]]:
    """What is said of each submission's people and time, by the path from there."""
    import yaml

    limit = METADATA_MB_LIMIT << 20
    try:
        text = tree.read(name, limit + 1)
        if len(text) > limit:
            raise UsageError(f"{tree.where(name)} is larger than {METADATA_MB_LIMIT} MB. {_WAY_OUT}")
        found: defaultdict[str, dict[_Path, str]] = defaultdict(dict)
        for (submission, *below), value in _values(text):
            facts = found[submission]
            if below and below[0] in (":submitters", ":created_at"):
                facts[tuple(below)] = value
        return dict(found)
    except (yaml.YAMLError, SubmissionError, OSError, ValueError) as error:
        raise UsageError(f"{tree.where(name)} cannot be read: {shown(str(error))}. {_WAY_OUT}") from error


def _values(text: bytes) -> Iterator[tuple[_Path, str]]:
    """The plain values in YAML that are not too far down, each with the keys and indices above it; null is ""."""
    import yaml

    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    above: list[_Open] = []
    for event in yaml.parse(text, Loader=loader):
        if isinstance(event, yaml.CollectionStartEvent):
            above.append(_Open(isinstance(event, yaml.MappingStartEvent)))
            if len(above) > _NESTING_LIMIT:
                raise ValueError(f"it is nested more than {_NESTING_LIMIT} deep")
        elif isinstance(event, yaml.CollectionEndEvent):
            above.pop()
            if above:
                above[-1].take("")
        elif isinstance(event, yaml.NodeEvent) and above:
            value = getattr(event, "value", "")  # an alias has none
            null = value in ("~", "null") and event.implicit[0]
            step = above[-1].take(value)
            if step is not None and len(above) <= _DEPTH:
                yield (*(str(outer.step) for outer in above[:-1]), step), "" if null else value


class _Open:
    """A mapping or sequence that has begun, and where in it the next value belongs."""

    def __init__(self, is_mapping: bool):
        self._is_mapping = is_mapping
        self._count = 0
        self._key: str | None = None

    @property
    def step(self) -> str:
        return str(self._key) if self._is_mapping else str(self._count)

    def take(self, node: str) -> str | None:
        """Move past a node: the key or index that it is the value of, or None if it is a key itself."""
        if not self._is_mapping:
            self._count += 1
            return str(self._count - 1)
        if self._key is None:
            self._key = node
            return None
        key, self._key = self._key, None
        return key
