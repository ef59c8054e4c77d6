"""Evaluation: figures against independent implementations, human anchors against the published analysis, files that say so."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

sklearn = pytest.importorskip("sklearn", reason="extra train absent")
from sklearn import metrics as theirs  # noqa: E402

from ml import uncertainty  # noqa: E402
from ml.classes import CLASSES  # noqa: E402
from ml.ensemble import WEIGHTS, Ensemble, model_card  # noqa: E402
from ml.training import (  # noqa: E402
    anchors,
    bars,
    calibrate,
    conformal,
    discrimination,
    evaluate,
    evaluation_plots,
    evaluation_report,
    healthy_adults,
    metrics,
    natural_prior,
    real_windows,
    voted_windows,
)
from ml.training.model_card import put_evaluation  # noqa: E402


def votes_and_prob(n: int, *, seed: int = 0, skill: float = 2.0) -> tuple[np.ndarray, np.ndarray]:
    """Votes of a made-up committee and probabilities that know something of them."""
    rng = np.random.default_rng(seed)
    votes = rng.dirichlet(np.full(6, 0.4), n)
    return votes, np.stack([rng.dirichlet(0.3 + skill * row * 3) for row in votes])


@pytest.fixture(scope="module")
def truth() -> tuple[np.ndarray, np.ndarray]:
    return votes_and_prob(300)


def test_areas_and_precision_agree_with_scikit_learn(truth: tuple[np.ndarray, np.ndarray]) -> None:
    votes, prob = truth
    score = prob[:, 0].round(1)                                    # with ties
    positive = votes.argmax(axis=1) == 0
    assert discrimination.auroc(positive, score) == pytest.approx(theirs.roc_auc_score(positive, score))
    assert discrimination.average_precision(positive, score) == pytest.approx(theirs.average_precision_score(positive, score))


def test_kappa_and_f1_agree_with_scikit_learn(truth: tuple[np.ndarray, np.ndarray]) -> None:
    a, b = (values.argmax(axis=1) for values in truth)
    assert discrimination.kappa(a, b) == pytest.approx(theirs.cohen_kappa_score(a, b))
    assert discrimination.macro_f1(a, b) == pytest.approx(theirs.f1_score(a, b, average="macro"))
    assert metrics.describe(*truth)["macro_f1"] == pytest.approx(theirs.f1_score(a, b, average="macro"), abs=1e-4)


def test_likelihood_and_brier_score_are_those_of_one_hot_votes() -> None:
    votes, prob = np.eye(6)[[0, 1]], np.array([[0.5, 0.5, 0, 0, 0, 0]] * 2)
    assert metrics.nll(votes, prob) == pytest.approx(np.log(2))
    assert metrics.brier(votes, prob) == pytest.approx(0.5)


def test_probabilities_that_are_the_votes_lie_on_the_diagonal(truth: tuple[np.ndarray, np.ndarray]) -> None:
    rows = metrics.reliability(truth[0], truth[0])
    assert all(row["prob"] == row["votes"] for row in rows)
    assert sum(row["n"] for row in rows) == 300 * 6
    assert metrics.class_calibration_error(truth[0], truth[0]) == pytest.approx(0)


def test_windows_of_one_patient_are_drawn_together() -> None:
    votes, prob = votes_and_prob(200)
    alone = metrics.bootstrap(votes, prob, np.arange(200), rng=np.random.default_rng(0))
    twice = metrics.bootstrap(np.repeat(votes, 4, 0), np.repeat(prob, 4, 0), np.repeat(np.arange(200), 4), rng=np.random.default_rng(0))
    careless = metrics.bootstrap(np.repeat(votes, 4, 0), np.repeat(prob, 4, 0), np.arange(800), rng=np.random.default_rng(0))
    assert twice["kl"] == pytest.approx(alone["kl"], rel=0.02)
    assert careless["kl"][1] - careless["kl"][0] < 0.65 * (alone["kl"][1] - alone["kl"][0])


def test_conformal_sets_are_those_of_mapie(truth: tuple[np.ndarray, np.ndarray]) -> None:
    mapie = pytest.importorskip("mapie.classification", reason="extra train absent")
    from sklearn.base import BaseEstimator, ClassifierMixin

    class Given(ClassifierMixin, BaseEstimator):                   # says as probabilities what it is handed as features
        classes_, fitted_ = np.arange(6), True

        def fit(self, x, y):
            return self

        def predict_proba(self, x):
            return x

        def predict(self, x):
            return x.argmax(axis=1)

    votes, prob = truth
    label = votes.argmax(axis=1)
    other = mapie.SplitConformalClassifier(Given(), confidence_level=0.9, conformity_score="lac", prefit=True).conformalize(prob[:150], label[:150])
    ours = conformal.fit(np.eye(6)[label[:150]], prob[:150], rng=np.random.default_rng(0), by_class=False)
    assert np.array_equal(ours.sets(prob[150:]), other.predict_set(prob[150:])[1][:, :, 0])


def test_sets_hold_a_class_drawn_from_the_votes_as_often_as_wanted() -> None:
    votes, prob = votes_and_prob(6000)
    fitted = conformal.fit(votes[:3000], prob[:3000], rng=np.random.default_rng(0))
    found = conformal.describe(fitted, votes[3000:], prob[3000:], rng=np.random.default_rng(1))
    assert found["coverage"] == pytest.approx(0.9, abs=0.015)
    assert all(share == pytest.approx(0.9, abs=0.03) for share in found["by_class"].values())


def test_too_few_windows_put_every_class_in_the_set() -> None:
    votes, prob = votes_and_prob(5)
    assert conformal.fit(votes, prob, rng=np.random.default_rng(0)).sets(prob).all()


def test_doubt_is_epistemic_where_members_differ_and_aleatoric_where_they_agree() -> None:
    sure, unsure = np.eye(6)[[0, 1]], np.full(6, 1 / 6)
    found = uncertainty.decompose(np.stack([[sure[0], unsure], [sure[1], unsure]]), np.array([0.5, 0.5]))
    assert found.epistemic == pytest.approx([np.log(2), 0], abs=1e-9)
    assert found.aleatoric == pytest.approx([0, np.log(6)], abs=1e-9)


def test_people_reach_what_the_published_analysis_says(shared_data: Path) -> None:
    human = anchors.human(shared_data)
    half, oracle, single = human["half_committee"], human["oracle"], human["single_expert"]
    assert (half["n"], half["mean_vote_entropy"]) == (11474, 0.694)
    assert [half[key] for key in ("accuracy", "kl", "kappa", "macro_f1", "brier")] == pytest.approx([0.782, 0.363, 0.674, 0.690, 0.104], abs=0.012)
    assert 0.87 < oracle["accuracy"] < 0.90
    assert 0.06 < oracle["kl"] < 0.10
    assert single["raters"] == 35
    assert [single[key] for key in ("accuracy", "least", "most")] == pytest.approx([0.66, 0.42, 0.82], abs=0.01)


def test_a_tie_goes_to_other() -> None:
    assert anchors.consensus(np.array([[2, 0, 0, 0, 0, 2], [2, 2, 0, 0, 0, 1]])).tolist() == [5, 0]


def small_report() -> dict:
    """A report of made-up figures with everything in it."""
    votes, prob = votes_and_prob(120)
    whole = metrics.describe(votes, prob)
    short = voted_windows.short(whole)
    areas = discrimination.by_class_with_intervals(votes, prob, metrics.resamples(np.arange(120) // 3, rng=np.random.default_rng(0), draws=20))
    found = whole | {
        "members": {"raw": short, "ensemble": short}, "kl_prior": 1.5, "patients": 40, "discrimination": areas,
        "bootstrap_by_patient_95": metrics.bootstrap(votes, prob, np.arange(120) // 3, rng=np.random.default_rng(0), draws=50),
        "by_agreement": [{"majority_share": [0.5, 0.6], "n": 120} | short], "reliability": metrics.reliability(votes, prob),
        "class_calibration_error": 0.05, "uncertainty": {"total": {"mean_nats": 1.0, "auroc_of_errors": None}},
        "conformal": conformal.describe(conformal.fit(votes, prob, rng=np.random.default_rng(0)), votes, prob, rng=np.random.default_rng(0)) | {"fitted_on": 60},
    }
    human = {"half_committee": {"n": 11474, "accuracy": 0.782, "kl": 0.363}, "single_expert": {"raters": 35, "accuracy": 0.66}}
    variants = {"unchanged": short | {"assessed": 120, "change": 0.0}, "8 electrodes absent": dict.fromkeys((*short, "change")) | {"assessed": 0}}
    return {"model": "made up", "manifest_sha256": "0" * 64, "command": "none", "members": ["raw"], "held_out_virtual_patients": found,
            "iiic50": found | {"sparcnet_published": short}, "human": human, "robustness": {"n": 120, "note": "made up", "variants": variants}}


def test_the_report_is_written_as_json_markdown_and_plots_with_what_people_reach(tmp_path: Path) -> None:
    report = small_report()
    plots = evaluation_plots.draw(report, tmp_path)
    text = evaluation_report.write(report, tmp_path, plots=plots).read_text()
    assert json.loads((tmp_path / "evaluation.json").read_text()) == json.loads(json.dumps(report))
    assert [path.name for path in plots] == ["sets.png", "reliability.png", "agreement.png", "confusion.png", "discrimination.png", "robustness.png"]
    assert all(path.stat().st_size > 5000 and f"({path.name})" in text for path in plots)
    assert "| half committee | 11474 | 0.782 | 0.363 |" in text
    assert "SPaRCNet, published" in text
    assert "| 8 electrodes absent | 0 | not assessed | – | – |" in text


def test_lines_of_people_are_in_every_plot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from matplotlib.figure import Figure

    said: list[str] = []

    def listen(figure: Figure, path: Path, **_: object) -> None:
        lines = [str(line.get_label()) for axes in figure.axes for line in axes.lines]
        said.append(" ".join([*lines, *(axes.get_title() for axes in figure.axes)]))

    monkeypatch.setattr(Figure, "savefig", listen)
    evaluation_plots.draw(small_report(), tmp_path)
    assert len(said) == 6
    assert all("half committee 0.78" in text and "single expert 0.66" in text for text in said)


def test_every_class_is_in_the_table_of_discrimination(truth: tuple[np.ndarray, np.ndarray]) -> None:
    assert list(discrimination.by_class(*truth)) == list(CLASSES)


def test_weighted_average_precision_agrees_with_scikit_learn(truth: tuple[np.ndarray, np.ndarray]) -> None:
    votes, prob = truth
    positive, score, weight = votes.argmax(axis=1) == 2, prob[:, 2].round(1), np.random.default_rng(3).uniform(0.1, 4, len(votes))
    theirs_found = theirs.average_precision_score(positive, score, sample_weight=weight)
    assert discrimination.average_precision(positive, score, weight) == pytest.approx(theirs_found)


def test_a_prior_that_is_the_mix_of_the_windows_changes_nothing(monkeypatch: pytest.MonkeyPatch, truth: tuple[np.ndarray, np.ndarray]) -> None:
    rows = np.concatenate([np.flatnonzero(truth[0].argmax(axis=1) == k)[:20] for k in range(6)])       # balanced, as the model assumes
    votes, prob = truth[0][rows], truth[1][rows]
    monkeypatch.setattr(natural_prior, "NAME", "balanced")
    found = natural_prior.describe(votes, prob, np.arange(len(votes)), rng=np.random.default_rng(0), draws=10)
    plain = metrics.describe(votes, prob)
    assert [found[key] for key in ("kl", "accuracy", "brier", "expected_calibration_error")] == pytest.approx(
        [plain[key] for key in ("kl", "accuracy", "brier", "expected_calibration_error")], abs=2e-4)
    assert found["n_effective"] == len(votes)


def test_under_the_natural_prior_a_class_counts_as_often_as_it_occurs() -> None:
    votes = np.eye(6)[[0, 0, 0, 5]]
    weight = natural_prior.weights(votes, np.array([0.1, 0, 0, 0, 0, 0.9]))
    assert (weight[:3].sum(), weight[3]) == pytest.approx((0.1, 0.9))
    assert natural_prior.shift(np.full((1, 6), 1 / 6), np.array([0.5, 0.1, 0.1, 0.1, 0.1, 0.1]))[0, 0] == pytest.approx(0.5)


def test_a_better_model_gains_and_a_model_gains_nothing_over_itself() -> None:
    votes, prob = votes_and_prob(300)
    worse = (prob + 1 / 6) / 2
    found = metrics.gain(votes, prob, worse, np.arange(300) // 3, rng=np.random.default_rng(0), draws=200)
    assert found["kl"] == pytest.approx(metrics.describe(votes, worse)["kl"] - metrics.describe(votes, prob)["kl"], abs=2e-4)
    assert metrics.gain(votes, prob, prob, np.arange(300), rng=np.random.default_rng(0), draws=20) == {"kl": 0.0, "kl_95": [0.0, 0.0]}


def test_bars_are_judged_only_where_they_were_measured() -> None:
    report = small_report() | {"healthy_adults": {"share": 0.031, "n": 1000, "seizure_events_over_10_s": 0, "hours": 3.0}}
    rows = {(row["what"], row["on"]): row for row in bars.check(report)}
    assert ("false alarms per hour", "generated, awake, normal") not in rows
    assert not rows["share of windows called a pattern", "healthy adults"]["met"]
    assert rows["seizure events longer than 10 s", "healthy adults"]["met"]
    assert rows["KL(votes ‖ p)", "held-out virtual patients"]["found"] == report["held_out_virtual_patients"]["kl"]
    assert all(row["n"] > 0 and row["kind"] in ("synthetic", "real") for row in rows.values())


def test_people_discriminate_classes_too(shared_data: Path) -> None:
    half = anchors.half_committee(shared_data)
    assert half is not None
    assert 0.9 < half["auroc"] < 1.0
    assert sum(row["n"] for row in half["by_agreement"]) == half["n"]
    assert half["by_agreement"][0]["accuracy"] < half["by_agreement"][-1]["accuracy"]


def test_windows_that_calibration_was_adjusted_on_are_judged_without_themselves(shared_data: Path) -> None:
    shipped = Ensemble.load(threads=1)
    sets = {name: real_windows.voted(shared_data, name) for name in ("iiic50", "iiic10")}
    windows = [(name, window) for name, found in sets.items() for window in found]
    logits, names = voted_windows.logits_of(shipped, [window for _, window in windows]), [name for name, _ in windows]
    before = calibrate.Calibration(shipped.weights.astype(float), 0.95, np.zeros(6))
    votes = np.stack([window.votes for _, window in windows])
    after = calibrate.adjust(before, logits, votes, names)
    ensemble = replace(shipped, temperature=after.temperature, class_bias=after.class_bias.astype(np.float32))
    numbers = {"weights": before.weights.tolist(), "temperature": 0.95, "class_bias": [0.0] * 6}
    notes = {"synthetic_only": numbers, "adjusted_on_development_windows": {}, "development_windows": len(windows)}

    found = voted_windows.leave_one_out(ensemble, sets, notes)
    other = calibrate.leave_one_out(before, logits, votes, names)
    assert [found[name]["n"] for name in sets] == [12, 10]
    assert sum(row["kl"] * row["n"] for row in found.values()) / len(windows) == pytest.approx(other["kl"], abs=1e-4)
    assert sum(row["right"] for row in found.values()) == other["right"]
    assert voted_windows.leave_one_out(replace(ensemble, temperature=2.0), sets, notes) == {}       # that fit does not give what serves
    assert voted_windows.leave_one_out(ensemble, sets, {}) == {}


def test_healthy_adults_are_told_apart_by_whether_training_met_them(shared_data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    few = {name: healthy_adults.GROUPS[name] for name in ("eegmat_normal_03_04", "eegmat_normal_00_02")}
    monkeypatch.setattr(healthy_adults, "GROUPS", few)
    found = healthy_adults.describe(Ensemble.load(threads=1), shared_data)
    assert found is not None
    unseen, seen = found["groups"]["eegmat_normal_03_04"], found["groups"]["eegmat_normal_00_02"]
    assert (unseen["people"], seen["people"], unseen["trained_on"], seen["trained_on"]) == (2, 3, False, True)
    assert found["n"] == unseen["n"] > 40
    assert found["seizure_events_over_10_s"] <= found["seizure_events"] == len(found["seizures"])


def test_an_evaluation_goes_into_the_card_of_its_weights_and_of_no_others(tmp_path: Path) -> None:
    shutil.copytree(WEIGHTS, tmp_path / "weights")
    report = small_report() | {"manifest_sha256": Ensemble.load(tmp_path / "weights").sha256}
    after = put_evaluation(tmp_path / "weights", report)
    assert Ensemble.load(tmp_path / "weights").sha256 == after != report["manifest_sha256"]
    assert model_card(tmp_path / "weights")["evaluation"] == json.loads(json.dumps(report))
    with pytest.raises(ValueError, match="not of that"):
        put_evaluation(tmp_path / "weights", report)


def test_without_real_recordings_only_generated_figures_are_reported(tmp_path: Path) -> None:
    said: list[str] = []
    report = evaluate.evaluate(Ensemble.load(threads=1), tmp_path, amounts=evaluate.Amounts(generated=24), command="typed", say=said.append)
    found = report["held_out_virtual_patients"]
    assert (report["command"], found["n"], found["patients"], found["kind"]) == ("typed", 24, 8, "synthetic")
    assert not {"iiic50", "grond", "icu_recording", "healthy_adults", "human", "events", "robustness"} & set(report)
    assert {row["on"] for row in report["bars"]} == {"held-out virtual patients"}
    assert set(report["wall_s"]) == {"held_out_virtual_patients"}
    assert said[0] == "held out virtual patients"
    assert json.loads(json.dumps(report)) == report
