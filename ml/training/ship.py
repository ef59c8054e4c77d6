"""From checkpoints to shipped weights: ``python -m ml.training.ship --build DIR --run NAME --out ml/weights``."""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ml.ensemble import WEIGHTS, Ensemble
from ml.events import EventRule
from ml.training import (
    calibrate,
    dataset,
    evaluate,
    event_thresholds,
    export,
    merge,
    model_card,
    optimise,
    real_windows,
    stack,
    train,
)
from ml.training.calibrate import Calibration
from ml.training.dataset import WindowSet
from ml.training.voted_windows import TUNED_SETS

FIT_SEEDS: Final[tuple[int, ...]] = (501,)
REPORT_SEEDS: Final[tuple[int, ...]] = (601,)


@dataclass(frozen=True, slots=True)
class Plan:
    """What to ship and how much to measure."""

    build: Path
    run: str                                 # or several by comma, which are merged
    networks: tuple[str, ...]
    out: Path
    data: Path
    version: str
    step_s: float
    hours: float
    n_generated: int
    tune: bool


def ship(plan: Plan) -> dict[str, Any]:
    """Export, calibrate, choose event thresholds, evaluate, and write manifest and card; returns the card."""
    plan.out.mkdir(parents=True, exist_ok=True)
    settings = _report(plan.build, plan.run.split(",")[0], plan.networks[0])["settings"]
    held_out = dataset.build(
        plan.build, n=settings["n_held_out"], seed=settings["seed"] + train.HELD_OUT_SEED, per_patient=settings["per_patient"]
    )
    found = {name: joined(plan.build, plan.run, name, held_out) for name in plan.networks}
    networks, runs = {name: network for name, (network, _) in found.items()}, [report for _, report in found.values()]
    parity = {name: export.to_onnx(name, network, plan.out / f"{name}.onnx") for name, network in networks.items()}
    fitted, fitted_on, note = _calibrated(plan, networks, held_out)
    _write(plan, fitted, EventRule(), fitted_on, {})
    rule, event_figures = _events(plan)
    _write(plan, fitted, rule, fitted_on, {})
    ensemble = Ensemble.load(plan.out)
    card = model_card.model_card(
        version=plan.version, day=datetime.now(UTC).date(), runs=runs,
        evaluation=evaluate.evaluate(ensemble, plan.data, n_generated=plan.n_generated),
        event_figures=event_figures, calibration=note, speed=_speed(ensemble), export_parity=parity,
    )
    _write(plan, fitted, rule, fitted_on, card)
    return card


def joined(build: Path, run: str, name: str, held_out: WindowSet) -> tuple[train.Network, dict[str, Any]]:
    """A trained network and its report; of several runs by comma the mean of those that are better together (``ml.training.merge``)."""
    runs = run.split(",")
    made = [train.load(name, build / f"{each}_{name}.safetensors") for each in runs]
    if len(runs) == 1:
        return made[0], _report(build, run, name)
    found = merge.merge(made, held_out, held_out)
    return found.network, _report(build, runs[found.joined[0]], name) | {"merged": {"runs": runs} | found.to_json()}


def _report(build: Path, run: str, name: str) -> dict[str, Any]:
    return dict(json.loads((build / f"{run}_{name}.json").read_text()))


def _write(plan: Plan, fitted: Calibration, rule: EventRule, fitted_on: dict[str, str], card: dict[str, Any]) -> None:
    (plan.out / "model_card.json").write_text(json.dumps(card, indent=1) + "\n")
    export.write_manifest(
        plan.out, version=plan.version, members=dict(zip(plan.networks, fitted.weights.tolist(), strict=True)),
        temperature=fitted.temperature, class_bias=fitted.class_bias, step_s=plan.step_s, rule=rule, fitted_on=fitted_on,
    )


def _calibrated(
    plan: Plan, networks: dict[str, train.Network], held_out: WindowSet
) -> tuple[Calibration, dict[str, str], dict[str, Any]]:
    """Weights and calibration on held-out virtual patients; optionally two numbers more on development windows.

    The pool serves; whether another way of joining would be better is in the note (fitted on half of the patients, judged on the others).
    """
    answers = [optimise.answers(network, held_out) for network in networks.values()]
    logits = np.stack([each[0] for each in answers])
    fitted = calibrate.fit(logits, held_out.votes)
    fitted_on = {"weights": "held-out virtual patients", "temperature and class bias": "held-out virtual patients"}
    note: dict[str, Any] = {
        "held_out_windows": len(held_out.votes), "synthetic_only": _numbers(fitted), "joining": _joining(logits, [each[1] for each in answers], held_out),
    }
    if plan.tune:
        real_logits, votes, sets = _development(plan, networks)
        tuned = calibrate.adjust(fitted, real_logits, votes, sets)
        note |= {"adjusted_on_development_windows": _numbers(tuned), "development_windows": len(votes)}
        note["leave_one_out"] = calibrate.leave_one_out(fitted, real_logits, votes, sets)
        fitted_on["temperature and class bias"] += f"; then temperature and one bias of other on {len(votes)} real development windows"
        fitted = tuned
    return fitted, fitted_on, note


def _joining(logits: NDArray[np.float32], places: list[NDArray[np.float32]], held_out: WindowSet) -> dict[str, Any]:
    """Every candidate for joining the members, fitted on the first half of the held-out patients and judged on the second."""
    first = held_out.patient < np.median(held_out.patient)
    return stack.compare(
        (logits[:, first], held_out.votes[first]), (logits[:, ~first], held_out.votes[~first], held_out.patient[~first]),
        places=([place[first] for place in places], [place[~first] for place in places]),
    )


def _numbers(fitted: Calibration) -> dict[str, Any]:
    return {
        "weights": fitted.weights.round(4).tolist(), "temperature": round(fitted.temperature, 4),
        "class_bias": fitted.class_bias.round(4).tolist(),
    }


def _development(
    plan: Plan, networks: dict[str, train.Network]
) -> tuple[NDArray[np.float32], NDArray[np.float64], list[str]]:
    """Members' logits, votes and sets of the development windows, through the exported networks."""
    named = [(name, w) for name in TUNED_SETS for w in real_windows.voted(plan.data, name) if w.bipolar_uv is not None]
    found = [window for _, window in named]
    stacked = np.stack([window.bipolar_uv for window in found if window.bipolar_uv is not None])
    equal = Calibration(np.ones(len(networks)) / len(networks), 1.0, np.zeros(6))
    _write(plan, equal, EventRule(), {}, {})
    return Ensemble.load(plan.out).predict_members(stacked), np.stack([window.votes for window in found]), [name for name, _ in named]


def _events(plan: Plan) -> tuple[EventRule, dict[str, Any]]:
    """Event rule fitted on some generated recordings, and its figures on others."""
    ensemble = Ensemble.load(plan.out)
    fitting = event_thresholds.analyse_generated(ensemble, hours=plan.hours, seeds=FIT_SEEDS)
    rule = event_thresholds.fit(fitting + _quiet(ensemble, plan.hours, FIT_SEEDS))
    patients = event_thresholds.analyse_generated(ensemble, hours=plan.hours, seeds=REPORT_SEEDS)
    healthy = _quiet(ensemble, plan.hours, REPORT_SEEDS)
    return rule, {
        "fitted_on_seeds": list(FIT_SEEDS), "reported_on_seeds": list(REPORT_SEEDS), "step_s": plan.step_s,
        "note": f"Thresholds were fitted on generated recordings of {plan.hours:g} h and are reported on others; "
                "the minimum duration of a seizure is that of ACNS 2021 and was not fitted.",
        "patients": event_thresholds.report(patients, rule),
        "healthy": event_thresholds.report(healthy, rule),
    }


def _quiet(ensemble: Ensemble, hours: float, seeds: tuple[int, ...]) -> list[event_thresholds.Assessed]:
    """Half as long as the others in all, half of it awake and half asleep, in which nothing happens."""
    return [one for asleep in (False, True)
            for one in event_thresholds.analyse_generated(ensemble, hours=hours / 4, seeds=seeds, healthy=True, asleep=asleep)]


def _speed(ensemble: Ensemble) -> dict[str, Any]:
    """Windows per minute of the ensemble at a few batch sizes, two threads, on the machine that shipped it."""
    rng = np.random.default_rng(0)
    rows = {}
    for batch in (1, 8, 16):
        windows = rng.standard_normal((batch, 18, 10_000)).astype(np.float32) * 10
        ensemble.predict(windows)
        seconds = []
        for _ in range(5):
            began = time.perf_counter()
            ensemble.predict(windows)
            seconds.append(time.perf_counter() - began)
        rows[f"batch_{batch}"] = round(60 * batch / float(np.median(seconds)))
    return {"windows_per_minute": rows, "note": "median of five; CPU provider, two threads, machine shared with other work"}


def main() -> None:
    """Ship a run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=Path, default=Path("build/training"))
    parser.add_argument("--run", required=True, help="name of the configuration that was trained; several by comma are merged")
    parser.add_argument("--networks", default="raw,spectrogram")
    parser.add_argument("--out", type=Path, default=WEIGHTS)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--version", required=True)
    parser.add_argument("--step-s", type=float, default=5.0)
    parser.add_argument("--hours", type=float, default=24.0, help="length of the recordings that thresholds are fitted on")
    parser.add_argument("--generated", type=int, default=1200)
    parser.add_argument("--tune-on-development", action="store_true")
    a = parser.parse_args()
    card = ship(Plan(
        a.build, a.run, tuple(a.networks.split(",")), a.out, a.data, a.version, a.step_s, a.hours, a.generated,
        a.tune_on_development,
    ))
    print(json.dumps({key: card[key] for key in ("calibration", "events_on_generated_recordings", "speed")}, indent=1))


if __name__ == "__main__":
    main()
