"""The channel's frames: a header of plain data in msgpack, then the tensors' bytes.

::

    frame   = length of header (u32), length of payload (u32), header, payload          all little-endian
    header  = {"tree": data, "tensors": [[dtype, [dims…]], …]}
    data    = None, bool, int, float, str, bytes, lists, string-keyed dicts; {"$": i} stands for tensor i

Both ends decode with the same strictness: nothing but data ever comes out, and anything odd is `MalformedError`.
"""

import struct
from math import prod
from typing import Any

import msgpack
import torch

PREFIX = struct.Struct("<II")
HEADER_LIMIT = 256 << 10
DEPTH_LIMIT = 8
_DIMENSIONS_LIMIT = 8
_EMPTY_LIMIT = 1 << 20  # elements of an empty tensor, were its zeros ones: as a list it is that long all the same
_TENSOR = "$"

_DTYPES = {
    str(dtype).removeprefix("torch."): dtype
    for dtype in (
        torch.float16,
        torch.bfloat16,
        torch.float32,
        torch.float64,
        torch.uint8,
        torch.int8,
        torch.int16,
        torch.int32,
        torch.int64,
        torch.bool,
    )
}
_NAMES = {dtype: name for name, dtype in _DTYPES.items()}


class MalformedError(Exception):
    """What arrived is not a frame of this protocol."""


class NoDataError(TypeError):
    """What is to be sent is neither plain data nor a tensor of a known dtype."""


def encode(tree: Any) -> bytes:
    """`tree` as one frame.

    Raises:
        NoDataError: something in it is neither plain data nor a tensor of a known dtype.
        ValueError: the frame would be too large, or too deep.
    """
    tensors: list[torch.Tensor] = []
    plain = _detach(tree, tensors, 0)
    specs = [[_NAMES[tensor.dtype], list(tensor.shape)] for tensor in tensors]
    header: bytes = msgpack.packb({"tree": plain, "tensors": specs})
    payload = b"".join(_bytes_of(tensor) for tensor in tensors)
    return PREFIX.pack(len(header), len(payload)) + header + payload


def decode(header: bytes, payload: bytearray) -> Any:
    """The tree that `encode` was given, with fresh tensors of torch's own class.

    Raises:
        MalformedError: whatever is wrong with the bytes.
    """
    try:
        content = msgpack.unpackb(header, strict_map_key=True, ext_hook=_no_extension)
        tensors = _tensors(content["tensors"], payload)
        return _attach(content["tree"], tensors, 0)
    except MalformedError:
        raise
    except Exception as error:  # a fuzzer finds ways into msgpack and torch that no list of types foresees
        raise MalformedError(f"undecodable frame ({type(error).__name__})") from None


def _detach(node: Any, tensors: list[torch.Tensor], depth: int) -> Any:
    """`node` with its tensors replaced by their numbers in `tensors`."""
    if depth > DEPTH_LIMIT:
        raise ValueError(f"data nested deeper than {DEPTH_LIMIT}")
    if isinstance(node, torch.Tensor):
        if node.dtype not in _NAMES:
            raise NoDataError(f"a tensor of {node.dtype} cannot be sent")
        tensors.append(node)
        return {_TENSOR: len(tensors) - 1}
    if isinstance(node, dict):
        if odd := [type(key).__name__ for key in node if not isinstance(key, str)]:
            raise NoDataError(f"a dict with a key of type {odd[0]} cannot be sent")
        return {key: _detach(value, tensors, depth + 1) for key, value in node.items()}
    if isinstance(node, list | tuple):
        return [_detach(value, tensors, depth + 1) for value in node]
    if node is None or isinstance(node, bool | int | float | str | bytes):
        return node
    raise NoDataError(f"a value of type {type(node).__name__} cannot be sent")


def _attach(node: Any, tensors: list[torch.Tensor], depth: int) -> Any:
    if depth > DEPTH_LIMIT:
        raise MalformedError(f"data nested deeper than {DEPTH_LIMIT}")
    if isinstance(node, dict):
        if _TENSOR in node:
            (index,) = node.values()
            if type(index) is not int or not 0 <= index < len(tensors):
                raise MalformedError("a tensor that was not sent")
            return tensors[index]
        if not all(isinstance(key, str) for key in node):
            raise MalformedError("a key that is no text")
        return {key: _attach(value, tensors, depth + 1) for key, value in node.items()}
    if isinstance(node, list):
        return [_attach(value, tensors, depth + 1) for value in node]
    if node is None or isinstance(node, bool | int | float | str | bytes):
        return node
    raise MalformedError("something that is no data")  # msgpack makes its Timestamp without asking the hook


def _bytes_of(tensor: torch.Tensor) -> bytes:
    flat = tensor.detach().cpu().contiguous().reshape(-1)
    return flat.view(torch.uint8).numpy().tobytes()


def _tensors(specs: list[Any], payload: bytearray) -> list[torch.Tensor]:
    tensors, offset = [], 0
    for name, dims in specs:
        if len(dims) > _DIMENSIONS_LIMIT or any(type(dim) is not int or dim < 0 for dim in dims):
            raise MalformedError("impossible shape")
        dtype, count = _DTYPES[name], prod(dims)
        size = count * dtype.itemsize
        if offset + size > len(payload):
            raise MalformedError("a tensor longer than the payload")
        if not count:
            if prod(dim or 1 for dim in dims) > _EMPTY_LIMIT:
                raise MalformedError("impossible shape")
            tensors.append(torch.empty(dims, dtype=dtype))
        elif dtype == torch.bool:  # any byte may stand there, and a bool that is neither 0 nor 1 misbehaves
            raw = torch.frombuffer(payload, dtype=torch.uint8, count=count, offset=offset)
            tensors.append((raw != 0).reshape(dims))
        else:
            raw = torch.frombuffer(payload, dtype=dtype, count=count, offset=offset)
            tensors.append(raw.reshape(dims).clone())
        offset += size
    if offset != len(payload):
        raise MalformedError("bytes left over")
    return tensors


def _no_extension(code: int, data: bytes) -> None:
    raise MalformedError("an extension type")
