"""What goes wrong in schedulers. First what any schedule can suffer, then schedule by schedule."""

from math import cos, pi
from typing import Any

from base import Optimizer
from schedulers import (
    CosineAnnealingLR,
    CosineAnnealingWarmRestarts,
    CyclicLR,
    ExponentialLR,
    StepLR,
    WarmupCosineLR,
    cosine,
)

from .marking import both


class ShiftedByOne:
    """Every rate comes one step early: the schedule begins with the rate of step 1. Look at whether the count
    starts at 0."""

    def lr_at(self, t: int) -> float:
        return super().lr_at(t + 1)


class OneLate:
    """Every rate comes one step late: the rate is written before the count is raised. Look at the order of
    the two."""

    def step(self) -> None:
        self.optimizer.lr = self.lr_at(self.t)
        self.t += 1


class StepsAtConstruction:
    """Building the scheduler takes a step, so the first rate is already that of step 1. Look at what
    `__init__` calls."""

    def __init__(self, optimizer: Optimizer, **settings: Any) -> None:
        super().__init__(optimizer, **settings)
        self.step()


class ScalesCurrentRate:
    """Each new rate is computed from the optimizer's current one instead of from the base rate, so the factor
    of the schedule is applied again and again."""

    def lr_at(self, t: int) -> float:
        return super().lr_at(t) / self.base_lr * self.optimizer.lr


class StartsFromCurrentRate:
    """The optimizer's current rate is taken for the base rate, so each new rate is computed from one that was computed
    before. The base rate is the one that the optimizer had at first: look at which of the two is read."""

    def lr_at(self, t: int) -> float:
        base, self.base_lr = self.base_lr, self.optimizer.lr
        rate = super().lr_at(t)
        self.base_lr = base
        return rate


class IgnoresItsArgument:
    """`lr_at` goes by the scheduler's own count and not by the t that it is given, so it always answers for now. A plot
    of the schedule, which asks for any t, shows a flat line."""

    def lr_at(self, t: int) -> float:
        return super().lr_at(self.t)


class DoesNotWrite:
    """The rate is computed and returned but never written to the optimizer, which goes on at the first one. Look at
    what `step` does with it."""

    def step(self) -> None:
        self.t += 1


class RemembersAsking:
    """`lr_at` counts how often it was asked instead of going by t, so a plot of the schedule changes the
    training. It should depend on t and the arguments alone."""

    asked = -1

    def lr_at(self, t: int) -> float:
        self.asked += 1
        return super().lr_at(self.asked)


class AssumesRateOne:
    """The base rate is taken to be 1, whatever rate the optimizer was built with."""

    def __init__(self, optimizer: Optimizer, **settings: Any) -> None:
        optimizer.lr = 1.0
        super().__init__(optimizer, **settings)


SCHEDULES = {
    "step_lr": StepLR,
    "exponential_lr": ExponentialLR,
    "cosine_annealing_lr": CosineAnnealingLR,
    "warm_restarts": CosineAnnealingWarmRestarts,
    "cyclic_lr": CyclicLR,
    "warmup_cosine_lr": WarmupCosineLR,
}
OF_ANY = [
    ShiftedByOne, OneLate, StepsAtConstruction, ScalesCurrentRate, IgnoresItsArgument, DoesNotWrite, RemembersAsking,
    AssumesRateOne,
]  # fmt: skip
BETWEEN_TWO_RATES = ["cosine_annealing_lr", "warm_restarts", "cyclic_lr", "warmup_cosine_lr"]


def any_schedule() -> list[type]:
    """Each mistake above on each of the six schedules; those that scale one rate cannot start from another."""
    return [
        type(mistake.__name__, (mistake, schedule), {"question": question, "__doc__": mistake.__doc__})
        for question, schedule in SCHEDULES.items()
        for mistake in [*OF_ANY, *([StartsFromCurrentRate] if question in BETWEEN_TWO_RATES else [])]
    ]


# ---------------------------------------------------------------- StepLR


class GammaEveryStep(StepLR):
    """The rate falls at every step instead of every step_size steps. Look at the division of t, and whether
    it is a whole one."""

    question = "step_lr"

    def lr_at(self, t: int) -> float:
        return self.base_lr * self.gamma**t


class SmoothSteps(StepLR):
    """The exponent is t/step_size with its fraction, so the rate glides instead of dropping in steps."""

    question = "step_lr"

    def lr_at(self, t: int) -> float:
        return self.base_lr * self.gamma ** (t / self.step_size)


class DropsOnlyOnce(StepLR):
    """The rate drops once, at step_size, and never again, so a long training keeps too high a rate. Look at how often
    the condition can change."""

    question = "step_lr"

    def lr_at(self, t: int) -> float:
        return self.base_lr * (self.gamma if t >= self.step_size else 1.0)


class DropsOneLate(StepLR):
    """Each drop comes one step late: at step_size + 1 instead of at step_size. Look at the comparison."""

    question = "step_lr"

    def lr_at(self, t: int) -> float:
        return self.base_lr * self.gamma ** (max(t - 1, 0) // self.step_size)


class DropsTheCurrentRate(StepLR):
    """Every step_size-th rate is gamma times the optimizer's current one. Taken in order that works, but
    `lr_at` must answer for any t by itself, from the base rate."""

    question = "step_lr"
    ignores = ("lr_at(0)",)  # the base rate or the current one

    def lr_at(self, t: int) -> float:
        return self.optimizer.lr * (self.gamma if t and t % self.step_size == 0 else 1.0)


class FixedGamma(StepLR):
    """gamma is 0.1 whatever is asked for. Look for a number where the setting should be."""

    question = "step_lr"

    def lr_at(self, t: int) -> float:
        return self.base_lr * 0.1 ** (t // self.step_size)


# ---------------------------------------------------------------- ExponentialLR


class FadesTheCurrentRate(ExponentialLR):
    """The rate is gamma times the optimizer's current one. Taken in order that works, but `lr_at` must answer
    for any t by itself, from the base rate."""

    question = "exponential_lr"
    ignores = ("lr_at(0)",)  # the base rate or the current one

    def lr_at(self, t: int) -> float:
        return self.optimizer.lr * (self.gamma if t else 1.0)


class Subtracts(ExponentialLR):
    """The rate falls by the same amount each step, not by the same factor, and ends below zero."""

    question = "exponential_lr"

    def lr_at(self, t: int) -> float:
        return self.base_lr * (1 - (1 - self.gamma) * t)


class SubtractsDownToZero(Subtracts):
    """The rate falls by the same amount each step, not by the same factor, until it is zero and nothing is learnt."""

    def lr_at(self, t: int) -> float:
        return max(super().lr_at(t), 0.0)


class GammaTimesT(ExponentialLR):
    """gamma is multiplied by t instead of raised to it, so the rate grows from zero. Look at the operator between the
    two."""

    question = "exponential_lr"

    def lr_at(self, t: int) -> float:
        return self.base_lr * self.gamma * t


class NaturalExponential(ExponentialLR):
    """The factor is e^(-gamma·t), a decay by a rate, where gamma is to be the factor of each step."""

    question = "exponential_lr"

    def lr_at(self, t: int) -> float:
        return self.base_lr * 2.718281828459045 ** (-self.gamma * t)


# ---------------------------------------------------------------- CosineAnnealingLR


class NoPi(CosineAnnealingLR):
    """The cosine's argument runs to 1 instead of to π, so the rate stops far above eta_min."""

    question = "cosine_annealing_lr"

    def lr_at(self, t: int) -> float:
        return cosine(self.base_lr, self.eta_min, t / self.T_max / pi)


class TwoPi(CosineAnnealingLR):
    """The cosine goes through a whole period, down and up again, where half of one is wanted."""

    question = "cosine_annealing_lr"

    def lr_at(self, t: int) -> float:
        return cosine(self.base_lr, self.eta_min, 2 * t / self.T_max)


class InDegrees(CosineAnnealingLR):
    """The cosine is given degrees, but it takes radians, so the rate jumps up and down."""

    question = "cosine_annealing_lr"

    def lr_at(self, t: int) -> float:
        return cosine(self.base_lr, self.eta_min, 180 * t / self.T_max / pi)


class ConvertsToRadians(CosineAnnealingLR):
    """The angle is converted from degrees to radians, though it is in radians already, so the rate hardly moves."""

    question = "cosine_annealing_lr"

    def lr_at(self, t: int) -> float:
        return cosine(self.base_lr, self.eta_min, t / self.T_max * pi / 180)


class EndsOneEarly(CosineAnnealingLR):
    """The lowest rate comes at T_max - 1 instead of at T_max. Look at what t is divided by."""

    question = "cosine_annealing_lr"

    def lr_at(self, t: int) -> float:
        return cosine(self.base_lr, self.eta_min, t / max(self.T_max - 1, 1))


class EndsOneLate(CosineAnnealingLR):
    """The lowest rate would come at T_max + 1 instead of at T_max. Look at what t is divided by."""

    question = "cosine_annealing_lr"

    def lr_at(self, t: int) -> float:
        return cosine(self.base_lr, self.eta_min, t / (self.T_max + 1))


class IgnoresEtaMin(CosineAnnealingLR):
    """The rate goes down to zero, whatever eta_min is, so the last steps move nothing. Look at the two ends of the
    cosine."""

    question = "cosine_annealing_lr"

    def lr_at(self, t: int) -> float:
        return cosine(self.base_lr, 0.0, t / self.T_max)


class AddsEtaMin(CosineAnnealingLR):
    """eta_min is added to a cosine that already starts at the base rate, so the rate begins above it. The
    cosine spans the distance from base rate to eta_min."""

    question = "cosine_annealing_lr"

    def lr_at(self, t: int) -> float:
        return self.eta_min + cosine(self.base_lr, 0.0, t / self.T_max)


class DoublesEtaMin(CosineAnnealingLR):
    """eta_min counts twice: the rate ends at double of it. Look at how often it is added."""

    question = "cosine_annealing_lr"

    def lr_at(self, t: int) -> float:
        return self.eta_min + cosine(self.base_lr, self.eta_min, t / self.T_max)


class NoHalf(CosineAnnealingLR):
    """The factor of one half is missing, so the rate starts at twice the base rate."""

    question = "cosine_annealing_lr"

    def lr_at(self, t: int) -> float:
        return self.eta_min + (self.base_lr - self.eta_min) * (1 + cos(pi * t / self.T_max))


class LinearDescent(CosineAnnealingLR):
    """The rate goes down in a straight line, where half a cosine is asked for: slow at both ends, steep between. Look
    at what is done with the share of the steps that are over."""

    question = "cosine_annealing_lr"

    def lr_at(self, t: int) -> float:
        return self.base_lr + (self.eta_min - self.base_lr) * t / self.T_max


# ---------------------------------------------------------------- CosineAnnealingWarmRestarts


class NeverRestarts(CosineAnnealingWarmRestarts):
    """There is no restart: the cosine goes up again as smoothly as it came down. Look at what becomes of t when a cycle
    is over."""

    question = "warm_restarts"

    def lr_at(self, t: int) -> float:
        return cosine(self.base_lr, self.eta_min, t / self.T_0)


class IgnoresTMult(CosineAnnealingWarmRestarts):
    """All cycles are T_0 long, whatever T_mult is. Look at the length of the second cycle."""

    question = "warm_restarts"

    def lr_at(self, t: int) -> float:
        return cosine(self.base_lr, self.eta_min, t % self.T_0 / self.T_0)


class LengthensOnce(CosineAnnealingWarmRestarts):
    """The second cycle is longer than the first, and all later ones are as long as the second. Each is to be
    T_mult times as long as the one before."""

    question = "warm_restarts"

    def lr_at(self, t: int) -> float:
        length = self.T_0 * self.T_mult
        if t < self.T_0:
            return cosine(self.base_lr, self.eta_min, t / self.T_0)
        return cosine(self.base_lr, self.eta_min, (t - self.T_0) % length / length)


class LengthensByAddition(CosineAnnealingWarmRestarts):
    """Each cycle is longer than the one before by the same number of steps: the length grows by addition, not by
    multiplication. The first cycles may agree, the later ones do not."""

    question = "warm_restarts"

    def lr_at(self, t: int) -> float:
        length, more = self.T_0, self.T_0 * (self.T_mult - 1)
        while t >= length:
            t -= length
            length += more
        return cosine(self.base_lr, self.eta_min, t / length)


class LengthensByMultiples(CosineAnnealingWarmRestarts):
    """Cycle i = 1, 2, … is i·T_mult·T_0 long: a multiple of the first, not T_mult times as long as the one before. Look
    at what is multiplied at a restart."""

    question = "warm_restarts"

    def lr_at(self, t: int) -> float:
        cycle, length = 0, self.T_0
        while t >= length:
            t, cycle = t - length, cycle + 1
            length = cycle * self.T_mult * self.T_0
        return cosine(self.base_lr, self.eta_min, t / length)


class RestartsOneLate(CosineAnnealingWarmRestarts):
    """Each cycle lasts one step too long: the rate touches eta_min before it starts again. Look at the
    comparison that ends a cycle."""

    question = "warm_restarts"

    def lr_at(self, t: int) -> float:
        length = self.T_0
        while t > length:
            t -= length + 1
            length *= self.T_mult
        return cosine(self.base_lr, self.eta_min, t / length)


class SkipsThePeak(CosineAnnealingWarmRestarts):
    """Where a cycle should start at the base rate the one before touches eta_min, and the next goes on from its second
    rate, so the base rate is never reached again. Look at the comparison that ends a cycle."""

    question = "warm_restarts"

    def lr_at(self, t: int) -> float:
        length = self.T_0
        while t > length:
            t -= length
            length *= self.T_mult
        return cosine(self.base_lr, self.eta_min, t / length)


class RestartsLower(CosineAnnealingWarmRestarts):
    """Each restart begins at half the rate of the one before. The contract starts every cycle at the base
    rate."""

    question = "warm_restarts"

    def lr_at(self, t: int) -> float:
        length, peak = self.T_0, self.base_lr
        while t >= length:
            t, length, peak = t - length, length * self.T_mult, peak / 2
        return cosine(peak, self.eta_min, t / length)


class RestartsIgnoreEtaMin(CosineAnnealingWarmRestarts):
    """The rate goes down to zero in every cycle, whatever eta_min is. Look at the two ends of the cosine."""

    question = "warm_restarts"

    def __init__(self, optimizer: Optimizer, T_0: int, T_mult: int = 1, eta_min: float = 0.0) -> None:
        super().__init__(optimizer, T_0, T_mult)


class CycleOfT0(CosineAnnealingWarmRestarts):
    """Cycles get longer, but the cosine inside is still that of the first cycle: t is divided by T_0."""

    question = "warm_restarts"

    def lr_at(self, t: int) -> float:
        length = self.T_0
        while t >= length:
            t -= length
            length *= self.T_mult
        return cosine(self.base_lr, self.eta_min, t / self.T_0)


# ---------------------------------------------------------------- CyclicLR


class HalfTheCycle(CyclicLR):
    """The cycle is half as long as it should be: the way up takes half of step_size_up, and the way down half of its
    own. Look at how many steps a cycle has."""

    question = "cyclic_lr"

    def lr_at(self, t: int) -> float:
        return super().lr_at(2 * t)


class CycleInStepSizeUp(CyclicLR):
    """A whole cycle, up and down, fits into step_size_up steps, which are meant for the way up alone. Look at how many
    steps a cycle has."""

    question = "cyclic_lr"

    def lr_at(self, t: int) -> float:
        down = self.step_size_up if self.step_size_down is None else self.step_size_down
        return super().lr_at(t % self.step_size_up * (self.step_size_up + down) / self.step_size_up)


class IgnoresStepSizeDown(CyclicLR):
    """The way down takes as long as the way up, whatever step_size_down is. Look at where the argument is used."""

    question = "cyclic_lr"

    def __init__(self, optimizer: Optimizer, max_lr: float, step_size_up: int, step_size_down: Any = None):
        super().__init__(optimizer, max_lr, step_size_up)


class Sawtooth(CyclicLR):
    """The rate climbs and then falls back to the base rate at once: there is no way down."""

    question = "cyclic_lr"

    def lr_at(self, t: int) -> float:
        return self.base_lr + (self.max_lr - self.base_lr) * (t % self.step_size_up) / self.step_size_up


class StartsAtTop(CyclicLR):
    """The cycle starts at max_lr and goes down first; the contract starts at the base rate and climbs."""

    question = "cyclic_lr"

    def lr_at(self, t: int) -> float:
        return super().lr_at(t + self.step_size_up)


class AddsWholePeak(CyclicLR):
    """max_lr is added to the base rate at the top, so the peak is too high. The climb is from the base rate
    to max_lr."""

    question = "cyclic_lr"

    def lr_at(self, t: int) -> float:
        share = (super().lr_at(t) - self.base_lr) / (self.max_lr - self.base_lr)
        return self.base_lr + self.max_lr * share


class StartsFromZero(CyclicLR):
    """The triangle's foot is at zero instead of at the base rate, so some steps move nothing. Look at what is added to
    the climb."""

    question = "cyclic_lr"

    def lr_at(self, t: int) -> float:
        share = (super().lr_at(t) - self.base_lr) / (self.max_lr - self.base_lr)
        return self.max_lr * share


class OnlyOneCycle(CyclicLR):
    """There is one triangle, and the rate stays at the base afterwards. It is to go round for ever."""

    question = "cyclic_lr"

    def lr_at(self, t: int) -> float:
        down = self.step_size_up if self.step_size_down is None else self.step_size_down
        return super().lr_at(t) if t < self.step_size_up + down else self.base_lr


class PeakOneLate(CyclicLR):
    """The cycle is one step too long: the peak, or the foot, is held for two steps. Look at where the way
    down begins."""

    question = "cyclic_lr"

    def lr_at(self, t: int) -> float:
        down = self.step_size_up if self.step_size_down is None else self.step_size_down
        place = t % (self.step_size_up + down + 1)
        return super().lr_at(place if place <= self.step_size_up else place - 1)


# ---------------------------------------------------------------- WarmupCosineLR


class WholeDivision(WarmupCosineLR):
    """The warm-up divides whole numbers with `//`, so the rate is zero until the warm-up is over."""

    question = "warmup_cosine_lr"

    def lr_at(self, t: int) -> float:
        if t < self.warmup_steps:
            return self.base_lr * ((t + 1) // self.warmup_steps)
        return super().lr_at(t)


class WarmsUpFromZero(WarmupCosineLR):
    """The warm-up starts at zero, as in several libraries, so the first batch is wasted. The contract starts
    at 1/warmup_steps."""

    question = "warmup_cosine_lr"
    convention = "warm-up from zero"

    def lr_at(self, t: int) -> float:
        return self.base_lr * t / self.warmup_steps if t < self.warmup_steps else super().lr_at(t)


class NoWarmup(WarmupCosineLR):
    """There is no warm-up: the first steps are taken at the full rate, which they are to be spared. Look at the first
    case that is told apart."""

    question = "warmup_cosine_lr"

    def lr_at(self, t: int) -> float:
        return super().lr_at(max(t, self.warmup_steps))


class ClockNotReset(WarmupCosineLR):
    """The cosine's clock runs from step 0 and not from the end of the warm-up, so the rate jumps down where
    the two meet."""

    question = "warmup_cosine_lr"

    def lr_at(self, t: int) -> float:
        if t < self.warmup_steps or t >= self.total_steps:
            return super().lr_at(t)
        return cosine(self.base_lr, self.eta_min, t / self.total_steps)


class WarmupAddedToTotal(WarmupCosineLR):
    """The cosine lasts total_steps after the warm-up, so it ends too late: total_steps counts from the very
    beginning."""

    question = "warmup_cosine_lr"

    def lr_at(self, t: int) -> float:
        if t < self.warmup_steps or t >= self.total_steps + self.warmup_steps:
            return super().lr_at(t)
        return cosine(self.base_lr, self.eta_min, (t - self.warmup_steps) / self.total_steps)


class RisesAgain(WarmupCosineLR):
    """After total_steps the cosine goes on and the rate rises again. It is to stay at eta_min."""

    question = "warmup_cosine_lr"

    def lr_at(self, t: int) -> float:
        if t < self.warmup_steps:
            return super().lr_at(t)
        share = (t - self.warmup_steps) / (self.total_steps - self.warmup_steps)
        return cosine(self.base_lr, self.eta_min, share)


class DropsToZeroAfterwards(WarmupCosineLR):
    """After total_steps the rate is zero, where it is to stay at eta_min. Look at the last case that is told apart."""

    question = "warmup_cosine_lr"

    def lr_at(self, t: int) -> float:
        return super().lr_at(t) if t <= self.total_steps else 0.0


class DropsToZeroAtTheEnd(WarmupCosineLR):
    """At total_steps the rate drops to zero and stays there, where it is to end at eta_min. Look at what is returned
    when no condition holds."""

    question = "warmup_cosine_lr"

    def lr_at(self, t: int) -> float:
        return super().lr_at(t) if t < self.total_steps else 0.0


class NeverWrites(WarmupCosineLR):
    """The rates are computed and returned but never written to the optimizer, not even the first one: it starts at the
    full rate, without a warm-up. Look at what writes `optimizer.lr`."""

    question = "warmup_cosine_lr"

    def __init__(self, optimizer: Optimizer, **settings: Any) -> None:
        rate = optimizer.lr
        super().__init__(optimizer, **settings)
        optimizer.lr = rate

    def step(self) -> None:
        self.t += 1


class WarmupIgnoresEtaMin(WarmupCosineLR):
    """The rate goes down to zero after the warm-up, whatever eta_min is. Look at the two ends of the cosine, and at
    what comes after it."""

    question = "warmup_cosine_lr"

    def __init__(self, optimizer: Optimizer, warmup_steps: int, total_steps: int, eta_min: float = 0.0) -> None:
        super().__init__(optimizer, warmup_steps, total_steps)


class WarmsUpFromEtaMin(WarmupCosineLR):
    """The warm-up starts from eta_min, where the contract climbs in proportion to t + 1 from near zero."""

    question = "warmup_cosine_lr"

    def lr_at(self, t: int) -> float:
        if t < self.warmup_steps:
            return self.eta_min + (self.base_lr - self.eta_min) * (t + 1) / self.warmup_steps
        return super().lr_at(t)


class LinearAfterWarmup(WarmupCosineLR):
    """After the warm-up the rate goes down in a straight line, where half a cosine is asked for. Look at what is done
    with the share of the steps that are over."""

    question = "warmup_cosine_lr"

    def lr_at(self, t: int) -> float:
        if t < self.warmup_steps or t >= self.total_steps:
            return super().lr_at(t)
        share = (t - self.warmup_steps) / (self.total_steps - self.warmup_steps)
        return self.base_lr + (self.eta_min - self.base_lr) * share


# ---------------------------------------------------------------- two at once, where both are common

PAIRS = [
    (ShiftedByOne, IgnoresEtaMin), (OneLate, IgnoresEtaMin), (ShiftedByOne, NoPi),
    (ShiftedByOne, RestartsIgnoreEtaMin), (ShiftedByOne, IgnoresTMult), (RestartsIgnoreEtaMin, IgnoresTMult),
    (ShiftedByOne, WarmupIgnoresEtaMin), (WarmupIgnoresEtaMin, WarmsUpFromZero), (WarmupIgnoresEtaMin, ClockNotReset),
    (WarmsUpFromZero, ClockNotReset), (ShiftedByOne, IgnoresStepSizeDown), (ShiftedByOne, FixedGamma),
]  # fmt: skip


def any_pair() -> list[type]:
    """Each pair above in one class."""
    return [both(*pair) for pair in PAIRS]
