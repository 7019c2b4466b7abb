"""The channel's frames: whatever goes in comes out, and whatever else arrives is refused in one way."""

import math
import struct
from typing import Any

import msgpack
import pytest
import torch
from hostile_frames import HONEST, decodes_or_is_refused, frames, parts
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.worker import wire
from autograder.worker.wire import MalformedError

DTYPES = sorted(wire._DTYPES.values(), key=str)


def sent(tree: Any) -> Any:
    return wire.decode(*parts(tree))


def refusal(header: Any, payload: bytes = b"") -> str:
    """How a frame with this header (data, or bytes as they stand) is refused."""
    raw = header if isinstance(header, bytes) else msgpack.packb(header)
    with pytest.raises(MalformedError) as caught:
        wire.decode(raw, bytearray(payload))
    return str(caught.value)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 0, 4), (2, 3, 4)], ids=str)
def test_tensors_of_every_dtype_and_shape_arrive_bit_for_bit(dtype: torch.dtype, shape: tuple[int, ...]) -> None:
    """A tensor arrives with its dtype, its shape and its bits, 0-d and empty ones too."""
    tensor = (torch.arange(math.prod(shape)) * 1.5 - 2).reshape(shape).to(dtype)
    (got,) = sent([tensor])
    assert type(got) is torch.Tensor
    assert (got.dtype, got.shape) == (dtype, tensor.shape)
    assert torch.equal(got, tensor)


def test_not_finite_numbers_arrive_as_they_are() -> None:
    """NaN and infinities survive, in tensors and as plain floats."""
    values = [math.nan, math.inf, -math.inf, -0.0]
    plain, tensor = sent([values, torch.tensor(values)])
    assert str(plain) == str(values)
    assert str(tensor.tolist()) == str(values)


def test_views_arrive_whole() -> None:
    """Transposed, sliced, expanded and gradient-tracking tensors arrive as they look, detached."""
    base = torch.arange(12.0).reshape(3, 4).requires_grad_()
    for view in (base.t(), base[1:, ::2], base[0].expand(2, 4), torch.nn.Parameter(base.detach())):
        (got,) = sent([view])
        assert torch.equal(got, view.detach())
        assert not got.requires_grad


def test_any_odd_byte_is_true() -> None:
    """A bool tensor is made of true bools, whatever bytes the sender put there."""
    header, _ = parts({"flags": torch.zeros(4, dtype=torch.bool)})
    flags = wire.decode(header, bytearray([0, 1, 2, 255]))["flags"]
    assert flags.dtype == torch.bool
    assert flags.view(torch.uint8).tolist() == [0, 1, 1, 1]


def test_what_arrives_shares_no_memory_with_the_frame() -> None:
    """Tensors are copies: writing to the buffer that they came in does not change them."""
    header, payload = parts([torch.ones(3), torch.ones(3, dtype=torch.bool)])
    tensors = wire.decode(header, payload)
    payload[:] = bytes(len(payload))
    assert [tensor.tolist() for tensor in tensors] == [[1, 1, 1], [True, True, True]]


data = st.recursive(
    st.none() | st.booleans() | st.integers(-(1 << 63), (1 << 64) - 1) | st.floats() | st.text() | st.binary(),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text().filter(lambda k: k != "$"), inner, max_size=4)
    ),
    max_leaves=12,
)


def depth(node: Any) -> int:
    below = node.values() if isinstance(node, dict) else node if isinstance(node, list) else None
    return 0 if below is None else 1 + max(map(depth, below), default=0)


@settings(max_examples=300, deadline=None)
@given(data.filter(lambda tree: depth(tree) <= wire.DEPTH_LIMIT))
def test_plain_data_arrives_as_it_was(tree: Any) -> None:
    """None, bools, ints, floats, texts, bytes, lists and dicts survive the journey, types included."""
    assert repr(sent(tree)) == repr(tree)


@pytest.mark.parametrize(
    "value",
    [object(), {1, 2}, {1: 2}, 1j, torch.ones(1, dtype=torch.complex64), range(3)],
    ids=lambda v: type(v).__name__,
)
def test_what_is_no_data_is_not_sent(value: Any) -> None:
    """The sender refuses whatever is neither plain data nor a tensor of a known dtype."""
    with pytest.raises(TypeError, match="cannot be sent"):
        wire.encode([value])


@settings(max_examples=1_000, deadline=None)
@given(frames)
def test_whatever_arrives_is_refused_or_data(frame: tuple[bytes, bytes]) -> None:
    """Noise, damage, and headers that lie about their tensors raise MalformedError and nothing else."""
    decodes_or_is_refused(*frame)


def nested(levels: int) -> Any:
    tree: Any = 0
    for _ in range(levels):
        tree = [tree]
    return tree


HOSTILE = {
    "a billion elements": {"tree": {"$": 0}, "tensors": [["float32", [1 << 30]]]},
    "a product beyond any integer": {"tree": {"$": 0}, "tensors": [["float32", [1 << 62] * 8]]},
    "huge, but empty by one zero": {"tree": {"$": 0}, "tensors": [["float32", [1 << 62, 1 << 62, 0]]]},
    "a negative size": {"tree": {"$": 0}, "tensors": [["float32", [-1, -4]]]},
    "a bool for a size": {"tree": {"$": 0}, "tensors": [["uint8", [True]]]},
    "a float for a size": {"tree": {"$": 0}, "tensors": [["uint8", [1.0]]]},
    "nine dimensions": {"tree": {"$": 0}, "tensors": [["uint8", [1] * 9]]},
    "bytes for a key": msgpack.packb({"tree": {b"a": 1}, "tensors": []}),
    "an unknown dtype": {"tree": {"$": 0}, "tensors": [["complex64", [1]]]},
    "a tensor that is not there": {"tree": {"$": 1}, "tensors": [["uint8", [1]]]},
    "a tensor from the end": {"tree": {"$": -1}, "tensors": [["uint8", [1]]]},
    "a bool for a tensor": {"tree": {"$": False}, "tensors": [["uint8", [1]]]},
    "more in a tensor's place": {"tree": {"$": 0, "and": 1}, "tensors": [["uint8", [1]]]},
    "a NaN for a key": msgpack.packb({"tree": {math.nan: 1}, "tensors": []}),
    "a list for a key": b"\x82\xa4tree\x81\x90\x01\xa7tensors\x90",
    "an extension type": msgpack.packb({"tree": msgpack.ExtType(5, b"x"), "tensors": []}),
    "a timestamp": msgpack.packb({"tree": msgpack.Timestamp(1, 0), "tensors": []}),
    "deep nesting": {"tree": nested(9), "tensors": []},
    "nesting beyond msgpack's own stack": b"\x91" * 100_000,
    "no tree": {"tensors": []},
    "no dict": [1, 2],
    "a text that is not UTF-8": b"\x82\xa4tree\xa2\xff\xff\xa7tensors\x90",
    "a length that is not there": b"\xdd\xff\xff\xff\xff",
    "nothing": b"",
    "two objects": msgpack.packb({"tree": 0, "tensors": []}) * 2,
}  # fmt: skip


@pytest.mark.parametrize("header", HOSTILE.values(), ids=HOSTILE.keys())
def test_each_known_lie_is_refused(header: Any) -> None:
    """Headers that ask for the impossible are refused before anything is allocated."""
    one_byte = isinstance(header, dict) and header.get("tensors")
    refusal(header, b"\1" if one_byte else b"")


def test_rows_without_end_are_refused_though_they_are_empty() -> None:
    """An empty tensor of a billion rows needs no byte, and a list of them needs all the memory there is."""
    for shape in ([1 << 40, 0], [0, 1 << 30], [1 << 12, 1 << 12, 0]):
        assert "impossible shape" in refusal({"tree": {"$": 0}, "tensors": [["float32", shape]]})


def test_lengths_must_agree_to_the_byte() -> None:
    """A payload one byte short or long is refused."""
    header, payload = HONEST
    assert "longer than the payload" in refusal(header, bytes(payload[:-1]))
    assert "left over" in refusal(header, bytes(payload) + b"\0")


def test_the_prefix_is_two_little_endian_lengths() -> None:
    """The first eight bytes of a frame say how long the header and the payload are."""
    frame = wire.encode([torch.ones(5)])
    header, payload = struct.unpack("<II", frame[:8])
    assert (payload, len(frame)) == (20, 8 + header + 20)
