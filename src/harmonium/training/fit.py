"""The only training loop in the project: of one run, or of several in step."""

import time
from collections.abc import Generator, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from harmonium.errors import HarmoniumError
from harmonium.training.batches import Batches, BatchesTogether, Chunk
from harmonium.training.course import Course, Fitted, Record, Training
from harmonium.training.devices import Devices, agreed
from harmonium.training.interrupt import Interrupt
from harmonium.training.program import program
from harmonium.training.progress import Reporter, Silent
from harmonium.training.update import TrainingState, Update

SECONDS_PER_CALL = 0.5  # how often Python looks at the clock, the screen and Ctrl+C

# What a recipe goes through: it yields each training, is sent what that came to, and returns the last.
Trainings = Generator[Training, Fitted, Fitted]


def fit(
    update: Update, state: TrainingState, train: Any, *, report: Reporter | None = None, **settings: Any
) -> Fitted:
    """Train as the fields of `Training` say, and return the best model.

    Training goes on from the last checkpoint in the run's folder: the result is bit for bit that of a run that was
    never stopped. Ctrl+C ends it after the current compiled call. A metric that is not finite ends it with the status
    "diverged" and the last checkpoint before it intact.
    """
    return fit_together([Training(update, state, train, **settings)], report)[0]


def follow(several: Sequence[Trainings], report: Reporter | None = None) -> list[Fitted | HarmoniumError]:
    """Go through several recipes side by side, and return what each returned or raised."""
    results: dict[int, Fitted | HarmoniumError] = {}
    asked: dict[int, Training] = {}

    def proceed(number: int, fitted: Fitted | None) -> None:
        try:
            asked[number] = several[number].send(fitted)  # type: ignore[arg-type]  # None begins a generator
        except StopIteration as end:
            results[number] = end.value
        except HarmoniumError as error:
            results[number] = error

    for number in range(len(several)):
        proceed(number, None)
    while asked:
        numbers, trainings = list(asked), list(asked.values())
        asked.clear()
        for number, fitted in zip(numbers, fit_together(trainings, report), strict=True):
            proceed(number, fitted)
    return [results[number] for number in range(len(several))]


def fit_together(trainings: Sequence[Training], report: Reporter | None = None) -> list[Fitted]:
    """Fit each of several trainings; those of the same shapes in one program that runs them all at once.

    Trainings whose arrays have the same shapes must differ in nothing else than their values: the update of one of
    them is used for all. Each comes to what it would alone, up to the order in which numbers are added.
    """
    report = report or Silent()
    courses = [Course(training) for training in trainings]
    groups: dict[Any, list[Course]] = {}
    for course in courses:
        groups.setdefault(_shape(course), []).append(course)
    with Interrupt() as interrupt, report:
        for group in groups.values():
            _Loop(group, report).run(interrupt)
    return [course.fitted for course in courses]


class _Loop:
    """Courses in step: their arrays have the same shapes, and they have come equally far."""

    def __init__(self, courses: Sequence[Course], report: Reporter):
        self.report = report
        self.courses = [course for course in courses if course.fitted.status == "running"]
        self.call_updates = 1  # how many updates the next call may run
        self.alone = len(courses) == 1
        self.running = 0  # courses that `program` is compiled for
        self.places = 0  # runs in it; copies of the last course fill what the devices have over
        self.chunk: Chunk | None = None  # that lies on the devices
        self.batches: Batches | BatchesTogether
        self.state: TrainingState
        self.totals: Any
        for course in courses:
            course.fitted.together = len(courses)
            if course not in self.courses:
                course.end()
        self._gather()

    def run(self, interrupt: Interrupt) -> None:
        """Train until all have ended."""
        if self.courses:
            self.report.begin(self.courses[0].fitted.updates, self._last_update())
        while self.courses:
            self.advance()
            if agreed(interrupt.requested):
                self._hand_out()
                for course in self.courses:
                    course.fitted.status = "interrupted"
                    course.end()
                return

    def advance(self) -> None:
        """Run one compiled call, and do for each course what is due after it."""
        first, started = self.courses[0], time.perf_counter()
        done = first.fitted.updates
        chunk = self.batches.chunk(done)
        if chunk is not self.chunk:  # on all devices once, not at each call
            self.chunk, split = chunk, isinstance(self.batches, BatchesTogether)
            arrays_split = isinstance(self.batches, BatchesTogether) and not self.batches.shared
            self.arrays = self.devices.hold(chunk.arrays, split=arrays_split)
            self.order = self.devices.hold(chunk.order, split=split)
        stops = [course.next_stop() for course in self.courses]
        count = min(*stops, chunk.first + chunk.updates, done + self.call_updates) - done
        self.state, self.totals = self.program(
            self.state, self.totals, self.arrays, self.order, done - chunk.first, count
        )
        totals = self._each(jax.device_get(self.devices.local(self.totals)))
        seconds = time.perf_counter() - started
        self.call_updates = agreed(_calls_of(SECONDS_PER_CALL, count, seconds, self.call_updates))
        means = [_means(of) for of in totals]
        for course, of in zip(self.courses, totals, strict=True):
            course.ran(count, of, seconds)
        last = self._last_update()
        if any(course.due() for course in self.courses):
            self._look(means)
        if first.fitted.status != "diverged":
            self.report.advance(done + count, last, seconds, _mean(means))

    def _look(self, means: Sequence[Record]) -> None:
        self._hand_out()
        found = [course.look(mean) for course, mean in zip(self.courses, means, strict=True)]
        validated = [line for line in found if line is not None]
        if validated:
            self.report.validated(
                _mean([record for record, _ in validated]), any(best for _, best in validated)
            )
        for course in self.courses:
            if course.fitted.status != "running":
                course.end()
        self.courses = [course for course in self.courses if course.fitted.status == "running"]
        self._gather()

    def _last_update(self) -> int:
        return max(course.last_update() for course in self.courses)

    def _each(self, tree: Any) -> list[Any]:
        """What stands for each course in a tree with an axis of them."""
        if self.places == 1:
            return [tree]
        return [jax.tree.map(lambda a, n=number: a[n], tree) for number in range(len(self.courses))]

    def _hand_out(self) -> None:
        """Let each course have its state."""
        state, totals = self.devices.local((self.state, self.totals))
        for course, its, sums in zip(self.courses, self._each(state), self._each(totals), strict=True):
            course.state, course.totals = its, sums

    def _gather(self) -> None:
        """Take the states of the courses that go on."""
        if not self.courses:
            return
        self._compile()
        several = self.places > 1
        held = [(course.state, course.totals) for course in self._filled()]
        together = jax.tree.map(lambda *a: jnp.stack(a), *held) if several else held[0]
        self.state, self.totals = self.devices.hold(together, split=several)

    def _filled(self) -> list[Course]:
        return self.courses + [self.courses[-1]] * (self.places - len(self.courses))

    def _compile(self) -> None:
        """Make the program for as many courses as there are now, unless it is there."""
        running, training = len(self.courses), self.courses[0].training
        if self.running == running:
            return
        self.running = running
        self.devices = Devices.for_examples(training.batch_size) if self.alone else Devices.for_runs(running)
        self.places = 1 if self.alone else self.devices.places(running)
        each = [course.batches for course in self._filled()]
        self.batches = each[0] if self.places == 1 else BatchesTogether(each)
        shared = isinstance(self.batches, Batches) or self.batches.shared
        self.program = program(
            training.update, training.batch_size, self.devices, runs=self.places, shared=shared
        )


def _shape(course: Course) -> Any:
    """What trainings must have in common to run in one program."""
    training = course.training
    if not course.batches.resident:
        return id(course)
    arrays = course.state, training.train
    shapes = tuple((a.shape, str(a.dtype)) for a in jax.tree.leaves(arrays))
    common = training.batch_size, training.shuffle, course.frequency, course.fitted.updates
    return jax.tree.structure(arrays), shapes, *common


def _means(totals: Any) -> dict[str, float]:
    return {
        name: float(np.asarray(value)) / max(int(totals["count"]), 1) for name, value in totals["sum"].items()
    }


def _mean(records: Sequence[Record]) -> Record:
    """The mean of lines of numbers with the same names; a part that not all of them have is left out."""
    first = records[0]
    if len(records) == 1:
        return first
    shared = [name for name in first if all(name in record for record in records)]
    return {
        name: _mean([record[name] for record in records])
        if isinstance(first[name], dict)
        else type(first[name])(sum(record[name] for record in records) / len(records))
        for name in shared
    }


def _calls_of(target: float, count: int, seconds: float, before: int) -> int:
    """Updates that take about `target` seconds, growing at most tenfold: the first call compiles."""
    return max(1, min(10 * before, int(count * target / max(seconds, 1e-6))))
