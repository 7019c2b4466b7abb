"""What a student's loop functions are made to do, and what is written down meanwhile.

As in `scenarios.py`: a scenario takes the lab's modules and plain inputs, returns plain data, and knows no answer.

The model, the loss, the optimizer and the scheduler that a loop is given are spies: they note in a diary what they
see. While a function is judged, those that it may call have stand-ins, so that a mistake in one costs no other.
Batches and calls count from 1 in what a student reads.
"""

import weakref
from collections.abc import Callable
from typing import Any

import torch
from torch import nn
from torch.nn.functional import cross_entropy, one_hot

Data = dict[str, Any]
Pairs = list[tuple[torch.Tensor, torch.Tensor]]


def figure(value: Any) -> Any:
    """A returned number as a float, be it Python's, NumPy's or a 0-d tensor; None as it is."""
    if value is None:
        return None
    try:
        return float(value.detach() if isinstance(value, torch.Tensor) else value)
    except (TypeError, ValueError, RuntimeError):
        return "no number"


def carries_graph(value: Any) -> bool:
    return isinstance(value, torch.Tensor) and value.requires_grad


def padded(values: list[Any], length: int, filler: Any) -> list[Any]:
    """As many as were due, so that one too few is told by a number and not by the form of the trace."""
    return [*values, *[filler] * length][:length]


def instead(module: Any, stand_ins: Data, call: Callable[[], Any]) -> Any:
    """What `call` gives while the module's names mean `stand_ins`."""
    names = vars(module)
    kept = {name: names[name] for name in stand_ins if name in names}
    names.update(stand_ins)
    try:
        return call()
    finally:
        for name in stand_ins:
            names.pop(name, None)
        names.update(kept)


def usual_clip(params: Any, max_norm: float, *more: Any, **others: Any) -> float:
    """In place of the student's `clip_grad_norm` where another function is judged."""
    return float(nn.utils.clip_grad_norm_(list(params), max_norm))


# ---------------------------------------------------------------- clip_grad_norm


def clipping(lab: Any, grads: list[torch.Tensor | None], max_norm: float) -> Data:
    """`clip_grad_norm` on a generator of parameters with these gradients."""
    params = [nn.Parameter(torch.ones(()) if grad is None else torch.ones_like(grad)) for grad in grads]
    for param, grad in zip(params, grads, strict=True):
        param.grad = None if grad is None else grad.clone()
    handed = [param.grad for param in params]
    norm = figure(lab.training.clip_grad_norm((param for param in params), max_norm))
    return {
        "norm that is returned": norm,
        "gradient of parameter": [gradient_of(param) for param in params],
        "gradient is still the same tensor (changed in place), or None as before, of parameter": [
            param.grad is grad for param, grad in zip(params, handed, strict=True)
        ],
        "parameter": [param.detach() for param in params],
    }


def gradient_of(param: torch.Tensor) -> torch.Tensor:
    """A copy, zeros where there is none: both ways to zero a gradient are in use."""
    return torch.zeros_like(param) if param.grad is None else param.grad.detach().clone()


# ---------------------------------------------------------------- EarlyStopping


def stopping(lab: Any, losses: list[float], arguments: Data, company: list[float] | None = None) -> Data:
    """An EarlyStopping that is told these losses; in `company`, another one is told those, in turn."""
    ours = lab.training.EarlyStopping(**arguments)
    other = None if company is None else lab.training.EarlyStopping()
    trace = {}
    for i, loss in enumerate(losses):
        stops = bool(ours.step(loss))
        trace[f"after call {i + 1}"] = {
            "best": figure(getattr(ours, "best", None)),
            "bad_epochs": figure(getattr(ours, "bad_epochs", None)),
            "what step returns": stops,
        }
        if other is not None and company is not None and i < len(company):
            other.step(company[i])
    return trace


# ---------------------------------------------------------------- train_epoch


class Diary:
    """What the spies of one run saw.

    forwards   for each forward pass whether all of the model was in train mode, in eval mode; whether it built a graph
    clean      for each backward pass whether no gradient was left from before
    steps      for each optimizer step the gradients, the rate, and how much had happened before it
    scheduled  scheduler steps so far
    mistimed   whether the gradients were clipped when there was nothing between backward and step
    tokens     for each loss (the forward pass it came after, something that lives as long as its graph)
    held       whether a batch's graph was met alive when the next batch had already been through
    """

    def __init__(self) -> None:
        self.forwards: list[Data] = []
        self.clean: list[bool] = []
        self.steps: list[Data] = []
        self.scheduled = 0
        self.mistimed = False
        self.tokens: list[tuple[int, weakref.ref[Any]]] = []
        self.held = False

    def alive(self, before: int) -> bool:
        """Whether the graph of a loss is alive that belongs to a forward pass before this one."""
        return any(born < before and token() is not None for born, token in self.tokens)

    def batch(self, i: int, params: list[torch.Tensor]) -> Data:
        """Batch i = 0, 1, … as data, in the order in which things go wrong."""
        nothing = {"gradients": [torch.zeros_like(p) for p in params], "rate": 0.0, "backwards": 0, "scheduled": 0}
        step = self.steps[i] if i < len(self.steps) else nothing
        return {
            "all of the model is in train mode": i < len(self.forwards) and self.forwards[i]["train"],
            "gradients are empty when backward begins": i < len(self.clean) and self.clean[i],
            "backward passes before the optimizer's step": step["backwards"],
            "scheduler steps before the optimizer's step": step["scheduled"],
            "learning rate at the optimizer's step": step["rate"],
            "gradient that the optimizer sees, of parameter": step["gradients"],
        }


class Net(nn.Module):
    """5 numbers a sample in, 3 logits out; batch norm and dropout on the way, unless it is plain."""

    def __init__(self, diary: Diary, dtype: torch.dtype, plain: bool = False) -> None:
        super().__init__()
        deep = [nn.Linear(5, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.4), nn.Linear(8, 3)]
        self.body = nn.Sequential(*([nn.Linear(5, 3)] if plain else deep)).to(dtype)
        self.diary = diary

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        outputs: torch.Tensor = self.body(inputs)
        modes = {module.training for module in self.modules()}
        seen = {"train": modes == {True}, "eval": modes == {False}, "graph": outputs.requires_grad}
        self.diary.forwards.append(seen)
        return outputs


class Token:
    """Something to hold a weak reference to."""


class Watch(torch.autograd.Function):
    """The identity, which lives as long as the graph and tells when backward comes by."""

    @staticmethod
    def forward(ctx: Any, loss: torch.Tensor, token: Token, at_backward: Callable[[], None]) -> torch.Tensor:
        ctx.token, ctx.at_backward = token, at_backward
        return loss.clone()

    @staticmethod
    def backward(ctx: Any, grad: torch.Tensor) -> Any:
        ctx.at_backward()
        return grad, None, None


def watched_loss(diary: Diary, params: list[torch.Tensor], scale: float) -> Callable[..., torch.Tensor]:
    """Cross entropy times `scale`, which notes when its backward begins and whether its graphs go away."""

    def at_backward() -> None:
        diary.clean.append(not any(bool(gradient_of(param).any()) for param in params))

    def loss_fn(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        now, token = len(diary.forwards), Token()
        diary.held = diary.held or diary.alive(now - 1)
        diary.tokens.append((now, weakref.ref(token)))
        result: torch.Tensor = Watch.apply(scale * cross_entropy(outputs, targets), token, at_backward)
        return result

    return loss_fn


def watched_optimizer(base: Any, diary: Diary, params: list[torch.Tensor], lr: float) -> Any:
    """An optimizer with a rule that no lab asks for, which notes what it sees before each step."""

    class SoftSign(base.Optimizer):
        def step(self) -> None:
            diary.steps.append(
                {
                    "gradients": [gradient_of(param) for param in self.params],
                    "rate": float(self.lr),
                    "backwards": len(diary.clean),
                    "scheduled": diary.scheduled,
                }
            )
            super().step()

        def update(self, param: torch.Tensor, grad: torch.Tensor, state: Data) -> None:
            param -= self.lr * grad / (1 + grad.abs())

    return SoftSign(params, lr)


def listed_rates(base: Any, diary: Diary, optimizer: Any, rates: list[float]) -> Any:
    """A scheduler whose rates are read off a list; its last one stays."""

    class Listed(base.LRScheduler):
        def lr_at(self, t: int) -> float:
            return rates[min(t, len(rates) - 1)]

        def step(self) -> None:
            diary.scheduled += 1
            super().step()

    return Listed(optimizer)


class Epoch:
    """One call of `train_epoch` on `Net`, with everything watched; the model is in eval mode at first.

    `batches` are pairs (inputs [N, 5], targets [N]); `rates`, where given, are those of a scheduler; `scale` is a
    factor on the loss.
    """

    def __init__(
        self,
        lab: Any,
        batches: Pairs,
        lr: float = 0.1,
        max_norm: float | None = None,
        rates: list[float] | None = None,
        scale: float = 1.0,
        plain: bool = False,
    ) -> None:
        self.diary = Diary()
        with torch.random.fork_rng(devices=[]), torch.enable_grad():
            torch.default_generator.manual_seed(0)
            self.model = Net(self.diary, batches[0][0].dtype, plain).eval()
            self.params = list(self.model.parameters())
            loss_fn = watched_loss(self.diary, self.params, scale)
            optimizer = watched_optimizer(lab.base, self.diary, self.params, lr)
            options: Data = {} if max_norm is None else {"max_norm": max_norm}
            if rates is not None:
                options["scheduler"] = listed_rates(lab.base, self.diary, optimizer, rates)
            pairs = [(inputs, targets) for inputs, targets in batches]
            self.result = instead(
                lab.training,
                {"clip_grad_norm": self.clip},
                lambda: lab.training.train_epoch(self.model, pairs, loss_fn, optimizer, **options),
            )

    def clip(self, params: Any, max_norm: float, *more: Any, **others: Any) -> float:
        """In place of `clip_grad_norm`; each backward pass is to be followed by a step, and clipping lies between."""
        self.diary.mistimed = self.diary.mistimed or len(self.diary.clean) == len(self.diary.steps)
        return usual_clip(params, max_norm)


def training_steps(lab: Any, batches: Pairs, **options: Any) -> Data:
    """What the spies see of one epoch, and where it leaves the model; see `Epoch`."""
    epoch = Epoch(lab, batches, **options)
    diary = epoch.diary
    return {
        "gradients are clipped before backward or after the optimizer's step": diary.mistimed,
        "forward passes": len(diary.forwards),
        "backward passes": len(diary.clean),
        "optimizer steps": len(diary.steps),
        "scheduler steps": diary.scheduled,
        **{f"batch {i + 1}": diary.batch(i, epoch.params) for i in range(len(batches))},
        "parameter at the end": [param.detach() for param in epoch.params],
        "buffer at the end": [buffer.clone() for buffer in epoch.model.buffers()],
    }


def training_loss(lab: Any, batches: Pairs) -> Data:
    """What an epoch returns that moves nothing, and whether it kept what it could have let go; see `Epoch`."""
    epoch = Epoch(lab, batches, lr=0.0, plain=True)
    return {
        "loss that is returned": figure(epoch.result),
        "loss that is returned carries a graph": carries_graph(epoch.result),
        "graphs of earlier batches are kept alive": epoch.diary.held,
        "graphs are kept alive after the epoch": epoch.diary.alive(len(epoch.diary.forwards) + 1),
    }


# ---------------------------------------------------------------- evaluate


class Passing(nn.Module):
    """Passes its inputs on; it has a parameter, for those who look there for a device."""

    def __init__(self) -> None:
        super().__init__()
        self.unused = nn.Parameter(torch.zeros(1))

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        return inputs


def evaluation_mode(lab: Any, batches: Pairs, train: bool) -> Data:
    """The mode at each forward pass of `evaluate`, and how it leaves a model that is in train or eval mode."""
    model, _, _ = evaluated(lab, batches, train)
    forwards = model.diary.forwards
    modes = padded([seen["eval"] for seen in forwards], len(batches), False)
    return {
        "forward passes": len(forwards),
        **{f"batch {i + 1}, all of the model is in eval mode": mode for i, mode in enumerate(modes)},
        f"the model is back in {'train' if train else 'eval'} mode afterwards": {m.training for m in model.modules()}
        == {train},
        "parts of the model that are in train mode afterwards": sum(m.training for m in model.modules()),
        "buffer after evaluation": [buffer.clone() for buffer in model.buffers()],
        "parameter after evaluation": [param.detach() for param in model.parameters()],
        "gradient after evaluation, of parameter": [gradient_of(param) for param in model.parameters()],
    }


def evaluation_graph(lab: Any, batches: Pairs) -> Data:
    """Whether `evaluate` has autograd record anything, and whether autograd works as before afterwards."""
    model, result, enabled = evaluated(lab, batches, train=True)
    graphs = padded([seen["graph"] for seen in model.diary.forwards], len(batches), False)
    values = result if isinstance(result, tuple | list) else [result]
    return {
        "the model is asked": bool(model.diary.forwards),
        **{f"batch {i + 1}, its forward pass is recorded by autograd": graph for i, graph in enumerate(graphs)},
        "something that is returned carries a graph": any(carries_graph(value) for value in values),
        "autograd is switched on afterwards": enabled,
        "all parameters require gradients afterwards": all(p.requires_grad for p in model.parameters()),
    }


def evaluated(lab: Any, batches: Pairs, train: bool) -> tuple[Net, Any, bool]:
    """A model in train or eval mode after `evaluate`, what that returned, and whether autograd was on then."""
    with torch.random.fork_rng(devices=[]), torch.enable_grad():
        torch.default_generator.manual_seed(0)
        model = Net(Diary(), batches[0][0].dtype).train(train)
        for param in model.parameters():
            param.grad = torch.full_like(param, 0.5)
        result = lab.training.evaluate(model, [(inputs, targets) for inputs, targets in batches], cross_entropy)
        return model, result, torch.is_grad_enabled()


def evaluation_figures(lab: Any, batches: Pairs) -> Data:
    """What `evaluate` returns for a model that passes its inputs on: batches are pairs (logits, targets)."""
    pairs = [(logits, targets) for logits, targets in batches]
    with torch.enable_grad():
        result = lab.training.evaluate(Passing(), pairs, cross_entropy)
    values = list(result) if isinstance(result, tuple | list) else [] if result is None else [result]
    loss, accuracy = padded([figure(value) for value in values], 2, 0.0)
    return {"figures that are returned": len(values), "loss": loss, "accuracy": accuracy}


# ---------------------------------------------------------------- fit


class Play:
    """A model, batches, a loss and an optimizer that follow a script whatever the numbers are.

    So a history shows what `fit` did, and nothing of how well an epoch or an evaluation is written. The stand-ins
    for `train_epoch` and `evaluate` act the same script as the model does for a `fit` that has all of it inline.

    `train_losses[e]` is the loss of every training batch after e epochs of optimizer steps, `val_losses[e]` that of
    every validation batch, and `right[e]` of 4 samples are then classified right in each.
    """

    TRAIN_BATCHES, VAL_BATCHES, SAMPLES, PULL = 3, 2, 4, 8.0

    def __init__(self, train_losses: list[float], val_losses: list[float], right: list[int]) -> None:
        self.train_losses, self.val_losses, self.right = train_losses, val_losses, right
        self.gradients: list[float] = []
        self.rates: list[float] = []
        self.validated_after: list[int] = []
        self.validation_batches = 0
        self.modes_fit = True
        self.graphs = False
        self.loss = 0.0
        self.asked: list[Data] = []
        self.train = [self.batch(1.0) for _ in range(self.TRAIN_BATCHES)]
        self.val = [self.batch(-1.0) for _ in range(self.VAL_BATCHES)]

    def batch(self, mark: float) -> tuple[torch.Tensor, torch.Tensor]:
        """Inputs [4, 2] hold a mark, +1 for training and -1 for validation, and the target."""
        targets = torch.arange(self.SAMPLES) % 2
        return torch.stack([torch.full((self.SAMPLES,), mark), targets.float()], dim=1), targets

    @property
    def epochs(self) -> int:
        return len(self.gradients) // self.TRAIN_BATCHES

    def script(self, training: bool) -> float:
        losses = self.train_losses if training else self.val_losses
        return losses[min(self.epochs, len(losses) - 1)]

    def validate(self) -> None:
        """Note one validation batch, and where in the run a round of them begins."""
        if self.validation_batches % self.VAL_BATCHES == 0:
            self.validated_after.append(len(self.gradients))
        self.validation_batches += 1

    def loss_fn(self, outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """The script's loss, whose gradient with respect to a shift of the outputs is PULL."""
        return self.loss + self.PULL * (outputs - outputs.detach()).mean()


class Actor(nn.Module):
    """The play's model: its one parameter shifts the outputs by nothing, so that it has a gradient."""

    def __init__(self, play: Play) -> None:
        super().__init__()
        self.shift = nn.Parameter(torch.zeros(1, 1))
        self.play = play

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        training = bool(inputs[0, 0] > 0)
        play = self.play
        play.modes_fit = play.modes_fit and self.training == training
        play.loss = play.script(training)
        if not training:
            play.validate()
        right = play.right[min(play.epochs, len(play.right) - 1)]
        targets = inputs[:, 1].long()
        guesses = torch.where(torch.arange(len(targets)) < right, targets, 1 - targets)
        outputs = one_hot(guesses, 3) + (self.shift - self.shift.detach())
        play.graphs = play.graphs or (outputs.requires_grad and not training)
        return outputs


class ScriptedStopping:
    """Says stop at the given call, and notes when it was asked."""

    def __init__(self, play: Play, stop_at: int) -> None:
        self.play, self.stop_at = play, stop_at
        self.patience, self.min_delta, self.best, self.bad_epochs = 2, 0.0, 0.0, 0

    def step(self, val_loss: Any) -> bool:
        self.play.asked.append({"loss": figure(val_loss), "validations": len(self.play.validated_after)})
        stop = len(self.play.asked) == self.stop_at
        self.bad_epochs = self.patience if stop else 0
        return stop


def actors(play: Play) -> Data:
    """The stand-ins for the functions that `fit` may call."""

    def train_epoch(
        model: Any,
        batches: Any,
        loss_fn: Any,
        optimizer: Any,
        scheduler: Any = None,
        max_norm: float | None = None,
        *more: Any,
        **others: Any,
    ) -> float:
        loss = 0.0
        for inputs, _ in batches:
            loss = play.script(bool(inputs[0, 0] > 0))
            pull = play.PULL if max_norm is None else min(play.PULL, max_norm)
            for param in optimizer.params:
                param.grad = torch.full_like(param, pull)
            optimizer.step()
            if scheduler is not None:
                scheduler.step()
        return loss

    def evaluate(model: Any, batches: Any, loss_fn: Any, *more: Any, **others: Any) -> tuple[float, float]:
        training = True
        for inputs, _ in batches:
            training = bool(inputs[0, 0] > 0)
            if not training:
                play.validate()
        return play.script(training), play.right[min(play.epochs, len(play.right) - 1)] / play.SAMPLES

    return {"train_epoch": train_epoch, "evaluate": evaluate, "clip_grad_norm": usual_clip}


def fitting(
    lab: Any,
    epochs: int,
    script: Data,
    rates: list[float] | None = None,
    max_norm: float | None = None,
    stop_at: int | None = None,
) -> Data:
    """`fit` on a play of that script (see `Play`), with early stopping that says so at call `stop_at`."""
    play, diary = Play(**script), Diary()
    model = Actor(play)

    class Prompted(lab.base.Optimizer):
        def step(self) -> None:
            play.gradients.append(float(gradient_of(model.shift)))
            play.rates.append(float(self.lr))

    optimizer = Prompted(model.parameters(), lr=0.5)
    optimizer.state[0]["of the optimizer"] = True
    options: Data = {} if max_norm is None else {"max_norm": max_norm}
    if rates is not None:
        options["scheduler"] = listed_rates(lab.base, diary, optimizer, rates)
    if stop_at is not None:
        options["early_stopping"] = ScriptedStopping(play, stop_at)
    arguments = (model, play.train, play.val, play.loss_fn, optimizer, epochs)
    with torch.enable_grad():
        history = instead(lab.training, actors(play), lambda: lab.training.fit(*arguments, **options))
    return {
        **seen_of(play, diary, epochs, stop_at is not None),
        "what the optimizer remembers is left alone": optimizer.state == [{"of the optimizer": True}],
        "history": entries(history, ("train_loss", "val_loss", "val_accuracy", "lr")),
    }


def seen_of(play: Play, diary: Diary, epochs: int, with_stopping: bool) -> Data:
    """What the spies saw of a whole run, the causes before the consequences."""
    due = epochs * play.TRAIN_BATCHES
    trace: Data = {
        "train mode on training batches, eval mode on the others": play.modes_fit,
        "graphs are built on validation batches": play.graphs,
        "optimizer steps in all": len(play.gradients),
        "scheduler steps in all": diary.scheduled,
        "validations in all": len(play.validated_after),
    }
    for epoch, steps in enumerate(padded(play.validated_after, epochs, -1)):
        trace[f"optimizer steps before the validation of epoch {epoch + 1}"] = steps
    trace["gradient that the optimizer sees, step by step"] = torch.tensor(padded(play.gradients, due, 0.0))
    trace["learning rate of the optimizer, step by step"] = torch.tensor(padded(play.rates, due, 0.0))
    if with_stopping:
        trace["calls of early_stopping.step in all"] = len(play.asked)
        for i, asked in enumerate(padded(play.asked, epochs, {"loss": 0.0, "validations": 0})):
            trace[f"validations before call {i + 1} of early_stopping.step"] = asked["validations"]
            trace[f"loss in call {i + 1} of early_stopping.step"] = asked["loss"]
    return trace


def entries(history: Any, names: tuple[str, ...]) -> Any:
    """The history's lists of these names as numbers, without those that it lacks."""
    if not isinstance(history, dict):
        return None
    lists = {name: history[name] for name in names if name in history}
    return {
        name: [figure(value) for value in values] if isinstance(values, list | tuple) else None
        for name, values in lists.items()
    }
