"""Evaluation: figures against independent implementations, human anchors against the published analysis, files that say so."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

sklearn = pytest.importorskip("sklearn", reason="extra train absent")
from sklearn import metrics as theirs  # noqa: E402

from ml.classes import CLASSES  # noqa: E402
from ml.training import (  # noqa: E402
    anchors,
    conformal,
    discrimination,
    evaluation_plots,
    evaluation_report,
    metrics,
    uncertainty,
)


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
    short = {key: whole[key] for key in ("right", "accuracy", "accuracy_95", "kl", "macro_f1")}
    found = whole | {
        "members": {"raw": short, "ensemble": short}, "kl_prior": 1.5, "patients": 40, "discrimination": discrimination.by_class(votes, prob),
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
    assert [path.name for path in plots] == ["sets.png", "reliability.png", "agreement.png", "confusion.png", "robustness.png"]
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
    assert len(said) == 5
    assert all("half committee 0.78" in text and "single expert 0.66" in text for text in said)


def test_every_class_is_in_the_table_of_discrimination(truth: tuple[np.ndarray, np.ndarray]) -> None:
    assert list(discrimination.by_class(*truth)) == list(CLASSES)
