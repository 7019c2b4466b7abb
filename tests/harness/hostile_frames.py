"""Frames as hypothesis writes them: noise, damage, and msgpack that is well formed and lies about its tensors."""

from typing import Any

import msgpack
import torch
from hypothesis import strategies as st
from watch import only_reading

from autograder.worker import wire
from autograder.worker.wire import MalformedError


def parts(tree: Any) -> tuple[bytes, bytearray]:
    """The header and the payload of `tree`'s frame."""
    frame = wire.encode(tree)
    header, payload = wire.PREFIX.unpack(frame[: wire.PREFIX.size])
    body = frame[wire.PREFIX.size :]
    assert len(body) == header + payload
    return body[:header], bytearray(body[header:])


HONEST = parts({"id": 7, "result": {"path": [torch.ones(2, 3), torch.zeros(2, dtype=torch.bool)], "lr": 0.5}})

numbers = st.integers(-(1 << 63), (1 << 64) - 1)
extensions = st.builds(msgpack.ExtType, st.integers(0, 127), st.binary(max_size=8)) | st.builds(
    msgpack.Timestamp, st.integers(0, 1 << 33), st.integers(0, 999_999_999)
)
junk = st.none() | st.booleans() | numbers | st.floats() | st.text(max_size=3) | st.binary(max_size=3) | extensions
dims = st.lists(st.integers(-2, 3) | st.integers(1 << 30, 1 << 62) | junk, max_size=10)
dtypes = st.sampled_from([*wire._DTYPES, "complex64", "__class__", "torch.float32"])
specs = st.lists(st.lists(dtypes | dims | junk, max_size=3) | st.tuples(dtypes, dims), max_size=4)
nodes = st.recursive(
    junk | st.fixed_dictionaries({"$": st.integers(-2, 3) | junk}),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3) | junk, inner, max_size=3),
    max_leaves=6,
)
headers = st.fixed_dictionaries({}, optional={"tree": nodes, "tensors": specs | junk, "more": junk}) | nodes


@st.composite
def honest_frames(draw: st.DrawFn) -> tuple[bytes, bytes]:
    """A frame with tensors of any dtype and small shapes."""
    tensors = draw(st.lists(st.tuples(dtypes, st.lists(st.integers(0, 3), max_size=4)), max_size=3))
    tree = [torch.zeros(shape, dtype=wire._DTYPES.get(name, torch.int8)) for name, shape in tensors]
    header, payload = parts({"id": 1, "result": tree})
    return header, bytes(payload)


@st.composite
def damaged_frames(draw: st.DrawFn) -> tuple[bytes, bytes]:
    """A sound frame with some bytes changed, cut or added, or split in the wrong place."""
    header, payload = draw(st.just(HONEST) | honest_frames())
    raw = bytearray(header + payload)
    for _ in range(draw(st.integers(1, 4))):
        raw[draw(st.integers(0, len(raw) - 1))] = draw(st.integers(0, 255))
    size = draw(st.just(len(header)) | st.integers(0, len(raw)))
    return bytes(raw[:size]), bytes(raw[size:]) + draw(st.just(b"") | st.binary(max_size=9))


nested = st.builds(lambda mark, depth: mark * depth, st.sampled_from([b"\x91", b"\x81\xa0"]), st.integers(1, 3000))
lengths = st.builds(lambda mark, rest: mark + rest, st.sampled_from([b"\xdd", b"\xdf", b"\xdb", b"\xc6", b"\xc9"]),
                    st.binary(min_size=4, max_size=12))  # fmt: skip
noise = st.tuples(st.binary(max_size=64) | nested | lengths, st.binary(max_size=32))
lies = st.tuples(headers.map(msgpack.packb), st.binary(max_size=64))
frames = noise | damaged_frames() | lies | honest_frames()


def decodes_or_is_refused(header: bytes, payload: bytes) -> None:
    """Nothing but data comes out of a frame, and no error but MalformedError."""
    with only_reading():
        try:
            tree = wire.decode(header, bytearray(payload))
        except MalformedError as error:
            assert str(error).isprintable() and len(str(error)) < 200
            return
    assert only_data(tree), tree
    wire.encode(tree)


def only_data(node: Any) -> bool:
    if isinstance(node, dict):
        return all(type(key) is str for key in node) and all(map(only_data, node.values()))
    if isinstance(node, list):
        return all(map(only_data, node))
    return node is None or type(node) in (bool, int, float, str, bytes, torch.Tensor)
