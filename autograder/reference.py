"""The reference's side of a check: its modules, and every trace that was asked of it, computed once."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from autograder.errors import InstructorError
from autograder.lab import Lab
from autograder.worker import modules, wire

Scenario = Callable[..., Any]


@dataclass(frozen=True)
class Expected:
    """A trace as it would come over the wire, and the bytes that it takes there."""

    trace: Any
    size: int


class Reference:
    """Runs scenarios on the instructor's solution, in this process."""

    def __init__(self, lab: Lab):
        names = [name.removesuffix(".py") for name in lab.manifest.given + lab.manifest.required_files]
        try:
            self._modules: SimpleNamespace = modules.load([str(lab.reference), str(lab.handout)], names)
        except Exception as error:
            raise InstructorError(f"The reference in {lab.reference} cannot be imported: {error!r}") from error
        self._traces: dict[str, Expected] = {}

    def run(self, scenario: Scenario, **inputs: Any) -> Any:
        """The trace of `scenario` on the reference."""
        return self.expected(scenario, inputs).trace

    def expected(self, scenario: Scenario, inputs: Mapping[str, Any]) -> Expected:
        """As `run`, with the trace's size; the same scenario on the same inputs is computed once."""
        frame = wire.encode([scenario.__name__, dict(inputs)])
        key = hashlib.sha256(frame).hexdigest()
        if key not in self._traces:
            _, fresh_inputs = _over_the_wire(frame)
            reply = wire.encode(scenario(self._modules, **fresh_inputs))
            self._traces[key] = Expected(_over_the_wire(reply), len(reply))
        return self._traces[key]


def _over_the_wire(frame: bytes) -> Any:
    """What arrives when `frame` is sent: tuples as lists, and no tensor shared with the sender."""
    start = wire.PREFIX.size
    header, _ = wire.PREFIX.unpack(frame[:start])
    return wire.decode(frame[start : start + header], bytearray(frame[start + header :]))
