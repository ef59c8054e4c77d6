"""From trained networks to the files that serve: ONNX with checked parity, and the manifest that names every byte."""

from __future__ import annotations

import copy
import hashlib
import json
from pathlib import Path
from typing import Any, Final

import numpy as np
import onnx
import torch
from numpy.typing import NDArray

from ml.backends.onnx_runtime import EMBEDDING, INPUT, LOGITS, OnnxPredictor
from ml.backends.torch_eager import TorchPredictor
from ml.channels import CHAIN_PAIRS
from ml.classes import CLASSES
from ml.ensemble import INPUT_SHAPE, MANIFEST
from ml.events import EventRule

TOLERANCE: Final[float] = 1e-4
"""Greatest difference of logits, and of embeddings, between torch and ONNX Runtime (reference 7.2)."""
PARITY_BATCHES: Final[tuple[int, ...]] = (1, 8, 64)


class ParityError(Exception):
    """The exported network computes something else than the trained one."""


def to_onnx(name: str, network: torch.nn.Module, path: Path) -> float:
    """Write a network as ONNX (fixed time, dynamic batch; outputs "logits" and "embedding") and compare it with torch.

    Auxiliary heads are left out: only training has them.

    Returns
    -------
    The greatest difference of logits and embeddings over three batch sizes.

    Raises
    ------
    ParityError
        If it exceeds ``TOLERANCE``.
    """
    network = without_auxiliary(network).eval()
    example = torch.zeros(2, *INPUT_SHAPE)
    program = torch.onnx.export(
        network, (example,), dynamo=True, input_names=[INPUT], output_names=[LOGITS, EMBEDDING],
        dynamic_shapes={INPUT: {0: torch.export.Dim("batch", min=1, max=4096)}}, opset_version=18, verbose=False,
    )
    if program is None:
        raise ParityError(f"{name}: torch exported nothing")
    program.optimize()
    program.save(path, external_data=False)
    path.write_bytes(without_traces(path.read_bytes()))
    worst = difference(name, network, path.read_bytes())
    if worst > TOLERANCE:
        raise ParityError(f"{name}: torch and ONNX Runtime differ by {worst:.2g}, more than {TOLERANCE:g}")
    return worst


def without_traces(model: bytes) -> bytes:
    """The same network without the exporter's notes, which name files of the machine that exported it."""
    proto = onnx.load_model_from_string(model)
    graph = proto.graph
    for part in (proto, graph, *graph.node, *graph.input, *graph.output, *graph.value_info, *graph.initializer, *proto.functions,
                 *(node for function in proto.functions for node in function.node)):
        part.doc_string = ""
        del part.metadata_props[:]
    stripped: bytes = proto.SerializeToString()
    return stripped


def without_auxiliary(network: torch.nn.Module) -> torch.nn.Module:
    """The network as it serves; a copy where it has heads that only training has."""
    if getattr(network, "auxiliary", None) is None:
        return network
    served = copy.deepcopy(network)
    served.auxiliary = None  # type: ignore[assignment]
    return served


def difference(name: str, network: torch.nn.Module, model: bytes) -> float:
    """Greatest difference of logits and embeddings between torch and ONNX Runtime at three batch sizes.

    Raises
    ------
    ParityError
        If the file gives no embedding.
    """
    rng = np.random.default_rng(0)
    eager, served = TorchPredictor(name, network), OnnxPredictor(name, model)
    worst = 0.0
    for batch in PARITY_BATCHES:
        windows = (rng.standard_normal((batch, *INPUT_SHAPE)) * rng.uniform(3, 60, (batch, 1, 1))).astype(np.float32)
        windows[::3, :, :4000] = 0
        ours, theirs = eager.answer(windows), served.answer(windows)
        if ours.embedding is None or theirs.embedding is None:
            raise ParityError(f"{name}: the exported network gives no embedding")
        worst = max(worst, float(np.abs(ours.logits - theirs.logits).max()), float(np.abs(ours.embedding - theirs.embedding).max()))
    return worst


def write_manifest(
    directory: Path,
    *,
    version: str,
    members: dict[str, float],
    temperature: float,
    class_bias: NDArray[np.float64],
    step_s: float,
    rule: EventRule,
    fitted_on: dict[str, str],
) -> dict[str, Any]:
    """Describe the files of ``directory`` (one ONNX file per member and the model card) by their sha256."""
    names = [f"{name}.onnx" for name in members] + ["model_card.json"]
    manifest = {
        "format": 1,
        "name": "hms-eeg",
        "version": version,
        "input": {
            "shape": ["batch", *INPUT_SHAPE], "sfreq_hz": 200.0, "unit": "uV", "band_hz": [0.5, 40.0],
            "missing": "0", "pairs": [list(pair) for pair in CHAIN_PAIRS],
        },
        "classes": list(CLASSES),
        "members": [{"name": name, "file": f"{name}.onnx", "weight": round(weight, 4)} for name, weight in members.items()],
        "temperature": round(temperature, 4),
        "class_bias": [round(float(value), 4) for value in class_bias],
        "prior": "balanced",
        "step_s": step_s,
        "events": {"rule": rule.to_json()},
        "fitted_on": fitted_on,
        "files": {name: hashlib.sha256((directory / name).read_bytes()).hexdigest() for name in names},
    }
    (directory / MANIFEST).write_text(json.dumps(manifest, indent=1) + "\n")
    return manifest
