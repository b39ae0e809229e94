"""What may be printed of an estimated likelihood."""

from types import SimpleNamespace

import pytest

from harmonium.metrics.likelihoods import (
    bounded,
    converges,
    doubt,
    normalised,
    of_partition,
    presentable,
    with_error,
)
from harmonium.metrics.table import METRICS, metric, shown


def partition(size=60.0, value=100.0, error=0.2, upper=100.3, upper_error=0.2, chains=100, r_hat=1.0):
    return SimpleNamespace(
        value=value,
        standard_error=error,
        effective_sample_size=size,
        upper=upper,
        upper_standard_error=upper_error,
        chains=chains,
        temperatures=1000,
        r_hat=r_hat,
    )


EXACT = partition(size=None, upper=None, error=0.0)


def test_an_exact_value_stands_alone():
    assert normalised(20.0, EXACT) == {"log_likelihood": -80.0}
    assert of_partition(EXACT) == {"log_partition": 100.0}
    assert bounded(20.0, EXACT) == {"log_likelihood_bound": -80.0}


def test_an_estimate_has_its_interval_and_its_other_side():
    found = normalised(20.0, partition())
    assert found == pytest.approx(
        {"log_likelihood": -80.0, "at_least": -80.6, "at_most": -79.4, "by_reverse": -80.3}
    )
    assert doubt({"test": found | of_partition(partition())}) is None


@pytest.mark.parametrize(
    "weak",
    [
        partition(size=24.9),  # less than a quarter of the chains
        partition(size=4.5, chains=5),  # a quarter of few chains is none
        partition(size=49.0, r_hat=1.2),  # less than half, with another side that confirms nothing
        partition(upper=102.0),  # the sides contradict each other
        partition(upper=98.0),  # and cross
    ],
)
def test_where_it_does_not_converge_there_is_a_range_and_nothing_else(weak):
    found = normalised(20.0, weak) | of_partition(weak)
    assert not converges(weak)
    assert not {"log_likelihood", "at_least", "at_most", "standard_error", "log_partition"} & set(found)
    sides = sorted((20.0 - weak.value, 20.0 - weak.upper))
    assert [found["log_likelihood_from"], found["log_likelihood_to"]] == sides
    assert "only the range from the one side to the other" in doubt({"test": found})
    assert set(bounded(20.0, weak)) == {"log_likelihood_bound_from", "log_likelihood_bound_to"}


@pytest.mark.parametrize(
    ("weak", "why"),
    [
        (partition(size=20.0), "does not converge: the 100 chains are worth 20.0, so that"),
        (partition(size=49.0, r_hat=1.2), "does not converge: the 100 chains are worth 49.0, so that"),
        (partition(upper=102.0), "does not converge: the estimates from the two sides differ by more than"),
        (partition(size=5.0, chains=5), "5 chains are too few to tell whether it converges, which takes 12"),
    ],
)
def test_the_reason_for_a_range_is_the_one_that_holds(weak, why):
    said = doubt({"test": normalised(20.0, weak) | of_partition(weak)})
    assert why in said
    assert ("try --temperatures 10000, or --seconds" in said) == ("does not converge" in said)
    assert ("try --log-likelihood" in said) == ("too few" in said)


def test_for_music_the_worst_steps_decide_and_are_named():
    range_ = {
        "log_likelihood_from": -3.0,
        "log_likelihood_to": -2.0,
        "effective_sample_size": 19.0,
        "chains": 20,
    }
    said = doubt({"test": range_ | {"worst_effective_sample_size": 3.0, "temperatures": 100}})
    assert "does not converge: the 20 chains are worth 3.0 at the worst steps" in said
    assert said.endswith("try --chains 80")  # rnn-rbm has no other way
    said = doubt({"test": range_ | {"worst_effective_sample_size": 15.0, "temperatures": 100}})
    assert "differ by more than their errors allow" in said


def test_one_side_alone_says_nothing_where_it_does_not_converge():
    assert normalised(20.0, partition(size=3.0, upper=None)) == {}


def test_a_bound_takes_the_higher_end_of_log_z():
    assert bounded(20.0, partition(upper=100.8, error=0.2))["log_likelihood_bound"] == pytest.approx(-80.8)
    assert bounded(20.0, partition(upper=100.0, error=0.2))["log_likelihood_bound"] == pytest.approx(-80.6)
    assert bounded(20.0, partition(upper=None))["log_likelihood_bound"] == pytest.approx(-80.6)


def test_samples_of_chains_that_do_not_mix_are_said_to_be_worthless():
    weak = partition(size=3.0, r_hat=1.7)
    said = doubt({"test": normalised(20.0, weak) | of_partition(weak)})
    assert "worth nothing as a bound" in said
    assert "1.70" in said
    assert "worth nothing" not in doubt(
        {"test": normalised(20.0, partition(size=3.0)) | of_partition(partition(3.0))}
    )


def test_every_number_of_a_likelihood_is_explained():
    for log_z in (partition(), partition(size=3.0)):
        found = normalised(1.0, log_z) | bounded(1.0, log_z) | of_partition(log_z)
        assert set(found) <= set(METRICS)


def test_a_standard_error_is_shown_beside_its_metric():
    scores = {"free_energy_gap": 0.5, "pseudo_log_likelihood": -60.0, "pseudo_log_likelihood_error": 2.0}
    assert shown(scores) == {"free energy gap": "0.5000", "log pseudo-likelihood": "-60.0000 ± 2.0000"}
    alone = {"pseudo_log_likelihood_error": 2.0}
    assert shown(alone) == {metric("pseudo_log_likelihood_error").label: "2.0000"}


def test_what_an_earlier_version_kept_is_judged_by_the_same_rule():
    good = {
        "log_likelihood": -87.2,
        "by_reverse": -87.6,
        "standard_error": 0.1,
        "effective_sample_size": 45.0,
    }
    assert presentable(good) == good
    one_side = {"log_likelihood_bound": -386.0, "standard_error": 0.5, "effective_sample_size": 4.7}
    assert presentable(one_side) == {"effective_sample_size": 4.7}
    assert presentable({"log_likelihood": -2.1}) == {"log_likelihood": -2.1}  # exact


def test_the_error_of_an_estimate_whose_walk_does_not_mix_is_said_to_be_larger():
    def said(log_z):
        return doubt({"test": normalised(-10.0, log_z) | of_partition(log_z)})

    assert said(partition(size=60.0, r_hat=1.05)) is None
    assert "does not mix (R-hat 1.20)" in said(partition(size=60.0, r_hat=1.2))
    assert said(partition(size=3.0, r_hat=1.2)).startswith("does not converge")


def test_an_importance_weighted_likelihood_has_the_error_of_log_z():
    found = with_error(-10.0, partition(), "importance_weighted")
    assert found == {"importance_weighted": -110.0, "importance_weighted_error": 0.2}
    ranged = with_error(-10.0, partition(size=3.0), "importance_weighted")
    assert ranged.keys() == {"importance_weighted_from", "importance_weighted_to"}
