"""What a student's finder functions are made to do, and what is written down meanwhile.

A scenario takes the lab's modules and plain inputs, and returns plain data. It runs beside a student's code as
well as beside the reference's, so nothing here knows an answer; it imports nothing of ours.

`lr_range_test` is handed a model, a loss function and an optimizer that note what is done with them. Keys of a trace
are the words in which a student reads about the first difference; what went wrong first stands first.
"""

from collections.abc import Callable
from math import isfinite, isnan
from typing import Any

import torch

Data = dict[str, Any]

NOTHING = -1.0
"""Stands for a number that was not recorded, so that traces of all lengths are of one form."""


class Diary:
    """What the model and the optimizer of one range test note; there is one even if they are deep-copied.

    forwards  (index of the batch or -1, whether all modules were in train mode), one for each forward pass
    updates   (rate, gradients by parameter, zeros where there was none), one for each step of the optimizer
    moved     whether any step has changed a parameter
    """

    def __init__(self) -> None:
        self.forwards: list[tuple[int, bool]] = []
        self.updates: list[tuple[float, list[torch.Tensor]]] = []
        self.moved = False

    def __deepcopy__(self, memo: Data) -> "Diary":
        return self


class Observed(torch.nn.Module):
    """Two layers with batch norm between them, in float64; `weights` are laid over the parameters, in order."""

    def __init__(self, diary: Diary, batches: list[torch.Tensor], weights: list[torch.Tensor]) -> None:
        super().__init__()
        self.diary, self.batches = diary, batches
        self.first = torch.nn.Linear(3, 4, dtype=torch.float64)
        self.norm = torch.nn.BatchNorm1d(4, dtype=torch.float64)
        self.head = torch.nn.Linear(4, 1, dtype=torch.float64)
        with torch.no_grad():
            for param, value in zip(self.parameters(), weights, strict=True):
                param.copy_(value)

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        batch = next((i for i, known in enumerate(self.batches) if torch.equal(known, inputs)), -1)
        self.diary.forwards.append((batch, all(module.training for module in self.modules())))
        return self.head(self.norm(self.first(inputs)))


def observed_optimizer(base: Any, diary: Diary, params: Any, lr: float) -> Any:
    """An optimizer that notes what it sees, and moves against a gradient by at most its rate."""

    class SoftSign(base.Optimizer):
        def step(self) -> None:
            grads = [torch.zeros_like(p) if p.grad is None else p.grad.detach().clone() for p in self.params]
            diary.updates.append((float(self.lr), grads))
            super().step()

        def update(self, param: torch.Tensor, grad: torch.Tensor, state: Data) -> None:
            move = self.lr * grad / (1 + grad.abs())
            diary.moved = diary.moved or bool(move.any())
            param.sub_(move)

    return SoftSign(params, lr=lr)


def scripted_loss(script: list[float]) -> Callable[[torch.Tensor, torch.Tensor], torch.Tensor]:
    """A loss function that returns the script's values in turn, the last one ever after, each tied to the graph."""
    left = list(script)

    def loss_fn(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        value = left.pop(0) if len(left) > 1 else left[0]
        return outputs.sum() - outputs.sum().detach() + value

    return loss_fn


def squared_error(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    return (outputs - targets).square().mean()


class RangeTest:
    """One run of `lr_range_test`: on the mean squared error, or on the losses of a `script` if there is one.

    `arguments` are those after the optimizer; `training` and `lr` are the model's mode and the optimizer's rate
    before. Each parameter has a gradient of ones from earlier.
    """

    def __init__(
        self,
        lab: Any,
        weights: list[torch.Tensor],
        inputs: torch.Tensor,
        targets: torch.Tensor,
        arguments: Data,
        script: list[float] | None = None,
        training: bool = True,
        lr: float = 0.3,
    ) -> None:
        self.diary = Diary()
        self.model = Observed(self.diary, list(inputs), weights).train(training)
        self.optimizer = observed_optimizer(lab.base, self.diary, self.model.parameters(), lr)
        loss_fn = scripted_loss(script) if script else squared_error
        batches = list(zip(inputs, targets, strict=True))
        result = lab.lr_finder.lr_range_test(self.model, loss_fn, batches, self.optimizer, **arguments)
        lists = [plain_list(each) for each in result] if isinstance(result, tuple | list) else []
        self.is_pair = len(lists) == 2 and None not in lists
        self.lrs, self.losses = lists if self.is_pair else ([], [])

    def steps(self, count: int) -> Data:
        """Step by step, the first `count` of them, what was done and recorded."""
        forwards = of_length(self.diary.forwards, count, (-1, False))
        untouched = [torch.zeros_like(param) for param in self.model.parameters()]
        updates = of_length(self.diary.updates, count, (NOTHING, untouched))
        names = [name for name, _ in self.model.named_parameters()]
        return {
            f"step {i}": {
                "index of the batch": batch,
                "train mode in the forward pass": training,
                "loss recorded": loss,
                "rate recorded": lr,
                "gradient at the update": dict(zip(names, grads, strict=True)),
                "rate at the update": rate,
            }
            for i, ((batch, training), (rate, grads), lr, loss) in enumerate(
                zip(
                    forwards,
                    updates,
                    of_length(self.lrs, count, NOTHING),
                    of_length(self.losses, count, NOTHING),
                    strict=True,
                )
            )
        }

    def counts(self) -> Data:
        """How much was recorded and done."""
        return {
            "two lists come back": self.is_pair,
            "number of losses recorded": len(self.losses),
            "number of rates recorded": len(self.lrs),
            "number of updates": len(self.diary.updates),
        }

    def recorded_losses(self, count: int) -> Data:
        losses = of_length(self.losses, count, NOTHING)
        finite = {f"loss {i} is finite": isfinite(loss) for i, loss in enumerate(losses)}
        return {**finite, **{f"loss {i}": loss if isfinite(loss) else NOTHING for i, loss in enumerate(losses)}}

    def afterwards(self) -> Data:
        """The state in which everything was left."""
        return {
            "some update has moved the parameters": self.diary.moved,
            "parameter afterwards": {name: param.detach() for name, param in self.model.named_parameters()},
            "buffer afterwards": dict(self.model.named_buffers()),
            "train mode afterwards": {name or "model": part.training for name, part in self.model.named_modules()},
            "optimizer.lr afterwards": float(self.optimizer.lr),
        }


def of_length(values: list[Any], count: int, filler: Any) -> list[Any]:
    return [*values, *[filler] * count][:count]


def plain_number(value: Any) -> float:
    """A number of Python, NumPy or PyTorch as a float."""
    return float(value.detach() if isinstance(value, torch.Tensor) else value)


def plain_list(values: Any) -> list[float] | None:
    """Some numbers as floats; None where these are none."""
    try:
        return [plain_number(value) for value in values]
    except (TypeError, ValueError, RuntimeError):
        return None


def range_test_steps(lab: Any, tests: dict[str, Data], **data: Any) -> Data:
    """Each test's steps, up to its `num_steps`; `data` are the weights, inputs and targets of `RangeTest`."""
    trace = {}
    for name, test in tests.items():
        done = RangeTest(lab, **data, **test)
        trace[name] = {**done.counts(), **done.steps(test["arguments"]["num_steps"])}
    return trace


def range_test_rates(lab: Any, count: int, **problem: Any) -> Data:
    """The rates of one test, the first `count` of them, however many there are."""
    done = RangeTest(lab, **problem)
    return {
        "two lists come back": done.is_pair,
        **{f"rate {i}": lr for i, lr in enumerate(of_length(done.lrs, count, NOTHING))},
    }


def range_test_stops(lab: Any, scripts: list[Data], **data: Any) -> Data:
    """Where each script of losses ends the test; a script is `losses` and, as in the call, `arguments`."""
    trace = {}
    for script in scripts:
        losses, arguments = script["losses"], {**script["arguments"], "num_steps": len(script["losses"])}
        done = RangeTest(lab, **data, arguments=arguments, script=losses)
        trace[title_of(script)] = {**done.counts(), **done.recorded_losses(len(losses))}
    return trace


def title_of(script: Data) -> str:
    arguments = "".join(f", {name}={value:g}" for name, value in script["arguments"].items())
    return f"on losses [{', '.join(f'{loss:g}' for loss in script['losses'])}]{arguments}"


def range_test_afterwards(lab: Any, tests: dict[str, Data], **data: Any) -> Data:
    """In which state each test leaves the model and the optimizer."""
    return {name: RangeTest(lab, **data, **test).afterwards() for name, test in tests.items()}


def smoothing(lab: Any, series: dict[str, Data]) -> Data:
    """`smooth` on each series: `losses` and, as in the call, `arguments`."""
    trace = {}
    for name, one in series.items():
        losses = list(one["losses"])
        smoothed = plain_list(lab.lr_finder.smooth(losses, **one["arguments"]))
        is_list, smoothed, count = smoothed is not None, smoothed or [], len(one["losses"])
        trace[name] = {
            "a list of numbers comes back": is_list,
            "number of values": len(smoothed),
            **{f"value {i}": value for i, value in enumerate(of_length(smoothed, count, NOTHING))},
            "losses handed in, as they are afterwards": losses,
        }
    return trace


def smoothed_values(lab: Any, series: list[torch.Tensor], betas: list[float]) -> list[Data]:
    """The smoothed values of each series [T] for each beta, in the form that `StandIn` takes."""
    return [
        {
            "losses": losses,
            "beta": beta,
            "smoothed": torch.tensor(lab.lr_finder.smooth(losses.tolist(), beta=beta), dtype=torch.float64),
        }
        for losses in series
        for beta in betas
    ]


class StandIn:
    """Takes the place of `smooth` while one of its neighbours is called, which is judged alone.

    The student's own is asked. Where its answer is not that of `known`, which holds series, betas and smoothed
    values, or where it raises, the known one is given instead, in the same kind of container.
    """

    def __init__(self, own: Callable[..., Any], known: list[Data]) -> None:
        self.own = own
        self.known = [(one["losses"].tolist(), one["beta"], one["smoothed"].tolist()) for one in known]

    def __call__(self, losses: Any, beta: float = 0.9, **others: Any) -> Any:
        answer = self.answer([plain_number(loss) for loss in losses], beta)
        if answer is None:
            return self.own(losses, beta, **others)
        try:
            own = self.own(losses, beta, **others)
        except Exception:
            return answer
        values = plain_list(own) or []
        agrees = len(values) == len(answer) and all(map(alike, values, answer))
        return own if agrees else in_container_of(own, answer)

    def answer(self, losses: list[float], beta: float) -> list[float] | None:
        """What is known of these losses, which may be the beginning of a longer series."""
        for series, known_beta, smoothed in self.known:
            if known_beta == beta and len(losses) <= len(series) and all(map(alike, losses, series)):
                return smoothed[: len(losses)]
        return None


def alike(a: float, b: float) -> bool:
    """Equal up to rounding; NaN is like NaN."""
    return a == b or (isnan(a) and isnan(b)) or (isfinite(b) and abs(a - b) <= 1e-5 * abs(b))


def in_container_of(example: Any, values: list[float]) -> Any:
    if isinstance(example, torch.Tensor):
        return torch.tensor(values, dtype=example.dtype)
    return torch.tensor(values, dtype=torch.float64).numpy() if hasattr(example, "dtype") else values


class Alone:
    """While it lasts, `smooth` is a `StandIn` for whoever looks it up beside the function called `name`."""

    def __init__(self, lab: Any, name: str, known: list[Data]) -> None:
        function = getattr(lab.lr_finder, name)
        self.places = [vars(lab.lr_finder), getattr(function, "__globals__", {})]
        self.known, self.before = known, []

    def __enter__(self) -> None:
        for place in self.places:
            own = place.get("smooth")
            if callable(own) and not isinstance(own, StandIn):
                self.before.append((place, own))
                place["smooth"] = StandIn(own, self.known)

    def __exit__(self, *error: Any) -> None:
        for place, own in self.before:
            place["smooth"] = own


def suggestions(lab: Any, curves: dict[str, Data], known: list[Data]) -> Data:
    """`suggest_lr` on each curve, of `lrs` and `losses` [T]; what is no number comes out as text."""
    answers = {}
    with Alone(lab, "suggest_lr", known):
        for name, curve in curves.items():
            answer = lab.lr_finder.suggest_lr(curve["lrs"].tolist(), curve["losses"].tolist())
            (number,) = plain_list([answer]) or [type(answer).__name__]
            answers[name] = number
    return answers


def diagnoses(lab: Any, curves: dict[str, torch.Tensor], known: list[Data]) -> Data:
    """`diagnose` on each curve [T]; what is no text comes out as its type's name in brackets."""
    answers = {}
    with Alone(lab, "diagnose", known):
        for name, losses in curves.items():
            answer = lab.lr_finder.diagnose(losses.tolist())
            answers[name] = str(answer) if isinstance(answer, str) else f"({type(answer).__name__})"
    return answers
