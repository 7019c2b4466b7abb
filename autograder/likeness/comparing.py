"""Who in a class shares what few others have.

Right answers to small questions look alike by nature, so a fingerprint counts the less, the more students have it:
`log(1 + N / n)` where n of N do.  A file is like another student's code by the share of its fingerprints, so weighed,
that the other has as well.  Nothing is left out for being frequent: of what fifteen have copied whole, every
fingerprint is as frequent as the next, and the share is 100 % as it is between two.

The class is compared at once, as a product of matrices with a row a file and a column a fingerprint.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from autograder.likeness.reading import Fingerprints

LEAST = 50  # different fingerprints that a file must have to say anything: some ten lines of one's own
_FREQUENT = 50  # students; above this, dense matrices are faster
_ALL = "all files"


@dataclass(frozen=True)
class Likeness:
    """How much of a student's file another student has too, 0 to 1; `file` is "all files" for all of them together."""

    student: str
    other: str
    file: str
    share: float


@dataclass(frozen=True)
class Pair:
    """Two students, in the order of their names, and which files of theirs are alike, the most alike first."""

    a: str
    b: str
    files: tuple[Likeness, ...]

    @property
    def share(self) -> float:
        return self.files[0].share


def find_pairs(students: Sequence[Fingerprints], threshold: float) -> list[Pair]:
    """All pairs of whom one has a file of which the other has `threshold` or more; the most alike first."""
    found: dict[tuple[str, str], list[Likeness]] = {}
    for likeness in _likenesses(students, threshold):
        a, b = sorted((likeness.student, likeness.other))
        found.setdefault((a, b), []).append(likeness)
    pairs = [Pair(a, b, tuple(sorted(files, key=lambda each: -each.share))) for (a, b), files in found.items()]
    return sorted(pairs, key=lambda pair: (-pair.share, -len(pair.files), pair.a, pair.b))


def spanning(pairs: Iterable[Pair]) -> list[Pair]:
    """Of `pairs`, the most alike first, those that are needed to connect whoever they connect.

    Fifteen copies are 105 pairs, of which 14 lead from each to all others.
    """
    groups: dict[str, list[str]] = {}
    kept = []
    for pair in pairs:
        if _of(groups, pair.a) is not _of(groups, pair.b):
            kept.append(pair)
            _join(groups, pair)
    return kept


def groups_of(pairs: Iterable[Pair]) -> list[list[str]]:
    """Who are connected by `pairs`, in the order in which these come; each group in the order of names."""
    groups: dict[str, list[str]] = {}
    for pair in pairs:
        _join(groups, pair)
    return [sorted(group) for group in {id(group): group for group in groups.values()}.values()]


def _of(groups: dict[str, list[str]], name: str) -> list[str]:
    return groups.setdefault(name, [name])


def _join(groups: dict[str, list[str]], pair: Pair) -> None:
    one, other = _of(groups, pair.a), _of(groups, pair.b)
    if one is not other:
        one += other
        groups |= dict.fromkeys(other, one)


def _likenesses(students: Sequence[Fingerprints], threshold: float) -> Iterable[Likeness]:
    if len(students) < 2:
        return
    owners, files, rows, columns = _table(students)
    count = int(columns.max()) + 1
    ones = np.ones(len(rows), np.float32)
    has = sparse.csr_matrix((ones, (owners[rows], columns)), shape=(len(students), count))
    has.data[:] = 1  # a fingerprint of two files
    in_file = sparse.csr_matrix((ones, (rows, columns)), shape=(len(owners), count))
    students_with = np.asarray(has.sum(axis=0)).ravel()
    weights = np.log1p(len(students) / students_with).astype(np.float32)
    shares = _product(in_file.multiply(weights).tocsr(), has, students_with > _FREQUENT)
    shares /= np.maximum(in_file @ weights, 1e-9)[:, None]  # nothing is of one own in a file of starter code
    shares[np.arange(len(owners)), owners] = 0
    shares[np.diff(in_file.indptr) < LEAST] = 0
    for row, other in zip(*np.nonzero(shares >= threshold), strict=True):
        name, share = students[owners[row]].student, min(1.0, float(shares[row, other]))
        yield Likeness(name, students[other].student, files[row], share)


def _table(
    students: Sequence[Fingerprints],
) -> tuple[NDArray[np.int64], list[str], NDArray[np.int64], NDArray[np.int64]]:
    """A row for each file, and one for all of a student's together.

    Returns:
        owners, files: for each row, the student's index and the file's name.
        rows, columns: the pairs of row and fingerprint that there are.
    """
    owners: list[int] = []
    files: list[str] = []
    rows, hashes = [], []
    for owner, student in enumerate(students):
        for number, name in enumerate((*student.files, _ALL)):
            values = np.unique(student.hashes if name is _ALL else student.hashes[student.file == number])
            rows.append(np.full(len(values), len(owners)))
            hashes.append(values)
            owners.append(owner)
            files.append(name)
    columns = np.unique(np.concatenate(hashes), return_inverse=True)[1]
    return np.array(owners), files, np.concatenate(rows), columns


def _product(left: sparse.csr_matrix, right: sparse.csr_matrix, dense: NDArray[np.bool_]) -> NDArray[np.float32]:
    """left · rightᵀ, with the `dense` columns of both multiplied as such."""
    frequent: NDArray[np.float32] = left[:, dense].toarray() @ right[:, dense].toarray().T
    rare: NDArray[np.float32] = (left[:, ~dense] @ right[:, ~dense].T).toarray()
    return rare + frequent
