"""The hostile samples cover what hostile submissions are known to do, and each says what it is."""

import sys

import commands
import pytest

sys.path.append(str(commands.ROOT / "tests" / "attack"))

from canaries import PLACES, Canaries, HiddenNumbers, numbers_of_the_hidden_suite
from catalogue import CATALOGUE, ITEMS
from samples import CONTROL, HOSTILE, find_samples

LEAST_ATTACKS, LEAST_CONTROLS = 100, 3
SAMPLES = find_samples(HOSTILE)


def text_of(sample):
    """All that a sample says of itself, in lower case."""
    parts = [sample.name.replace("_", " "), sample.toml.read_text("utf-8"), sample.surface()]
    code = b"\n".join(sample.contents()).decode("utf-8", "replace")
    return "\n".join([*parts, code]).casefold()


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
def test_a_sample_says_what_it_is(sample):
    """A submission beside the toml; what it is about; a class; items of that catalogue; its attack surface first."""
    assert sample.path, "no folder or archive lies beside the toml"
    assert sample.about
    assert sample.kind in (*CATALOGUE, CONTROL)
    if sample.is_control:
        assert not sample.expected.get("lost")
    else:
        assert sample.surface(), "no first line '# Attack surface: …' in a file of it, or in its toml"
        assert sample.attacks and set(sample.attacks) <= set(ITEMS), sample.attacks
        assert any(item in CATALOGUE[sample.kind] for item in sample.attacks)


def test_there_are_attacks_enough_and_controls_among_them():
    controls = sum(sample.is_control for sample in SAMPLES)
    assert controls >= LEAST_CONTROLS
    assert len(SAMPLES) - controls >= LEAST_ATTACKS


@pytest.mark.parametrize("item", ITEMS)
def test_every_item_has_a_sample_for_each_of_its_parts(item):
    texts = [text_of(sample) for sample in SAMPLES if item in sample.attacks]
    assert texts, "no sample names this item"
    missing = [part for part in ITEMS[item] if not any(part.casefold() in text for text in texts)]
    assert not missing


def test_every_submission_in_the_folder_has_its_toml():
    """`make attack` tries what has one."""
    known = {sample.path.name for sample in SAMPLES if sample.path}
    others = {path.name for path in HOSTILE.iterdir() if path.suffix != ".toml" and path.name[0] != "."}
    assert others <= known, others - known


def test_a_hidden_number_is_known_again_however_many_of_its_digits_are_written():
    """From five significant digits on, in plain or scientific notation; other numbers are not taken for it."""
    numbers = HiddenNumbers(iter([0.7315576, 1234.5678, 0.25]))
    assert numbers.found_in("got 0.73156, then -1.2346e3 and 0.7315576") == ["0.73156", "1.2346e3", "0.7315576"]
    assert not numbers.found_in("0.7316, 0.25, 0.2500000, 0.73157, 1234, 12345.678, 1e99999, line 12 of 5000")


def test_the_hidden_suites_numbers_are_many():
    """Thousands, so that a leak of any problem is seen."""
    assert len(HiddenNumbers(numbers_of_the_hidden_suite())) > 5000


def test_a_planted_word_is_found_in_disguise():
    """As it is, in capitals, backwards, and as hexadecimal bytes."""
    canaries = Canaries.fresh()
    word = canaries.words[PLACES[0]]
    for disguise in (word, word.upper(), word[::-1], word.encode().hex()):
        assert canaries.found_in(f"… {disguise} …") == [PLACES[0]]
    assert not canaries.found_in("a canary is a bird")
