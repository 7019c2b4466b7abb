"""Two traces differ exactly where the student's is wrong, and the message says so."""

from math import inf, nan

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from autograder.compare import Difference, Tolerance, first_difference

MOVES = torch.tensor([[1.0, 2.0, 3.0], [1.1, 2.0, 2.9], [1.2, 2.0, 2.8], [1.3, 2.0, 2.7]])


def path(tensor):
    return {"trajectories": {"parameter": [tensor]}}


def found(expected, got, tolerance=None) -> Difference:
    difference = first_difference(expected, got, tolerance)
    assert difference is not None
    return difference


def test_equal_traces_do_not_differ():
    trace = {**path(MOVES), "lr": 0.1, "n": 3, "ok": True, "none": None, "s": "a", "empty": torch.zeros(0, 3)}
    assert first_difference(trace, trace) is None


def test_a_missing_update_fails_however_small_it_is():
    start, size = torch.full((1, 4), 0.5), 3e-6
    expected = torch.cat([start, start - size])
    assert found(path(expected), path(torch.cat([start, start]))).step == 1
    one = torch.ones(1, 4)
    assert found(path(torch.cat([one, one - size])), path(torch.cat([one, one]))).step == 1
    tiny = torch.tensor([[0.0], [1e-30]])
    assert found(path(tiny), path(torch.zeros(2, 1))).relative == pytest.approx(1)


def test_all_zeros_fail():
    assert found(path(MOVES), path(torch.zeros_like(MOVES))).step == 0
    from_zero = MOVES - MOVES[0]
    assert found(path(from_zero), path(torch.zeros_like(from_zero))).step == 1


def test_the_tolerance_grows_with_the_distance_moved():
    far = torch.arange(5.0).reshape(5, 1) * 100
    assert first_difference(path(far), path(far + torch.tensor([0, 1e-4, 1e-4, 1e-4, 1e-4])[:, None])) is None
    near = torch.arange(5.0).reshape(5, 1) * 0.1
    assert found(path(near), path(near + torch.tensor([0, 1e-4, 1e-4, 1e-4, 1e-4])[:, None])).step == 1


def test_rounding_of_a_large_parameter_is_no_mistake_and_float64_is_held_to_its_digits():
    large = torch.full((3, 2), 1000.0)
    assert first_difference(path(large), path(large.nextafter(torch.tensor(inf)))) is None
    double = MOVES.double() * 1.1
    assert found(path(double), path(double.float().double()))


@given(step=st.integers(0, 3), later=st.integers(0, 3), element=st.integers(0, 2))
def test_the_first_step_is_the_first_and_the_parameter_comes_second(step, later, element):
    wrong, late = MOVES.clone(), MOVES.clone()
    wrong[step:, element] += 0.5
    late[later:, 0] += 50
    expected = {"trajectories": {"parameter": [MOVES, MOVES]}}
    difference = found(expected, {"trajectories": {"parameter": [late, wrong]}})
    assert difference.step == min(step, later)
    assert difference.path[-1] == (0 if later <= step else 1)
    assert difference.index == ((0,) if later <= step else (element,))


def test_a_shape_or_dtype_anywhere_comes_before_any_value():
    expected = {"trajectories": {"parameter": [MOVES, MOVES]}}
    wrong = {"trajectories": {"parameter": [MOVES + 1, MOVES.double()]}}
    assert found(expected, wrong).kind == "dtype"
    assert found({"a": 1.0, "b": torch.ones(2)}, {"a": 2.0, "b": torch.ones(3)}).kind == "shape"


@pytest.mark.parametrize("shape", [(), (1,), (3,), (1, 3), (4, 1), (0, 3), (1, 4, 3), (3, 4)])
def test_what_would_broadcast_fails(shape):
    assert found(path(MOVES), path(torch.ones(shape))).kind == "shape"


@pytest.mark.parametrize("value", [nan, inf, -inf])
def test_what_is_not_finite_never_passes(value):
    got = MOVES.clone()
    got[2, 1] = value
    difference = found(path(MOVES), path(got), Tolerance(float32=1e300, ulps=1e300))
    assert (difference.kind, difference.step, difference.index) == ("non-finite", 2, (1,))
    assert found(1.0, value, Tolerance(relative=1e300)).kind == "non-finite"
    assert found(torch.ones(2), torch.tensor([1.0, value])).kind == "non-finite"


@pytest.mark.parametrize("value", [nan, inf])
def test_an_expected_trace_that_is_not_finite_is_the_instructors_fault(value):
    for trace in (value, torch.tensor([value]), path(torch.full((2, 2), value))):
        with pytest.raises(ValueError):
            first_difference(trace, trace)
    with pytest.raises(ValueError):
        first_difference(path(torch.tensor(1.0)), path(torch.tensor(1.0)))


def test_leaves_without_values_compare():
    assert first_difference(path(torch.zeros(4, 0, 3)), path(torch.zeros(4, 0, 3))) is None
    assert first_difference(path(torch.zeros(0, 3)), path(torch.zeros(0, 3))) is None
    assert first_difference(torch.tensor(2), torch.tensor(2)) is None
    assert found(torch.tensor([True, False]), torch.tensor([True, True])).index == (1,)
    assert found(torch.tensor(2), torch.tensor(3)).index == ()


def test_flags_by_step_are_told_by_step():
    expected = {"steps": {"gradient left alone": torch.ones(4, 2, dtype=torch.bool)}}
    got = {"steps": {"gradient left alone": torch.tensor([[1, 1], [1, 1], [1, 0], [0, 0]]).bool()}}
    difference = found(expected, got)
    assert (difference.step, difference.index) == (2, (1,))


TENSORS = [torch.zeros(2), torch.zeros(0, 3), torch.tensor(1), torch.ones(2, 3), torch.tensor([nan])]
PLAIN = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3)
LEAF = PLAIN | st.sampled_from(TENSORS)
KEYS = st.sampled_from(["trajectories", "steps", "parameter", "lr"])
TREE = st.recursive(
    LEAF, lambda tree: st.lists(tree, max_size=3) | st.dictionaries(KEYS, tree, max_size=3), max_leaves=8
)
EXPECTED = [
    {"trajectories": {"parameter": [MOVES, torch.zeros(4, 0)]}, "lr": 0.1},
    {"steps": {"lr": torch.rand(3, dtype=torch.float64)}, "parameter": [True, None, 3, "x"]},
    torch.ones(2, 3),
    [],
    0.5,
]


@given(expected=st.sampled_from(EXPECTED), got=TREE)
def test_any_tree_at_all_makes_a_difference_and_a_sentence(expected, got):
    difference = first_difference(expected, got)
    if difference is None:
        assert type(got) is type(expected)
    else:
        for sentence in (difference.describe(), difference.describe(show_values=False)):
            assert sentence and "\n" not in sentence and len(sentence) < 300


@given(scale=st.floats(-20, 20), off=st.floats(1e-3, 1e3), step=st.integers(1, 3))
def test_an_update_off_by_a_thousandth_fails_at_any_scale(scale, off, step):
    expected = (MOVES - MOVES[0]).double() * 10**scale
    got = expected.clone()
    got[step:, 0] += off * (expected[step, 0] - expected[step - 1, 0])
    assert found(path(expected), path(got)).step == step


@pytest.mark.parametrize(
    ("expected", "got", "words"),
    [
        ([1, 2], [1], "the result: expected a list of 2, got a list of 1"),
        ({"a": 1}, {}, "a: expected an int, got nothing"),
        ({"a": 1}, {"a": 1, "b": 2}, "the result: expected 1 entries, got 2"),
        ({"a": None}, {"a": 0}, "a: expected None, got an int"),
        (1.0, 1, "the result: expected a float, got an int"),
        (True, 1, "the result: expected a bool, got an int"),
        (1, 10**6000, "the result: expected 1, got an int of more than 18 digits"),
        ({"lr_at(7)": 0.1}, {"lr_at(7)": 0.2}, "lr_at(7): expected 0.1, got 0.2 (off by 1.0e-01, 100 %)"),
        ("a", "b", "the result: expected 'a', got another text"),
        (torch.ones(2, 3), torch.ones(3, 2), "the result: expected shape [2, 3], got [3, 2]"),
        (torch.ones(2), torch.ones(0, 31415), "the result: expected shape [2], got an odd one"),
        (torch.ones(1), torch.ones(1).double(), "the result: expected dtype float32, got float64"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_sentence_says_what_was_wrong(expected, got, words):
    assert found(expected, got).describe() == words


def test_the_sentence_about_a_trajectory_names_step_parameter_and_share():
    got = MOVES.clone()
    got[2, 0] += 0.05
    difference = found({"first optimizer": path(MOVES)}, {"first optimizer": path(got)})
    assert difference.describe() == (
        "after step 2, first optimizer, parameter 0 (shape [3]), element [0]: "
        "expected 1.2, got 1.25 (off by 5.0e-02, 25 % of the distance moved so far)"
    )
    assert difference.describe(show_values=False) == (
        "after step 2, first optimizer, parameter 0 (shape [3]), element [0] is not as expected"
    )
    close = MOVES.double()
    assert "expected 1.2, got 1.200001" not in found(path(close), path(close + 1e-9)).describe()
