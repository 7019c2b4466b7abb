"""The data sets that a lab can name: images as tensors, normalised, split the same way each time.

`digits` comes with scikit-learn.  The others are fetched once, checked against the published checksum, and kept in
pooch's cache; where there is no network they are read from the folder that `GRADER_DATA` names.  No pickle is read.
"""

import gzip
import importlib.util
import os
import tarfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from math import prod
from pathlib import Path
from typing import IO, cast

import numpy as np
import torch
from numpy.typing import NDArray

from autograder.errors import InstructorError
from autograder.text import plain

FOLDER_VARIABLE = "GRADER_DATA"
HELD_OUT = 2000  # of a published test part, so that measuring stays quick
DIGITS_HELD_OUT = 500  # of 1,797
SPLIT_SEED = 0

_CLASSES = 10
_IMAGES_LIMIT = 100_000  # in one file; what its header says is not taken on trust
_DAMAGED = (EOFError, zlib.error, gzip.BadGzipFile, tarfile.TarError)

Bytes = NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class DataSet:
    """Images [N, channels, size, size], float32, and their classes [N], int64, from 0 to classes - 1.

    The images have mean 0 and standard deviation 1 in each channel of the training part; the held-out part is
    shifted and scaled as the training part was.  The tensors are shared by all who load them: do not write to them.
    """

    name: str
    channels: int
    size: int
    classes: int
    train_inputs: torch.Tensor
    train_targets: torch.Tensor
    held_out_inputs: torch.Tensor
    held_out_targets: torch.Tensor


@dataclass(frozen=True, eq=False)
class _Part:
    """Pixels [N, C, H, W] and labels [N], as they are published."""

    pixels: Bytes
    labels: Bytes

    def take(self, indices: NDArray[np.intp]) -> "_Part":
        return _Part(self.pixels[indices], self.labels[indices])


@dataclass(frozen=True)
class _Remote:
    """Where files are published, and their MD5 sums by name."""

    url: str
    sums: Mapping[str, str]


_FASHION_MNIST = _Remote(
    "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/",
    {
        "train-images-idx3-ubyte.gz": "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
        "train-labels-idx1-ubyte.gz": "25c81989df183df01b3e8a0aad5dffbe",
        "t10k-images-idx3-ubyte.gz": "bef4ecab320f06d8554ea6380940ec79",
        "t10k-labels-idx1-ubyte.gz": "bb300cfdad3c16e7a12a480ee83cd310",
    },
)
_CIFAR_ARCHIVE = "cifar-10-binary.tar.gz"
_CIFAR10 = _Remote("https://www.cs.toronto.edu/~kriz/", {_CIFAR_ARCHIVE: "c32a1d4ab5d03f1284b67883e8d87530"})


def load(name: str, folder: Path | None = None) -> DataSet:
    """The data set called `name`, loaded once in a process.

    Args:
        name: `digits` (1 × 8 × 8; 1,297 images to train on, 500 held out), `fashion-mnist` (1 × 28 × 28; 60,000 and
            2,000) or `cifar10` (3 × 32 × 32; 50,000 and 2,000).
        folder: where the files of the last two lie under their usual names, packed or not.  Default: the folder that
            the environment variable `GRADER_DATA` names, or else they are fetched.

    Raises:
        InstructorError: there is no such data set, or its files cannot be had or are damaged.
    """
    if name not in _READERS:
        raise InstructorError(f"There is no data set {name!r}; there is: {', '.join(_READERS)}.")
    place = folder or os.environ.get(FOLDER_VARIABLE)
    return _load(name, Path(place).resolve() if place else None)


@lru_cache(maxsize=4)
def _load(name: str, folder: Path | None) -> DataSet:
    train, held_out = _READERS[name](folder)
    mean, deviation = _statistics(train.pixels)
    if not deviation.all():
        raise InstructorError(f"The training images of {name} are blank: all pixels of a channel are equal.")
    channels, size = train.pixels.shape[1:3]
    tensors = (*_tensors(train, mean, deviation), *_tensors(held_out, mean, deviation))
    return DataSet(name, channels, size, _CLASSES, *tensors)


def _statistics(pixels: Bytes) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The channels' means and standard deviations; sums of integers below 2⁵³, so exact in any order."""
    total, squares = np.zeros(pixels.shape[1]), np.zeros(pixels.shape[1])
    for start in range(0, len(pixels), 1000):  # or float64 would take eight times the memory
        values = pixels[start : start + 1000].astype(np.float64)
        total += values.sum(axis=(0, 2, 3))
        squares += (values**2).sum(axis=(0, 2, 3))
    count = len(pixels) * prod(pixels.shape[2:])
    mean = total / count
    return mean, np.sqrt(squares / count - mean**2)


def _tensors(
    part: _Part, mean: NDArray[np.float64], deviation: NDArray[np.float64]
) -> tuple[torch.Tensor, torch.Tensor]:
    inputs = torch.from_numpy(part.pixels.astype(np.float32))
    shift, scale = (torch.from_numpy(v.astype(np.float32)).reshape(-1, 1, 1) for v in (mean, deviation))
    return inputs.sub_(shift).div_(scale), torch.from_numpy(part.labels.astype(np.int64))


def _order(count: int) -> NDArray[np.intp]:
    """A fixed shuffle of `count` indices; NumPy has frozen this generator's stream, and no other's."""
    return np.random.RandomState(SPLIT_SEED).permutation(count)


# The data sets


def _digits(folder: Path | None) -> tuple[_Part, _Part]:
    # Importing scikit-learn takes a second, and all that is wanted of it is this file: 64 pixels and a class a line.
    package = importlib.util.find_spec("sklearn")
    if package is None or not package.submodule_search_locations:
        raise InstructorError("The data set digits comes with scikit-learn, which is not installed: install it.")
    with gzip.open(Path(package.submodule_search_locations[0]) / "datasets" / "data" / "digits.csv.gz") as file:
        table = np.loadtxt(file, delimiter=",").astype(np.uint8)
    whole = _Part(table[:, :-1].reshape(-1, 1, 8, 8), table[:, -1])
    order = _order(len(whole.labels))
    return whole.take(order[DIGITS_HELD_OUT:]), whole.take(order[:DIGITS_HELD_OUT])


def _fashion_mnist(folder: Path | None) -> tuple[_Part, _Part]:
    paths = {name: _find(folder, _FASHION_MNIST, name) for name in _FASHION_MNIST.sums}
    train, test = (
        _matched(paths[f"{part}-images-idx3-ubyte.gz"], paths[f"{part}-labels-idx1-ubyte.gz"])
        for part in ("train", "t10k")
    )
    return train, test.take(_order(len(test.labels))[:HELD_OUT])


def _cifar10(folder: Path | None) -> tuple[_Part, _Part]:
    *train, test = _cifar_batches(folder)
    held_out = test.take(_order(len(test.labels))[:HELD_OUT])
    pixels, labels = (np.concatenate(arrays) for arrays in ([p.pixels for p in train], [p.labels for p in train]))
    return _Part(pixels, labels), held_out


_READERS: dict[str, Callable[[Path | None], tuple[_Part, _Part]]] = {
    "digits": _digits,
    "fashion-mnist": _fashion_mnist,
    "cifar10": _cifar10,
}


# Files: where they are


def _find(folder: Path | None, remote: _Remote, name: str) -> Path:
    """The file `name` in `folder`, or its unpacked form; without a folder, from the cache or fetched into it."""
    if folder is None:
        return _fetch(remote, name)
    names = (name, name.removesuffix(".gz"))
    for path in (folder / each for each in names):
        if path.is_file():
            return path
    raise InstructorError(
        f"{folder} holds neither {names[0]} nor {names[1]}. Put the file there (it is published at "
        f"{remote.url}{name}), or unset {FOLDER_VARIABLE} to have it fetched."
    )


def _fetch(remote: _Remote, name: str) -> Path:
    import pooch

    url = remote.url + name
    by_hand = f"Or fetch it elsewhere, put it into a folder, and name that folder in {FOLDER_VARIABLE}."
    try:
        return Path(pooch.retrieve(url, f"md5:{remote.sums[name]}", fname=name, path=pooch.os_cache("dl-lab-grader")))
    except ValueError as error:  # pooch's, for a checksum that differs
        raise InstructorError(
            f"{url} gave another file than the one that was published: its MD5 checksum is not {remote.sums[name]}. "
            f"Try again later. {by_hand}"
        ) from error
    except OSError as error:  # requests' errors are among them
        raise InstructorError(
            f"{name} could not be fetched from {url} ({_reason(error)}). See that there is a network, and try again. "
            f"{by_hand}"
        ) from error


def _reason(error: Exception) -> str:
    return plain(" ".join(str(error).split()), 400)


# Files: what is in them


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Turn what goes wrong while `path` is read into a sentence."""
    try:
        yield
    except _DAMAGED as error:
        raise InstructorError(f"{path} is damaged or cut short ({_reason(error)}). {_AGAIN}") from error
    except OSError as error:
        raise InstructorError(f"{path} cannot be read: {error.strerror or error}.") from error


_AGAIN = "Delete it and fetch it again."


def _matched(images: Path, labels: Path) -> _Part:
    part = _Part(_idx(images, (28, 28))[:, None], _idx(labels, ()))
    if len(part.pixels) != len(part.labels):
        raise InstructorError(
            f"{images} holds {len(part.pixels)} images and {labels.name} {len(part.labels)} labels: they are no pair. "
            "Fetch both again."
        )
    _check_labels(part.labels, labels)
    return part


def _idx(path: Path, item: tuple[int, ...]) -> Bytes:
    """The bytes of an IDX file, [N, *item].

    The format (LeCun, Cortes & Burges, "The MNIST database"): big-endian 32-bit integers, first the magic number
    0x08 for bytes and the count of dimensions, then the size of each dimension; then the items.
    """
    with _reading(path), _open(path) as file:
        header = np.frombuffer(_exactly(file, 4 * (2 + len(item)), path), ">u4").tolist()
        magic, count, *sizes = header
        if magic != 0x0800 + 1 + len(item):
            raise InstructorError(
                f"{path} is no IDX file of {'images' if item else 'labels'}: it begins with the magic number {magic}, "
                f"not {0x0800 + 1 + len(item)}. {_AGAIN}"
            )
        if tuple(sizes) != item:
            raise InstructorError(f"{path} holds images of {sizes} pixels, not of {list(item)}. {_AGAIN}")
        if not 0 < count <= _IMAGES_LIMIT:
            raise InstructorError(f"{path} says that it holds {count} items, not 1 to {_IMAGES_LIMIT}. {_AGAIN}")
        body = _exactly(file, count * prod(item), path)
        if file.read(1):
            raise InstructorError(f"{path} goes on after the {count} items that it says it holds. {_AGAIN}")
    return np.frombuffer(body, np.uint8).reshape(count, *item)


def _open(path: Path) -> IO[bytes]:
    return cast(IO[bytes], gzip.open(path)) if path.suffix == ".gz" else path.open("rb")


def _exactly(file: IO[bytes], count: int, path: Path) -> bytes:
    data = file.read(count)
    if len(data) < count:
        raise InstructorError(f"{path} is cut short: {count} bytes were to come, and {len(data)} did. {_AGAIN}")
    return data


_CIFAR_BATCHES = (*(f"data_batch_{i}.bin" for i in range(1, 6)), "test_batch.bin")
_CIFAR_FOLDER = "cifar-10-batches-bin"
_CIFAR_BATCH_LIMIT = 10_000
_CIFAR_RECORD = 1 + 3 * 32 * 32
"""A label, then the red, green and blue pixels, row by row (Krizhevsky, the data set's page: "binary version")."""


def _cifar_batches(folder: Path | None) -> list[_Part]:
    """The five training batches and the test batch, from loose files if they are all there, or else the archive."""
    for place in (folder / _CIFAR_FOLDER, folder) if folder else ():
        if any((place / name).is_file() for name in _CIFAR_BATCHES):
            return [_loose_cifar_batch(place / name) for name in _CIFAR_BATCHES]
    return _packed_cifar_batches(_find(folder, _CIFAR10, _CIFAR_ARCHIVE))


def _loose_cifar_batch(path: Path) -> _Part:
    if not path.is_file():
        raise InstructorError(f"{path} is missing, though other batches lie there. Unpack {_CIFAR_ARCHIVE} again.")
    with _reading(path), path.open("rb") as file:
        return _cifar_batch(file, path)


def _packed_cifar_batches(archive: Path) -> list[_Part]:
    found: dict[str, _Part] = {}
    with _reading(archive), tarfile.open(archive) as tar:
        for member in tar:
            name = Path(member.name).name
            if name in _CIFAR_BATCHES and (file := tar.extractfile(member)):
                found[name] = _cifar_batch(file, archive / member.name)
    if missing := [name for name in _CIFAR_BATCHES if name not in found]:
        raise InstructorError(f"{archive} lacks {', '.join(missing)}. {_AGAIN}")
    return [found[name] for name in _CIFAR_BATCHES]


def _cifar_batch(file: IO[bytes], path: Path) -> _Part:
    data = file.read(_CIFAR_BATCH_LIMIT * _CIFAR_RECORD + 1)
    if not data or len(data) % _CIFAR_RECORD or len(data) > _CIFAR_BATCH_LIMIT * _CIFAR_RECORD:
        raise InstructorError(
            f"{path} is no batch of CIFAR-10's binary version, or cut short: its {len(data)} bytes are not 1 to "
            f"{_CIFAR_BATCH_LIMIT} records of {_CIFAR_RECORD} bytes. {_AGAIN}"
        )
    records = np.frombuffer(data, np.uint8).reshape(-1, _CIFAR_RECORD)
    _check_labels(records[:, 0], path)
    return _Part(records[:, 1:].reshape(-1, 3, 32, 32), records[:, 0])


def _check_labels(labels: Bytes, path: Path) -> None:
    if labels.max() >= _CLASSES:
        raise InstructorError(f"{path} has the label {labels.max()}; labels go from 0 to {_CLASSES - 1}. {_AGAIN}")
