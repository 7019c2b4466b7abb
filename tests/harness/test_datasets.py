"""The data sets: split the same way each time, normalised by the training part, and each fault named.

Files are made here in the byte layout in which they are published.
"""

import gc
import gzip
import hashlib
import http.server
import io
import tarfile
import threading
import warnings
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from sklearn.datasets import load_digits

from autograder.errors import InstructorError
from autograder.training import datasets
from autograder.training.datasets import DataSet, load

IMAGES, LABELS = "{}-images-idx3-ubyte", "{}-labels-idx1-ubyte"
FASHION_NAMES = [name.format(part) for part in ("train", "t10k") for name in (IMAGES, LABELS)]
CIFAR_NAMES = [*(f"data_batch_{i}.bin" for i in range(1, 6)), "test_batch.bin"]
ARCHIVE = "cifar-10-binary.tar.gz"

Bytes = NDArray[np.uint8]


def some_bytes(seed: int, high: int, *shape: int) -> Bytes:
    return np.random.RandomState(seed).randint(0, high, shape).astype(np.uint8)


def idx(values: Bytes) -> bytes:
    """Magic number 0x08 and the number of dimensions, each dimension, the bytes; integers big-endian."""
    header = [0x0800 + values.ndim, *values.shape]
    return b"".join(number.to_bytes(4, "big") for number in header) + values.tobytes()


def fashion_files(count: int = 50, test_count: int = 30) -> dict[str, bytes]:
    return {
        IMAGES.format("train"): idx(some_bytes(1, 256, count, 28, 28)),
        LABELS.format("train"): idx(some_bytes(2, 10, count)),
        IMAGES.format("t10k"): idx(some_bytes(3, 256, test_count, 28, 28)),
        LABELS.format("t10k"): idx(some_bytes(4, 10, test_count)),
    }


def cifar_files(count: int = 7) -> dict[str, bytes]:
    """Records of a label and 3,072 bytes, all of the red ones first."""
    files = {}
    for seed, name in enumerate(CIFAR_NAMES):
        labels, pixels = some_bytes(seed, 10, count, 1), some_bytes(seed + 10, 256, count, 3 * 32 * 32)
        files[name] = np.concatenate([labels, pixels], axis=1).tobytes()
    return files


def fashion_folder(folder: Path, files: dict[str, bytes], packed: bool = True) -> Path:
    folder.mkdir(exist_ok=True)
    for name, content in files.items():
        path = folder / (name + ".gz" if packed else name)
        path.write_bytes(gzip.compress(content) if packed else content)
    return folder


def cifar_folder(folder: Path, files: dict[str, bytes]) -> Path:
    folder.mkdir(exist_ok=True)
    with tarfile.open(folder / ARCHIVE, "w:gz") as tar:
        for name, content in {"readme.html": b"<html>", **files}.items():
            member = tarfile.TarInfo(f"cifar-10-batches-bin/{name}")
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return folder


def assert_same(one: DataSet, other: DataSet) -> None:
    for name in ("train_inputs", "train_targets", "held_out_inputs", "held_out_targets"):
        assert torch.equal(getattr(one, name), getattr(other, name))


def refusal(name: str, folder: Path) -> str:
    with pytest.raises(InstructorError) as caught:
        load(name, folder)
    return str(caught.value)


# What comes out


def test_the_digits_are_split_without_overlap_and_the_same_way_each_time() -> None:
    """1,297 and 500 of scikit-learn's 1,797, each image once with its own label, in an order that never changes."""
    digits = load("digits")
    assert (digits.channels, digits.size, digits.classes) == (1, 8, 10)
    assert digits.train_inputs.shape == (1297, 1, 8, 8) and digits.held_out_inputs.shape == (500, 1, 8, 8)
    assert digits.train_inputs.dtype == torch.float32 and digits.train_targets.dtype == torch.int64
    assert digits.held_out_targets[:12].tolist() == [2, 8, 2, 6, 6, 7, 1, 9, 8, 5, 2, 8]
    published = load_digits()
    raw = torch.tensor(published.images)
    deviation, mean = torch.std_mean(raw[order_of_digits()[500:]], correction=0)
    inputs = torch.cat([digits.held_out_inputs, digits.train_inputs])[:, 0].double()
    targets = torch.cat([digits.held_out_targets, digits.train_targets])
    pixels = (inputs * deviation + mean).round()
    ours = {(*image.flatten().tolist(), label.item()) for image, label in zip(pixels, targets, strict=True)}
    theirs = {(*image.flatten().tolist(), label) for image, label in zip(raw, published.target.tolist(), strict=True)}
    assert ours == theirs and len(ours) == len(inputs)
    datasets._load.cache_clear()
    assert_same(digits, load("digits"))


def order_of_digits() -> Bytes:
    return np.random.RandomState(0).permutation(1797)


def test_a_data_set_is_loaded_once(tmp_path: Path) -> None:
    """The second call gives the very same tensors, without the files."""
    folder = fashion_folder(tmp_path, fashion_files())
    first = load("fashion-mnist", folder)
    for path in folder.iterdir():
        path.unlink()
    assert load("fashion-mnist", folder) is first


@pytest.mark.parametrize("packed", [True, False])
def test_fashion_mnist_is_read_as_it_is_published(tmp_path: Path, packed: bool) -> None:
    """Four IDX files, gzipped or not: every image in its place, shifted and scaled by the training part alone."""
    files = fashion_files()
    data = load("fashion-mnist", fashion_folder(tmp_path, files, packed))
    assert (data.channels, data.size, data.classes) == (1, 28, 10)
    train = torch.from_numpy(some_bytes(1, 256, 50, 1, 28, 28)).double()
    deviation, mean = torch.std_mean(train, correction=0)
    torch.testing.assert_close(data.train_inputs.double(), (train - mean) / deviation, rtol=0, atol=1e-5)
    assert data.train_targets.tolist() == some_bytes(2, 10, 50).tolist()
    order = np.random.RandomState(0).permutation(30)
    test = torch.from_numpy(some_bytes(3, 256, 30, 1, 28, 28)[order]).double()
    torch.testing.assert_close(data.held_out_inputs.double(), (test - mean) / deviation, rtol=0, atol=1e-5)
    assert data.held_out_targets.tolist() == some_bytes(4, 10, 30)[order].tolist()


def test_the_held_out_part_does_not_shift_the_training_part(tmp_path: Path) -> None:
    """Whatever the test images are, what students train on is the same."""
    dark, usual = fashion_files(), fashion_files()
    dark[IMAGES.format("t10k")] = idx(np.zeros((30, 28, 28), np.uint8))
    one = load("fashion-mnist", fashion_folder(tmp_path / "dark", dark))
    other = load("fashion-mnist", fashion_folder(tmp_path / "usual", usual))
    assert torch.equal(one.train_inputs, other.train_inputs)
    assert len(one.held_out_inputs.unique()) == 1


def test_2000_of_a_larger_test_part_are_held_out(tmp_path: Path) -> None:
    """A fixed choice among all of them, each at most once."""
    files = fashion_files(count=20, test_count=2100)
    numbers = np.zeros((2100, 28, 28), np.uint8)
    numbers[:, 0, 0], numbers[:, 0, 1] = np.arange(2100) % 256, np.arange(2100) // 256
    files[IMAGES.format("t10k")] = idx(numbers)
    chosen = load("fashion-mnist", fashion_folder(tmp_path, files)).held_out_inputs[:, 0, 0, :2]
    assert len(chosen) == 2000 and len(chosen.unique(dim=0)) == 2000
    assert not torch.equal(chosen, chosen.unique(dim=0)), "they are shuffled"


def test_cifar10_is_read_as_it_is_published(tmp_path: Path) -> None:
    """Five batches in a row and a test batch, colour by colour; each channel normalised for itself."""
    data = load("cifar10", cifar_folder(tmp_path, cifar_files()))
    assert (data.channels, data.size, data.classes) == (3, 32, 10)
    train = torch.from_numpy(np.concatenate([some_bytes(s + 10, 256, 7, 3, 32, 32) for s in range(5)])).double()
    deviation, mean = torch.std_mean(train, dim=(0, 2, 3), correction=0, keepdim=True)
    torch.testing.assert_close(data.train_inputs.double(), (train - mean) / deviation, rtol=0, atol=1e-5)
    assert data.train_targets.tolist() == [label for s in range(5) for label in some_bytes(s, 10, 7).tolist()]
    order = np.random.RandomState(0).permutation(7)
    assert data.held_out_targets.tolist() == some_bytes(5, 10, 7)[order].tolist()


@pytest.mark.parametrize("inner", ["cifar-10-batches-bin", "."])
def test_cifar10_may_lie_unpacked(tmp_path: Path, inner: str) -> None:
    """In its own folder, or loose in the one that was named: the same tensors as from the archive."""
    packed = load("cifar10", cifar_folder(tmp_path / "packed", cifar_files()))
    folder = tmp_path / "loose" / inner
    folder.mkdir(parents=True)
    for name, content in cifar_files().items():
        (folder / name).write_bytes(content)
    assert_same(packed, load("cifar10", tmp_path / "loose"))


def test_the_folder_may_be_named_in_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """GRADER_DATA stands for the argument."""
    folder = fashion_folder(tmp_path, fashion_files())
    monkeypatch.setenv("GRADER_DATA", str(folder))
    assert load("fashion-mnist") is load("fashion-mnist", folder)


# What can be wrong


def test_an_unknown_name_is_answered_with_those_there_are() -> None:
    """The sentence lists all three."""
    with pytest.raises(InstructorError, match="no data set 'mnist'; there is: digits, fashion-mnist, cifar10"):
        load("mnist")


@pytest.mark.parametrize("name", ["fashion-mnist", "cifar10"])
def test_a_folder_without_the_files_is_no_reason_to_fetch_them(tmp_path: Path, name: str) -> None:
    """It says which file is missing, from where it can be had, and how to have it fetched."""
    wanted = {"fashion-mnist": "train-images-idx3-ubyte.gz", "cifar10": ARCHIVE}[name]
    message = refusal(name, tmp_path)
    assert f"{tmp_path} holds neither {wanted} nor" in message
    assert "published at https://" in message and "unset GRADER_DATA" in message


@pytest.mark.parametrize(
    ("broken", "content", "words"),
    [
        (IMAGES, idx(some_bytes(1, 256, 50, 28, 28))[:-1], "cut short: 39200 bytes were to come, and 39199 did"),
        (IMAGES, idx(some_bytes(1, 256, 50, 28, 28))[:7], "cut short: 16 bytes were to come, and 7 did"),
        (IMAGES, b"", "cut short: 16 bytes were to come, and 0 did"),
        (IMAGES, idx(some_bytes(1, 256, 50, 28, 28)) + b"x", "goes on after the 50 items"),
        (IMAGES, idx(some_bytes(1, 10, 50)) + bytes(99), "begins with the magic number 2049, not 2051"),
        (IMAGES, idx(some_bytes(1, 256, 50, 32, 32)), "holds images of [32, 32] pixels, not of [28, 28]"),
        (IMAGES, idx(np.zeros((0, 28, 28), np.uint8)), "says that it holds 0 items"),
        (IMAGES, bytes.fromhex("00000803 ffffffff 0000001c 0000001c"), "says that it holds 4294967295 items"),
        (IMAGES, idx(some_bytes(1, 256, 49, 28, 28)), "holds 49 images and train-labels-idx1-ubyte"),
        (IMAGES, idx(np.full((50, 28, 28), 7, np.uint8)), "blank"),
        (LABELS, idx(some_bytes(2, 10, 50, 28, 28)), "begins with the magic number 2051, not 2049"),
        (LABELS, idx(np.full(50, 10, np.uint8)), "has the label 10; labels go from 0 to 9"),
    ],
)
@pytest.mark.parametrize("packed", [True, False])
def test_a_damaged_idx_file_is_named(tmp_path: Path, packed: bool, broken: str, content: bytes, words: str) -> None:
    """Header, size and labels are looked at before anything is used, and no promise of a size is believed."""
    files = {**fashion_files(), broken.format("train"): content}
    message = refusal("fashion-mnist", fashion_folder(tmp_path, files, packed))
    assert words in message
    assert "blank" in message or (str(tmp_path / broken.format("train")) in message and "again" in message)


@pytest.mark.parametrize("part", FASHION_NAMES)
def test_each_of_the_four_files_is_needed(tmp_path: Path, part: str) -> None:
    """A folder with three of them is refused, and the sentence names the fourth."""
    folder = fashion_folder(tmp_path, fashion_files())
    (folder / f"{part}.gz").unlink()
    assert f"holds neither {part}.gz nor {part}." in refusal("fashion-mnist", folder)


@pytest.mark.parametrize("keep", [slice(None, -9), slice(5, None)])
def test_a_damaged_gzip_file_is_named(tmp_path: Path, keep: slice) -> None:
    """Cut short before its checksum, or without its first bytes."""
    path = fashion_folder(tmp_path, fashion_files()) / f"{IMAGES.format('train')}.gz"
    path.write_bytes(path.read_bytes()[keep])
    assert refusal("fashion-mnist", tmp_path).startswith(f"{path} is damaged or cut short (")


@pytest.mark.parametrize(
    ("batch", "content", "words"),
    [
        ("data_batch_3.bin", bytes(3073 * 7 - 1), "its 21510 bytes are not 1 to 10000 records of 3073 bytes"),
        ("data_batch_3.bin", b"", "its 0 bytes are not 1 to 10000 records"),
        ("test_batch.bin", bytes(3073 * 10_001), "are not 1 to 10000 records"),
        ("test_batch.bin", b"\x0a" * 3073, "has the label 10; labels go from 0 to 9"),
    ],
)
def test_a_damaged_cifar_batch_is_named(tmp_path: Path, batch: str, content: bytes, words: str) -> None:
    """In the archive and unpacked alike."""
    files = {**cifar_files(), batch: content}
    for folder in (cifar_folder(tmp_path / "packed", files), tmp_path):
        message = refusal("cifar10", folder)
        assert words in message and batch in message
        (tmp_path / batch).write_bytes(content)
        for name in set(files) - {batch}:
            (tmp_path / name).write_bytes(files[name])


@pytest.mark.parametrize("missing", CIFAR_NAMES)
def test_each_batch_is_needed(tmp_path: Path, missing: str) -> None:
    """The archive or the folder lacks one, and the sentence says which."""
    files = {name: content for name, content in cifar_files().items() if name != missing}
    assert f"{ARCHIVE} lacks {missing}." in refusal("cifar10", cifar_folder(tmp_path / "packed", files))
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    assert f"{tmp_path / missing} is missing" in refusal("cifar10", tmp_path)


@pytest.mark.parametrize("content", [b"", b"no archive", gzip.compress(b"no archive", mtime=0)])
def test_what_is_no_archive_is_named(tmp_path: Path, content: bytes) -> None:
    """Empty, or something else under its name."""
    (tmp_path / ARCHIVE).write_bytes(content)
    message = refusal("cifar10", tmp_path)
    assert message.startswith(f"{tmp_path / ARCHIVE} is damaged or cut short (") and "\n" not in message


def test_an_archive_that_is_cut_short_is_named(tmp_path: Path) -> None:
    """As after a download that broke off."""
    path = cifar_folder(tmp_path, cifar_files()) / ARCHIVE
    path.write_bytes(path.read_bytes()[:-5000])
    assert refusal("cifar10", tmp_path).startswith(f"{path} is damaged or cut short (")


# Fetching, from a server of our own


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder whose files stand where the data sets are published; the cache is empty."""
    folder = tmp_path / "site"
    folder.mkdir()
    handler = partial(_Quiet, directory=str(folder))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("GRADER_DATA", raising=False)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        url = f"http://127.0.0.1:{server.server_port}/"
        for name in ("_FASHION_MNIST", "_CIFAR10"):
            monkeypatch.setattr(datasets, name, datasets._Remote(url, getattr(datasets, name).sums))
        datasets._load.cache_clear()
        yield folder
        datasets._load.cache_clear()
        server.shutdown()
        thread.join()
    with warnings.catch_warnings(action="ignore", category=ResourceWarning):
        gc.collect()  # pooch leaves the connection of a refused download to the garbage collector


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None: ...


def test_a_file_that_is_fetched_is_kept(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second time no network is needed; and the tensors are those from a folder."""
    cifar_folder(site, cifar_files())
    monkeypatch.setattr(datasets, "_CIFAR10", datasets._Remote(datasets._CIFAR10.url, {ARCHIVE: md5(site / ARCHIVE)}))
    fetched = load("cifar10")
    assert_same(fetched, load("cifar10", site))
    (site / ARCHIVE).unlink()
    datasets._load.cache_clear()
    assert_same(load("cifar10"), fetched)


def test_another_file_than_the_published_one_is_refused(site: Path) -> None:
    """The checksum is that of the published file; what else comes is not read."""
    fashion_folder(site, fashion_files())
    with pytest.raises(InstructorError, match="its MD5 checksum is not 8d4fb7e6c68d591d4c3dfef9ec88bf0d"):
        load("fashion-mnist")


@pytest.mark.parametrize(("name", "file"), [("fashion-mnist", "train-images-idx3-ubyte.gz"), ("cifar10", ARCHIVE)])
def test_without_a_network_it_says_what_to_do(site: Path, name: str, file: str) -> None:
    """Which file, from where, and that a folder can stand for the network."""
    with pytest.raises(InstructorError) as caught:
        load(name)
    message = str(caught.value)
    assert message.startswith(f"{file} could not be fetched from http://127.0.0.1") and "network" in message
    assert "put it into a folder, and name that folder in GRADER_DATA" in message


def md5(path: Path) -> str:
    return hashlib.md5(path.read_bytes()).hexdigest()
