import pytest

from harmonium.metrics.table import METRICS, metric


@pytest.mark.parametrize(
    ("name", "value", "shown", "axis"),
    [
        ("error_rate", 0.0165, "1.65%", "error (%)"),
        ("f1", 0.94339, "94.34%", "F1 (%)"),
        ("expected_frame_accuracy", 1, "100.00%", "expected frame accuracy (%)"),
        ("nll", 0.35384, "0.3538", "negative log-likelihood (nats)"),
        ("examples", 10_000.0, "10,000", "examples"),
        ("effective_sample_size", 41.5, "41.5000", "effective sample size"),
    ],
)
def test_a_metric_is_shown_in_its_unit(name, value, shown, axis):
    found = metric(name)
    assert found.shown(value) == shown
    assert found.axis == axis
    assert found.scale * value == pytest.approx(float(shown.rstrip("%").replace(",", "")), abs=0.005)


def test_every_metric_of_the_table_is_explained_and_found_by_its_own_name():
    for name, found in METRICS.items():
        assert found.name == name == metric(name).name
        assert found.unit in ("%", "nats", "nats a step", "count", "")
        assert found.explanation.endswith(".") or found.unit == "count"
        assert len(found.explanation) < 500


def test_scores_that_rise_are_best_when_highest_and_costs_when_lowest():
    best = {name: metric(name).better for name in METRICS}
    rising = {"f1", "precision", "recall", "frame_accuracy", "pseudo_log_likelihood", "log_likelihood"}
    falling = {"error_rate", "nll", "denoising_cost", "reconstruction_cost", "cross_entropy", "squared_error"}
    assert {best[name] for name in rising} == {"highest"}
    assert {best[name] for name in falling} == {"lowest"}
    assert best["free_energy_gap"] is best["acceptance"] is best["log_partition"] is None


def test_a_metric_of_ones_own_is_shown_as_it_is():
    mine = metric("my_own_rate")
    assert (mine.title, mine.label, mine.unit, mine.better) == ("my own rate", "my own rate", "", None)
    assert mine.shown(0.25) == "0.2500"


def test_a_line_of_progress_has_the_short_name():
    assert [metric(name).label for name in ("error_rate", "nll", "f1")] == ["error", "nll", "F1"]
