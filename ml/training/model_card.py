"""The model card that ships with the weights and is shown on the model page: what was measured and what was not."""

from __future__ import annotations

from datetime import date
from typing import Any

from ml.classes import CLASSES
from ml.synthetic import votes


def model_card(
    *,
    version: str,
    day: date,
    runs: list[dict[str, Any]],
    evaluation: dict[str, Any],
    event_figures: dict[str, Any],
    calibration: dict[str, Any],
    speed: dict[str, Any],
    export_parity: dict[str, float],
) -> dict[str, Any]:
    """Assemble the card; every figure comes from the arguments."""
    return {
        "name": "hms-eeg first ensemble",
        "version": version,
        "date": day.isoformat(),
        "summary": "Two small networks (raw EEG and spectrogram) that suggest one of five rhythmic or periodic patterns for "
        "every 10 s of scalp EEG. Trained on generated EEG only.",
        "intended_use": "Research and education: a first look that a neurologist checks on the signal itself.",
        "not_intended": "Not a medical device. Not for neonates or children, alarms, treatment decisions, or reading EEG "
        "without a neurologist. It does not assess background, slowing, spikes or sleep.",
        "classes": list(CLASSES),
        "class_prior": "balanced: probabilities assume that all six classes are equally frequent",
        "input": "18 longitudinal bipolar pairs of the 10-20 system, 0.5-40 Hz, 200 Hz, 50 s around the labelled 10 s",
        "networks": {
            "raw": "ResNet1D-GRU: chain-shared residual encoder at 50 Hz, chain mixer, left-right symmetric features, "
            "bidirectional GRU, attention with a Gaussian centre prior; reads the central 20 s",
            "spectrogram": "narrow EfficientNet V2 blocks on regional log spectrograms of 50 s and a zoom on the central 12 s",
        },
        "training_data": {
            "kind": "generated EEG of virtual patients only (ml/synthetic); no real signal trained any weight",
            "labels": "soft votes from margins of the ACNS 2021 criteria, "
            f"{votes.CONFUSION_SHARE:.0%} of them spread by the measured confusion of human raters (IIIC-IRR)",
            "note": TRAINING_NOTE,
            "runs": runs,
        },
        "calibration": calibration,
        "evaluation": evaluation,
        "events_on_generated_recordings": event_figures,
        "speed": speed,
        "export_parity_torch_onnx": export_parity,
        "human_anchors": evaluation.get("human_half_committee"),
        "limits": LIMITS,
        "attributions": ATTRIBUTIONS,
        "licence": "Apache-2.0",
    }


TRAINING_NOTE: str = (
    "Stage one ran before rhythmic delta was given more varied shapes in the generator, so it cannot be repeated byte by byte; "
    "steps, batch and rates of each stage are under runs."
)

LIMITS: list[str] = [
    "Calibrated on synthetic patients and adjusted on few real windows; probabilities on real EEG are rougher than they look.",
    "The real windows are few and were used while the generator and the calibration were chosen: figures on them are "
    "development figures, not a test.",
    "The figures on generated windows measure agreement with the generator's own labels.",
    "Weak spots: faint or irregular lateralized rhythmic delta, sparse focal discharges, slow high seizures against rhythmic "
    "delta, patterns on the border between lateralized and generalized.",
    "Event thresholds were fitted on generated recordings; false alarms on real long recordings are not measured.",
    "No figure for neonates, children, intracranial EEG or other montages.",
]

ATTRIBUTIONS: list[str] = [
    "Contains information from IIIC-IRR and IIIC-SPaRCNet (Brain Data Science Platform), ODC Attribution License 1.0; Jing et "
    "al., Neurology 2023;100(17):e1737-e1749 and e1750-e1762: vote statistics for the labels, voted windows for evaluation.",
    "GROND, Brain Data Science Platform, Jing et al., CC BY-NC 4.0: evaluation only.",
    "Zyma et al., Electroencephalograms during Mental Arithmetic Task Performance, Data 2019;4(1):14; PhysioNet, "
    "ODC Attribution License 1.0; Goldberger et al., Circulation 2000;101(23):e215-e220: evaluation only.",
]
