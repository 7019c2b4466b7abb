"""What a student's classes are made to do, and what is written down meanwhile.

A scenario takes the lab's modules and plain inputs, and returns plain data. It runs beside a student's code
as well as beside the reference's, so nothing here knows an answer; it imports nothing of ours, because the
worker is handed this file alone.

An optimizer is driven through `step()` and `zero_grad()`, on fresh gradient tensors that are set on the
parameters, and judged by the parameter objects that it was given. Tensors under "trajectories" and "steps"
are stacked over steps; entry 0 is what construction left, before the first step.
"""

from typing import Any

import torch

Data = dict[str, Any]


class Run:
    """One optimizer on its way: `params` are n initial values, `gradients` n tensors [T, *shape].

    `rates` [T] are assigned to `optimizer.lr` before each step; `given` [T, n], bool, says which gradients
    are there at all (None where it is False); `generator` hands the parameters over as a generator;
    `watched` adds the gradients to the trace, as they were in the end.
    """

    def __init__(
        self,
        build: Any,
        params: list[torch.Tensor],
        gradients: list[torch.Tensor],
        hyper: Data,
        rates: torch.Tensor,
        given: torch.Tensor | None = None,
        generator: bool = False,
        watched: bool = False,
    ) -> None:
        self.params = [torch.nn.Parameter(value.clone()) for value in params]
        self.gradients, self.rates = gradients, rates.tolist()
        self.given = None if given is None else given.tolist()
        self.watched = watched
        self.handed: list[list[torch.Tensor | None]] = []
        self.in_place = [[True] * len(params)]
        self.optimizer = build((p for p in self.params) if generator else self.params[:], **hyper)
        self.paths = [[param.detach().clone()] for param in self.params]

    def step(self, t: int) -> None:
        """Step t = 0, 1, …: new gradients, new rate, one update, one entry in the diary."""
        grads = [
            whole[t].clone() if self.given is None or self.given[t][i] else None
            for i, whole in enumerate(self.gradients)
        ]
        for param, grad in zip(self.params, grads, strict=True):
            param.grad = grad
        self.optimizer.lr = self.rates[t]
        self.optimizer.step()
        self.handed.append(grads)
        self.in_place.append([p.grad is grad for p, grad in zip(self.params, grads, strict=True)])
        for path, param in zip(self.paths, self.params, strict=True):
            path.append(param.detach().clone())

    def trace(self) -> Data:
        """Where the parameters went, and the state in which they and their gradients were left."""
        tidy = [param.is_leaf and param.requires_grad for param in self.params]
        graph_free = [leaf and not in_a_graph(p) for leaf, p in zip(tidy, self.params, strict=True)]
        self.optimizer.zero_grad()
        return {
            "trajectories": {"parameter": [torch.stack(path) for path in self.paths]},
            "steps": {
                "gradient left in place, by parameter": torch.tensor(self.in_place),
                **({"gradient left alone, of parameter": self.handed_gradients()} if self.watched else {}),
            },
            "parameter is still a leaf that requires grad": tidy,
            "no autograd graph is kept of parameter": graph_free,
            "what zero_grad leaves as the gradient of parameter": [left_of(p) for p in self.params],
        }

    def handed_gradients(self) -> list[torch.Tensor]:
        """[T + 1, *shape] of each parameter, zero where there was none, as they are now.

        Only now, because a buffer that is an old gradient tensor changes it at a later step; and as numbers, since
        a comparison made here would be the student's process's word.
        """
        return [
            torch.stack([torch.zeros_like(p)] + [torch.zeros_like(p) if g is None else g for g in grads]).detach()
            for p, grads in zip(self.params, zip(*self.handed, strict=True), strict=True)
        ]


def left_of(param: torch.Tensor) -> torch.Tensor:
    """The gradient as numbers, zeros where there is none: both ways to zero one are in use."""
    return torch.zeros_like(param) if param.grad is None else param.grad


def in_a_graph(param: torch.Tensor) -> bool:
    """Whether some autograd graph that is still alive leads to this leaf.

    A leaf's AccumulateGrad node lives only as long as a graph holds it. So a mark left on the node is found
    again exactly when the node outlived our own look at it.
    """
    accumulate(param).metadata["seen"] = True
    return "seen" in accumulate(param).metadata


def accumulate(param: torch.Tensor) -> Any:
    with torch.enable_grad():
        return param.view_as(param).grad_fn.next_functions[0][0]


def trajectory(lab: Any, rule: str, **problem: Any) -> Data:
    """The optimizer class `rule` on one problem, from the first step to the last; see `Run`."""
    run = Run(getattr(lab.optimizers, rule), **problem)
    for t in range(len(run.rates)):
        run.step(t)
    return run.trace()


def side_by_side(lab: Any, rule: str, first: Data, second: Data) -> Data:
    """Two optimizers of one class, alive at once and stepping in turn; each a problem as in `Run`."""
    runs = [Run(getattr(lab.optimizers, rule), **problem) for problem in (first, second)]
    for t in range(max(len(run.rates) for run in runs)):
        for run in runs:
            if t < len(run.rates):
                run.step(t)
    return {"first optimizer": runs[0].trace(), "second optimizer": runs[1].trace()}


def replaying(base: Any) -> type:
    """An optimizer class that repeats recorded moves, times its rate; it counts them in its own state."""

    class Replay(base.Optimizer):
        def __init__(self, params: Any, lr: float) -> None:
            super().__init__(params, lr)
            self.index = {id(param): i for i, param in enumerate(self.params)}
            self.moves: list[torch.Tensor] = []

        def update(self, param: torch.Tensor, grad: torch.Tensor, state: Data) -> None:
            count = state["count"] = state.get("count", -1) + 1
            param.add_(self.moves[self.index[id(param)]][count] * self.lr)

    return Replay


def lookahead(lab: Any, moves: list[torch.Tensor], arguments: Data, company: bool = False, **problem: Any) -> Data:
    """Lookahead over an inner optimizer whose i-th parameter takes `moves[i]` ([T, *shape]) in turn.

    `arguments` go to Lookahead, besides the inner optimizer; the rest is a problem as in `Run`. In `company`,
    a second one with its default arguments is alive and steps whenever the first has.
    """

    def wrapper(**arguments: Any) -> Any:
        def build(params: Any, lr: float) -> Any:
            inner = replaying(lab.base)(params, lr=lr)
            inner.moves = moves
            return lab.optimizers.Lookahead(inner, **arguments)

        return build

    run = Run(wrapper(**arguments), **problem)
    others = [Run(wrapper(), **problem)] if company else []
    lr = float(run.optimizer.lr)
    for t in range(len(run.rates)):
        for each in (run, *others):
            each.step(t)
    own = list(run.optimizer.params)
    return {
        **run.trace(),
        "lr of the wrapper at first": lr,
        "lr of the wrapper at last": float(run.optimizer.lr),
        "params of the wrapper": [i < len(own) and own[i] is param for i, param in enumerate(run.params)],
    }


def schedule(
    lab: Any,
    rule: str,
    base_lr: float,
    arguments: Data,
    steps: int,
    asked: list[int],
    turns: int = 1,
    company: Data | None = None,
) -> Data:
    """The scheduler class `rule` through `steps` steps, in `turns` turns, after each of which it is asked.

    `asked` are the t to ask `lr_at` for, in this order. The rate is read off the optimizer, which is the
    lab's base class and takes no step. "at" holds the last turn's answers, by t. In `company`, a second one
    with these arguments is alive, and steps whenever the first has.
    """
    optimizer = lab.base.Optimizer([torch.nn.Parameter(torch.zeros(2))], lr=base_lr)
    scheduler = getattr(lab.schedulers, rule)(optimizer, **arguments)
    others = []
    if company is not None:
        another = lab.base.Optimizer([torch.nn.Parameter(torch.zeros(2))], lr=base_lr / 3)
        others.append(getattr(lab.schedulers, rule)(another, **company))
    rates = [float(optimizer.lr)]
    answers: dict[int, float] = {}
    for turn in range(turns):
        for _ in range(steps * turn // turns, steps * (turn + 1) // turns):
            scheduler.step()
            for other in others:
                other.step()
            rates.append(float(optimizer.lr))
        answers.update((t, float(scheduler.lr_at(t))) for t in asked)
    return {
        "steps": {"optimizer.lr": torch.tensor(rates, dtype=torch.float64)},
        "at": {f"lr_at({t})": answers[t] for t in sorted(answers)},
        "optimizer.lr after asking": float(optimizer.lr),
    }
