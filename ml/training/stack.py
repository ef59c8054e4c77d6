"""Candidates for joining the members beyond the log-linear pool that serves; each must beat it on patients it has not met.

Fitted on the members' logits of one fold of patients, judged on another. The pool of ``ml.training.calibrate`` is the one to
beat; ``compare`` says which candidate does, by a margin whose interval by patient lies above 0.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import special
from torch import nn

from ml.training import calibrate, losses, metrics
from ml.training.calibrate import Calibration, divergence
from ml.training.fusion import AttentionFusion

Floats = NDArray[np.floating]
EPOCHS: Final[int] = 300
DRAWS: Final[int] = 2000


class MetaLearner:
    """A small network over the members' logits, added to the pool's scores; it begins as the pool."""

    def __init__(self, pool: Calibration, logits: NDArray[np.float32], votes: Floats, *, seed: int = 0, hidden: int = 16) -> None:
        torch.manual_seed(seed)
        self._pool = pool
        network = nn.Sequential(nn.Linear(logits.shape[0] * logits.shape[2], hidden), nn.SiLU(), nn.Dropout(0.3), nn.Linear(hidden, logits.shape[2]))
        nn.init.zeros_(network[3].weight)  # type: ignore[arg-type]
        nn.init.zeros_(network[3].bias)  # type: ignore[arg-type]
        self._network = network
        x, base = _flat(logits), torch.from_numpy(np.log(np.maximum(pool.soft(logits), 1e-9)).astype(np.float32))
        target = torch.from_numpy(np.asarray(votes, dtype=np.float32))
        weight = torch.from_numpy(calibrate.class_weights(votes).astype(np.float32))
        optimizer = torch.optim.AdamW(network.parameters(), 3e-3, weight_decay=0.05)
        for _ in range(EPOCHS):
            optimizer.zero_grad()
            (losses.by_window(base + network(x), target) * weight).sum().backward()  # type: ignore[no-untyped-call]
            optimizer.step()
        network.eval()

    @torch.inference_mode()
    def prob(self, logits: NDArray[np.float32]) -> Floats:
        """Probabilities of every window."""
        base = np.log(np.maximum(self._pool.soft(logits), 1e-9))
        return np.asarray(special.softmax(base + self._network(_flat(logits)).numpy(), axis=1))


class EqualMean:
    """Equal weights and nothing fitted but the temperature: what the pool has to be better than."""

    def __init__(self, logits: NDArray[np.float32], votes: Floats) -> None:
        equal = np.full(len(logits), 1 / len(logits))
        self._pool = calibrate.fit(logits, votes, weights=equal, bias_penalty=1e3)

    def prob(self, logits: NDArray[np.float32]) -> Floats:
        """Probabilities of every window."""
        return self._pool.prob(logits)


class DoubtWeighted:
    """The pool drawn to uniform where the members differ or the signal is poor.

    Logits are divided by 1 + a·(disagreement of members) + b·(share of the window that is not sound), both 0 or more, fitted.

    Parameters
    ----------
    poor
        (n,) share of pairs and time that was filled in or absent, of the windows that it is fitted on.
    """

    def __init__(self, pool: Calibration, logits: NDArray[np.float32], votes: Floats, poor: Floats | None = None) -> None:
        from scipy import optimize

        self._pool = pool
        rows = calibrate.class_weights(votes)

        def loss(x: NDArray[np.float64]) -> float:
            self._strength = np.abs(x)
            return float(rows @ divergence(votes, self.prob(logits, poor))) + 1e-3 * float(x @ x)

        self._strength = np.zeros(2)
        self._strength = np.abs(optimize.minimize(loss, np.full(2, 0.1), method="Nelder-Mead").x)

    def prob(self, logits: NDArray[np.float32], poor: Floats | None = None) -> Floats:
        """Probabilities of every window."""
        doubt = 1 + self._strength[0] * disagreement(logits)
        if poor is not None:
            doubt = doubt + self._strength[1] * poor
        scores = np.log(np.maximum(self._pool.soft(logits), 1e-9)) / doubt[:, None]
        return np.asarray(special.softmax(scores, axis=1))


class BayesianAverage:
    """Mean of the members' probabilities, each calibrated by itself, weighted by how probable the votes make each member.

    Pseudo Bayesian model averaging with a Bayesian bootstrap over patients (pseudo-BMA+: Yao et al., Bayesian Analysis 2018): without it the
    weight of the better of two members goes to 1 as windows are added, however little better it is.

    Parameters
    ----------
    patient
        (n,) of the windows that it is fitted on; each window stands for itself by default.
    """

    def __init__(
        self, logits: NDArray[np.float32], votes: Floats, patient: NDArray[np.integer] | None = None, *, seed: int = 0, draws: int = 500
    ) -> None:
        self._members = [calibrate.fit(member[None], votes) for member in logits]
        loss = np.stack([divergence(votes, fitted.prob(member[None])) for fitted, member in zip(self._members, logits, strict=True)])
        _, group = np.unique(np.arange(len(votes)) if patient is None else patient, return_inverse=True)
        by_patient = np.stack([np.bincount(group, row) for row in loss])                           # (members, patients)
        drawn = np.random.default_rng(seed).dirichlet(np.ones(by_patient.shape[1]), draws) * by_patient.shape[1]
        self.weights: Floats = special.softmax(-drawn @ by_patient.T, axis=1).mean(axis=0)

    def prob(self, logits: NDArray[np.float32]) -> Floats:
        """Probabilities of every window."""
        each = np.stack([fitted.prob(member[None]) for fitted, member in zip(self._members, logits, strict=True)])
        return np.asarray(np.einsum("m,mnc->nc", self.weights, each))


def disagreement(logits: NDArray[np.float32]) -> Floats:
    """Mean over classes of the standard deviation of the members' log probabilities, (n,)."""
    return np.asarray(special.log_softmax(logits, axis=2).std(axis=0).mean(axis=1))


def poor_share(bipolar_uv: NDArray[np.float32]) -> Floats:
    """Share of pairs and samples of windows (n, 18, samples) in which nothing was recorded, (n,)."""
    return np.asarray((np.abs(bipolar_uv) < 1e-4).mean(axis=(1, 2)))


def compare(
    fitting: tuple[NDArray[np.float32], Floats], judging: tuple[NDArray[np.float32], Floats, NDArray[np.integer]], *, seed: int = 0,
    poor: tuple[Floats, Floats] | None = None, places: tuple[Sequence[Floats | None], Sequence[Floats | None]] | None = None,
) -> dict[str, Any]:
    """Fit every candidate on some patients and judge it on others.

    Parameters
    ----------
    fitting, judging
        Members' logits (members, n, 6), votes (n, 6) and, where judged, patients (n,).
    poor
        ``poor_share`` of the windows of both.
    places
        Embeddings of both, one array for each member or ``None``; without them no attention is fitted.

    Returns
    -------
    Divergence and accuracy of each, how much lower its divergence is than the pool's with the interval by patient, and the
    name of the one to use: the pool, unless the lower end of another's gain is above 0.
    """
    (logits, votes), (others, truth, patient) = fitting, judging
    pool = calibrate.fit(logits, votes)
    doubt = DoubtWeighted(pool, logits, votes, None if poor is None else poor[0])
    made: dict[str, Callable[[], Floats]] = {
        "pool": lambda: pool.prob(others),
        "equal mean": lambda: EqualMean(logits, votes).prob(others),
        "meta-learner": lambda: MetaLearner(pool, logits, votes, seed=seed).prob(others),
        "doubt-weighted": lambda: doubt.prob(others, None if poor is None else poor[1]),
        "Bayesian average": lambda: BayesianAverage(logits, votes, seed=seed).prob(others),
    }
    if places is not None:
        made["attention"] = lambda: AttentionFusion(pool, logits, places[0], votes, seed=seed).prob(others, places[1])
    prob = {name: make() for name, make in made.items()}
    base = divergence(truth, prob["pool"])
    rows = {}
    for name, values in prob.items():
        low, high = gain_by_patient(base - divergence(truth, values), patient, seed=seed)
        figures = metrics.describe(truth, values)
        rows[name] = {"kl": figures["kl"], "accuracy": figures["accuracy"], "gain_95": [round(low, 4), round(high, 4)]}
    better = [name for name, row in rows.items() if row["gain_95"][0] > 0]
    return {"candidates": rows, "use": min(better, key=lambda name: rows[name]["kl"]) if better else "pool", "weights": pool.weights.round(4).tolist()}


def gain_by_patient(gain: Floats, patient: NDArray[np.integer], *, seed: int) -> tuple[float, float]:
    """95 % percentile interval of a mean gain when patients are drawn again."""
    _, group = np.unique(patient, return_inverse=True)
    total, count = np.bincount(group, gain), np.bincount(group)
    drawn = np.random.default_rng(seed).integers(len(total), size=(DRAWS, len(total)))
    low, high = np.percentile(total[drawn].sum(axis=1) / count[drawn].sum(axis=1), [2.5, 97.5])
    return float(low), float(high)


def _flat(logits: NDArray[np.float32]) -> torch.Tensor:
    """(members, n, 6) to (n, members * 6) of log probabilities."""
    values = special.log_softmax(logits, axis=2).transpose(1, 0, 2)
    return torch.from_numpy(np.ascontiguousarray(values.reshape(values.shape[0], -1), dtype=np.float32))
