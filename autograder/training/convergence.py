"""Judge a student's training runs."""

import hashlib
import math
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from types import ModuleType
from typing import Any, Literal, Protocol

import torch

from autograder.errors import InstructorError, StudentError, Verdict
from autograder.lab import Convergence as Settings
from autograder.lab import Lab, Question, Threshold
from autograder.reference import Reference
from autograder.training import audit, datasets, replay
from autograder.training.evidence import Evidence, JudgedError, Judgement
from autograder.training.job import Job
from autograder.training.replies import COMPARED, checked, flat, part, refuse_bad_ends, refuse_other_losses
from autograder.training.runs import Expected, ReferenceRuns, Run

TOLERANCE = 5e-6  # right code stays within 5e-7 of the reference's
_LOOKS = 8  # states of a run that are compared with the reference's
_NEAR = 1e-3  # of the way from the start, that a run may be off the reference's and go without an audit

_HINDRANCES = {
    "numpy": "It computes in NumPy{place}, so this runs on the CPU only; that costs nothing.",
    "devices": "This runs on the CPU only: on a GPU, tensors of two devices would meet{place}. Make what an optimizer "
    "remembers on its parameter's device.",
}


class Trainee(Protocol):
    """A student, as `student.Student` is one."""

    def run(self, scenario: Callable[..., Any], inputs: Mapping[str, Any], expected_bytes: int = 0) -> Any: ...

    def end(self) -> None:
        """End the worker, so that the next `run` has a new one."""

    def place(self, file: object, line: object) -> str:
        """A line of theirs, quoted: " in FILE, line N (`…`)"; "" if there is no such line."""


class Convergence:
    """The training runs of a lab.  The reference's are computed once, and shared by judges that are forked later.

    Args:
        mode: "train", or "replay" for whoever tracks the reference.
        device: "cpu" or "cuda".
        reference_runner: for a question, what runs scenarios on the reference where this process must not.

    Raises:
        InstructorError: the lab trains nothing, or its data set or thresholds are missing.
    """

    def __init__(
        self,
        lab: Lab,
        reference: Reference,
        mode: str,
        device: str,
        reference_runner: Callable[[Question], Run] | None = None,
    ) -> None:
        self._lab = lab
        self._reference = reference
        self._mode = mode
        self._device = device
        self._reference_runner = reference_runner
        self._recordings: dict[tuple[int, str], replay.Recording] = {}

    def prepare(self) -> None:
        """Find out before anything is graded whether there is a data set, and a threshold for every run.

        Raises:
            InstructorError: there is not.
        """
        for question_id in self._settings.runs:
            self._threshold(self._lab.question(question_id))
        datasets.load(self._settings.data_set)

    def rehearse(self, question: Question, scenarios: ModuleType) -> None:
        """Compute what judging will need, and see whether the reference passes.

        Raises:
            InstructorError: it does not, or lab.toml asks for a run that cannot be made.
        """
        if question.id not in self._settings.runs:
            raise InstructorError(f"lab.toml has no run for {question.id} in [convergence.runs].")
        try:
            self._rehearse(question, scenarios)
        except (TypeError, ValueError, AttributeError) as error:
            raise InstructorError(
                f"The run that [convergence] in lab.toml lays down for {question.id} cannot be made, by the reference "
                f"itself: {error}"
            ) from error

    def _rehearse(self, question: Question, scenarios: ModuleType) -> None:
        threshold, first = self._threshold(question).accuracy, self._settings.seeds[0]
        if self._mode == "replay":
            for reference in self._candidates(question):
                self._recording(reference, question, scenarios)
            if self._runs.expected(self._reference, question, first, scenarios).accuracy >= threshold:
                return
        accuracies = self._until_decided(
            question, lambda seed: self._runs.expected(self._reference, question, seed, scenarios).accuracy
        )
        if sum(accuracy >= threshold for accuracy in accuracies) < 2:
            raise InstructorError(
                f"The reference itself does not reach the accuracy of {threshold:g} for {question.id}: run "
                f"`grade.py calibrate --lab {self._lab.name} --device {self._device}`."
            )
        for reference in self._candidates(question):
            for seed in self._settings.seeds[: len(accuracies)]:
                self._runs.expected(reference, question, seed, scenarios)

    def judge(self, question: Question, scenarios: ModuleType, trainee: Trainee) -> Judgement:
        """Have the student's part train.

        Raises:
            JudgedError: with the verdict, and the evidence up to there.
        """
        judgement = Judgement()
        try:
            if self._mode != "replay" or not self._is_tracked(question, scenarios, trainee, judgement):
                self._train(question, scenarios, trainee, judgement)
        except StudentError as error:
            raise JudgedError(error, judgement) from error
        if question.module == "optimizers" and self._device == "cpu":
            judgement.remarks += self._remarks_on_devices(question, scenarios, trainee)
        return judgement

    def _remarks_on_devices(self, question: Question, scenarios: ModuleType, trainee: Trainee) -> list[str]:
        """What a GPU would make of it, as far as that can be told without one; it costs nothing in any case."""
        job = self._runs.expected(self._reference, question, self._settings.seeds[0], scenarios).job
        inputs = {"optimizer": job.choice, "shapes": [list(value.shape) for value in job.weights]}
        try:
            told = trainee.run(scenarios.on_a_gpu, inputs)
            words = _HINDRANCES.get(told["hindrance"], "")
            return [words.format(place=trainee.place(told["file"], told["line"]))] if words else []
        except (StudentError, KeyError, TypeError):
            return []

    # ------------------------------------------------------------ training for real

    def _train(self, question: Question, scenarios: ModuleType, trainee: Trainee, judgement: Judgement) -> None:
        threshold = self._threshold(question).accuracy
        accuracies = self._until_decided(
            question, lambda seed: self._train_once(question, seed, scenarios, trainee, judgement)
        )
        if sum(accuracy >= threshold for accuracy in accuracies) < 2:
            reached = " and ".join(f"{accuracy:.3f}" for accuracy in accuracies)
            raise StudentError(
                Verdict.FAILED,
                f"After {self._settings.steps} steps the network gets too little of the held-out part right: {reached} "
                f"in {len(accuracies)} runs, and {threshold:.3f} is asked for in two of three.",
            )

    def _until_decided(self, question: Question, accuracy_of: Callable[[int], float]) -> list[float]:
        """Two seeds of three decide, so the third is run only where the first two disagree."""
        threshold = self._threshold(question).accuracy
        accuracies: list[float] = []
        for seed in self._settings.seeds:
            accuracies.append(accuracy_of(seed))
            enough = sum(accuracy >= threshold for accuracy in accuracies)
            if 2 in (enough, len(accuracies) - enough):
                break
        return accuracies

    def _train_once(
        self, question: Question, seed: int, scenarios: ModuleType, trainee: Trainee, judgement: Judgement
    ) -> float:
        """One run from its start to its held-out accuracy."""
        expected = self._runs.expected(self._reference, question, seed, scenarios)
        job, run = expected.job, trainee.run
        trainee.end()  # seeds are runs by themselves: what a class remembers of one is no part of the next
        reply = run(scenarios.train, job.inputs(self._device), 8 * (job.steps + len(flat(job.weights))))
        losses, last = part(reply, "losses", (job.steps,)), part(reply, "state", flat(job.weights).shape)
        judgement.runs.append(self._evidence(question, expected, losses.tolist()))
        refuse_bad_ends(losses, last)
        at = [*range(COMPARED), *self._looks]
        states = checked(run(scenarios.recorded, {"at": at}, 4 * len(at) * len(last)), (len(at), len(last)))
        reference = self._with_these_losses(question, seed, states, scenarios)
        refuse_other_losses(job, losses, dict(zip(at, states, strict=True)), last)
        if not self._is_near(reference, job, dict(zip(self._looks, states[COMPARED:], strict=True)), scenarios):
            whole = run(scenarios.recorded, {"at": list(range(job.steps + 1))}, 4 * (job.steps + 1) * len(last))
            self._audit(reference, job, checked(whole, (job.steps + 1, len(last))), scenarios, trainee)
        accuracy = job.accuracy(last)
        judgement.runs[-1] = self._evidence(question, expected, losses.tolist(), accuracy)
        return accuracy

    def _with_these_losses(
        self, question: Question, seed: int, states: torch.Tensor, scenarios: ModuleType
    ) -> Reference:
        """The reference (or accepted convention) whose first losses are those of `states`.

        Raises:
            StudentError: there is none.
        """
        departures = []
        for reference in self._candidates(question):
            expected = self._runs.expected(reference, question, seed, scenarios)
            ours = [expected.job.loss(state, t) for t, state in enumerate(states[:COMPARED])]
            off = [t for t in range(COMPARED) if not abs(ours[t] - float(expected.losses[t])) <= TOLERANCE]
            if not off:
                return reference
            departures.append((off[0], ours[off[0]], float(expected.losses[off[0]])))
        step, got, due = departures[0]
        numbers = f": {got:.7g}, and the reference has {due:.7g}" if self._lab.manifest.feedback.show_values else ""
        raise StudentError(
            Verdict.FAILED,
            f"In training, the loss after {step} step{'s' * (step != 1)} is not the reference's on the same "
            f"batches{numbers}.",
        )

    def _is_near(
        self, reference: Reference, job: Job, states: Mapping[int, torch.Tensor], scenarios: ModuleType
    ) -> bool:
        expected = self._runs.expected(reference, job.question, job.seed, scenarios)
        start = flat(job.weights)
        return all(
            bool((state - expected.states[t]).norm() <= _NEAR * (expected.states[t] - start).norm())
            for t, state in states.items()
        )

    def _audit(
        self, reference: Reference, job: Job, states: torch.Tensor, scenarios: ModuleType, trainee: Trainee
    ) -> None:
        departure = audit.first_departure(job, states, reference, scenarios)
        if departure is None:
            return

        def fed(gradients: torch.Tensor) -> torch.Tensor:
            trainee.end()
            steps, width = gradients.shape
            inputs = {"optimizer": job.choice, "rates": job.rates[:steps], "weights": job.weights}
            got = trainee.run(scenarios.fed, {**inputs, "gradients": gradients}, 4 * (steps + 1) * width)
            return checked(got, (steps + 1, width))

        if not job.of_a_scheduler and not audit.is_made_by_the_optimizer(departure, states, fed):
            raise StudentError(
                Verdict.INVENTED,
                f"The weights after step {departure.step + 1} of training are none that the optimizer makes of their "
                "gradients: they come from elsewhere.",
            )
        raise StudentError(
            Verdict.FAILED,
            f"In training, step {departure.step + 1} is not what the rule makes of its gradients, though the steps "
            f"before it were (off by {departure.share:.2g} times the step that is due).",
        )

    # ------------------------------------------------------------ replay

    def _is_tracked(self, question: Question, scenarios: ModuleType, trainee: Trainee, judgement: Judgement) -> bool:
        """Whether the student's part follows the reference's recorded run all the way; then that run stands for it."""
        for reference in self._candidates(question):
            recording = self._recording(reference, question, scenarios)
            try:
                tracked = recording.is_tracked(trainee.run, scenarios)
            except StudentError:
                return False  # training will tell
            if tracked:
                expected = self._runs.expected(reference, question, self._settings.seeds[0], scenarios)
                losses = expected.losses.tolist()
                judgement.runs.append(self._evidence(question, expected, losses, expected.accuracy, "replayed"))
                judgement.remarks.append(
                    "Followed the reference through a recorded run, so the reference's curve stands for its own."
                )
                return True
        return False

    # ------------------------------------------------------------ what it is held against

    def _recording(self, reference: Reference, question: Question, scenarios: ModuleType) -> replay.Recording:
        key = (id(reference), question.id)
        if key not in self._recordings:
            self._recordings[key] = replay.record(
                *self._runs.recorded(reference, question, scenarios), reference, scenarios
            )
        return self._recordings[key]

    def _candidates(self, question: Question) -> Iterator[Reference]:
        yield self._reference
        yield from self._reference.accepted(question)

    def _evidence(
        self,
        question: Question,
        expected: Expected,
        losses: list[float],
        accuracy: float | None = None,
        source: Literal["trained", "replayed"] = "trained",
    ) -> Evidence:
        return Evidence(
            expected.job.seed,
            self._settings.data_set,
            self._device,
            source,
            tuple(round(loss, 4) if math.isfinite(loss) else None for loss in losses),
            tuple(round(loss, 4) for loss in expected.losses.tolist()),
            accuracy,
            self._threshold(question).accuracy,
        )

    def _threshold(self, question: Question) -> Threshold:
        settings = self._settings
        found = settings.thresholds.get(settings.data_set, {}).get(self._device, {}).get(question.id)
        if found is None:
            raise InstructorError(
                f"lab.toml has no threshold for {question.id} on {settings.data_set} and {self._device}: run "
                f"`grade.py calibrate --lab {self._lab.name} --device {self._device}`."
            )
        if found.steps != settings.steps:
            raise InstructorError(
                f"The threshold for {question.id} in lab.toml is for {found.steps} steps, and {settings.steps} are "
                f"made: run `grade.py calibrate --lab {self._lab.name} --device {self._device}`."
            )
        return found

    @cached_property
    def _settings(self) -> Settings:
        settings = self._lab.manifest.convergence
        if settings is None:
            raise InstructorError(f"lab.toml of {self._lab.name} has no [convergence]: say there what to train.")
        return settings

    @cached_property
    def _runs(self) -> ReferenceRuns:
        return ReferenceRuns(
            self._lab, self._settings, self._reference, self._looks, self._device, self._reference_runner
        )

    @cached_property
    def _looks(self) -> list[int]:
        """The end, and steps that are the same for everybody and unknown to whoever cannot read the hidden suite."""
        steps = range(COMPARED, self._settings.steps)
        ranked = sorted(steps, key=lambda step: hashlib.sha256(f"{self._lab.digest} {step}".encode()).digest())
        return [*sorted(ranked[:_LOOKS]), self._settings.steps]
