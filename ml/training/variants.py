"""Smaller or faster copies of shipped networks, which serve only if they are as right and faster: ``hms export --variant``.

* ``fp16``: half precision from the first learned layer on; the spectrogram before it and the recurrent layer stay single.
* ``int8``: convolutions in eight bits with static ranges (QDQ, per channel) from generated windows; front end, first convolutions, gates,
  recurrent layer and heads stay single (reference 7.4: dynamic eight bits were slower, and depthwise ones wrong).
* ``pruned``: at most a quarter of the inner channels of every block, those of least weight, are taken out of the graph.

Each member is judged by itself: |change of KL| below 0.005 on virtual patients that nothing was fitted on, and a lower latency at every
batch size, here and with this provider. A member that fails one of the two stays as it was.
"""

from __future__ import annotations

import hashlib
import json
import math
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper

from ml import calibration
from ml.backends.onnx_runtime import INPUT, OnnxPredictor
from ml.backends.predictor import Predictor, ProviderName
from ml.ensemble import MANIFEST, Ensemble
from ml.synthetic import windows
from ml.training import calibrate

GREATEST_CHANGE: Final[float] = 0.005
"""Of the divergence, in nats (reference 7.4)."""
BATCHES: Final[tuple[int, ...]] = (1, 16)
REPEATS: Final[int] = 15
PRUNED_SHARE: Final[float] = 0.25
ROUND_TO: Final[int] = 8
"""Kept channels are rounded up to a multiple of this, as convolutions on a CPU like them."""
JUDGE_SEED: Final[int] = 869_001
RANGE_SEED: Final[int] = 869_101
"""Virtual patients of the judged windows, and of those that give the ranges of eight-bit numbers."""
FIXED: Final[tuple[str, ...]] = ("taps", "basis", "regions", "mel", "distance_s")
"""Last parts of the names of what is not learned."""
INNER: Final[tuple[tuple[str, str, str | None], ...]] = (("widen.0", "narrow.0", "gate"), ("body.0", "body.3", None))
"""Convolutions before and after channels that nothing else reads, and the gate between them."""

Windows = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Verdict:
    """A variant of one member beside the member."""

    name: str
    kl: tuple[float, float]                                  # of the member, of its variant
    seconds: dict[int, tuple[float, float]]                  # median of a call, by batch size
    size: tuple[int, int]                                    # bytes
    reason: str = field(default="")                          # why there is no variant at all

    @property
    def accurate(self) -> bool:
        return bool(abs(self.kl[1] - self.kl[0]) < GREATEST_CHANGE)

    @property
    def faster(self) -> bool:
        return all(variant < full for full, variant in self.seconds.values())

    @property
    def accepted(self) -> bool:
        """Whether the variant serves."""
        return not self.reason and self.accurate and self.faster

    def to_json(self) -> dict[str, Any]:
        """Figures for the manifest and for people."""
        if self.reason:
            return {"accepted": False, "reason": self.reason}
        return {
            "accepted": self.accepted, "kl": [round(value, 4) for value in self.kl], "change_kl": round(self.kl[1] - self.kl[0], 5),
            "bytes": list(self.size), "accurate": self.accurate, "faster": self.faster,
            "ms_per_call": {f"batch_{batch}": [round(1e3 * value, 2) for value in both] for batch, both in self.seconds.items()},
        }


def make(
    kind: str, weights: Path, out: Path, *, n: int = 600, provider: ProviderName = "cpu", timer: Callable[..., dict[int, tuple[float, float]]] | None = None
) -> dict[str, Any]:
    """Build a variant of every network of a directory of weights; write a directory that serves if any of them is accepted.

    Parameters
    ----------
    kind
        Key of ``KINDS``.
    n
        Generated windows, one of each virtual patient, that accuracy is judged on.
    timer
        Measures both; ``seconds_of`` by default.

    Returns
    -------
    Verdict of every member; ``written`` says whether ``out`` was.
    """
    manifest = json.loads((weights / MANIFEST).read_text())
    ensemble = Ensemble.load(weights)                                               # verified bytes only
    judged = windows.generate(np.random.default_rng(JUDGE_SEED), n, per_patient=1)
    seen = judged.bipolar_uv.astype(np.float32)
    verdicts: dict[str, Verdict] = {}
    made: dict[str, bytes] = {}
    for member in manifest["members"]:
        full = (weights / member["file"]).read_bytes()
        try:
            made[member["name"]] = KINDS[kind](full)
        except (ValueError, RuntimeError) as error:
            verdicts[member["name"]] = Verdict(member["name"], (0.0, 0.0), {}, (len(full), 0), reason=f"{error}"[:300])
            continue
        verdicts[member["name"]] = judge(member["name"], full, made[member["name"]], seen, judged.votes, ensemble, provider=provider, timer=timer)
    accepted = {name: made[name] for name, verdict in verdicts.items() if verdict.accepted}
    report = {"variant": kind, "provider": provider, "windows": n, "members": {name: verdict.to_json() for name, verdict in verdicts.items()}}
    if accepted:
        _write(weights, out, manifest, accepted, report)
    return report | {"written": bool(accepted)}


def judge(
    name: str, full: bytes, variant: bytes, seen: Windows, votes: NDArray[np.floating], ensemble: Ensemble, *,
    provider: ProviderName = "cpu", timer: Callable[..., dict[int, tuple[float, float]]] | None = None,
) -> Verdict:
    """A network and its variant on the same windows (n, 18, 10000), calibrated as the ensemble is."""
    both = [OnnxPredictor(name, model, provider=provider) for model in (full, variant)]
    kl = [float(calibrate.divergence(votes, _prob(each, seen, ensemble)).mean()) for each in both]
    return Verdict(name, (kl[0], kl[1]), (timer or seconds_of)(both, seen), (len(full), len(variant)))


def seconds_of(both: Sequence[Predictor], seen: Windows) -> dict[int, tuple[float, float]]:
    """Median seconds of a call of two networks by batch size, measured in turns so that both meet the same machine."""
    found = {}
    for batch in BATCHES:
        part, rows = seen[:batch], []
        for each in both:
            each.logits(part)
        for turn in range(REPEATS):
            order = (0, 1) if turn % 2 else (1, 0)
            taken = dict.fromkeys(order, 0.0)
            for which in order:
                began = time.perf_counter()
                both[which].logits(part)
                taken[which] = time.perf_counter() - began
            rows.append((taken[0], taken[1]))
        full, variant = np.median(rows, axis=0)
        found[batch] = (float(full), float(variant))
    return found


def half(model: bytes) -> bytes:
    """From the first learned layer on in half precision; what goes in and comes out is single."""
    from onnxruntime.transformers.float16 import convert_float_to_float16  # slow to import

    proto = onnx.load_model_from_string(model)
    kept = [node.name for node in proto.graph.node if node.name in _front(proto.graph) or node.op_type == "GRU"]
    made = convert_float_to_float16(proto, keep_io_types=True, node_block_list=kept)
    _join_single(made.graph)
    return bytes(made.SerializeToString())


def eight_bits(model: bytes) -> bytes:
    """Convolutions in eight bits, with ranges of activations seen in generated windows."""
    from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static, shape_inference

    class Ranges(CalibrationDataReader):
        """A few windows at a time."""

        def __init__(self) -> None:
            made = windows.generate(np.random.default_rng(RANGE_SEED), 64, per_patient=1).bipolar_uv.astype(np.float32)
            self._parts = iter([made[first : first + 16] for first in range(0, len(made), 16)])

        def get_next(self) -> dict[str, Windows] | None:
            part = next(self._parts, None)
            return None if part is None else {INPUT: part}

    with tempfile.TemporaryDirectory() as folder:
        ready, made = Path(folder) / "ready.onnx", Path(folder) / "int8.onnx"
        shape_inference.quant_pre_process(onnx.load_model_from_string(model), str(ready), skip_symbolic_shape=True, skip_optimization=True)
        graph = onnx.load(ready).graph
        quantize_static(
            str(ready), str(made), Ranges(), quant_format=QuantFormat.QDQ, op_types_to_quantize=["Conv"], per_channel=True,
            activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8, nodes_to_exclude=_first_convolutions(graph),
        )
        return made.read_bytes()


def pruned(model: bytes, *, share: float = PRUNED_SHARE) -> bytes:
    """Inner channels of least weight taken out.

    A channel counts by the norm of what makes it times the norm of what reads it.

    Raises
    ------
    ValueError
        If the network has no such channels.
    """
    proto = onnx.load_model_from_string(model)
    values = {each.name: numpy_helper.to_array(each) for each in proto.graph.initializer}
    changed: dict[str, NDArray[np.floating]] = {}
    for name in values:
        for before, after, gate in INNER:
            stem = name.removesuffix(f"{before}.weight")
            if stem != name and f"{stem}{after}.weight" in values:
                changed |= _without_least(values, stem, before, after, gate, share)
    if not changed:
        raise ValueError("the network has no inner channels that could be taken out")
    for each in proto.graph.initializer:
        if each.name in changed:
            each.CopyFrom(numpy_helper.from_array(np.ascontiguousarray(changed[each.name]), each.name))
    del proto.graph.value_info[:]                                                   # shapes of what was wider
    return bytes(proto.SerializeToString())


KINDS: Final[dict[str, Callable[[bytes], bytes]]] = {"fp16": half, "int8": eight_bits, "pruned": pruned}


def _without_least(
    values: dict[str, NDArray[np.floating]], stem: str, before: str, after: str, gate: str | None, share: float
) -> dict[str, NDArray[np.floating]]:
    made, read = values[f"{stem}{before}.weight"], values[f"{stem}{after}.weight"]
    weight = np.linalg.norm(made.reshape(len(made), -1), axis=1) * np.linalg.norm(read.swapaxes(0, 1).reshape(len(made), -1), axis=1)
    count = math.ceil((1 - share) * len(made) / ROUND_TO) * ROUND_TO
    kept = np.sort(np.argsort(-weight, kind="stable")[:count])
    changed = {f"{stem}{before}.weight": made[kept], f"{stem}{after}.weight": read[:, kept]}
    for bias in (f"{stem}{before}.weight_bias", f"{stem}{before}.bias"):            # folded by the exporter, or its own
        if bias in values:
            changed[bias] = values[bias][kept]
    if gate is not None:
        changed |= {f"{stem}{gate}.0.weight": values[f"{stem}{gate}.0.weight"][:, kept], f"{stem}{gate}.2.weight": values[f"{stem}{gate}.2.weight"][kept],
                    f"{stem}{gate}.2.bias": values[f"{stem}{gate}.2.bias"][kept]}
    return changed


def _front(graph: Any) -> set[str]:
    """Names of the nodes that no learned number has reached."""
    learned = {each.name for each in graph.initializer
               if each.data_type == onnx.TensorProto.FLOAT and "." in each.name and each.name.rsplit(".", 1)[-1] not in FIXED}
    front = set()
    for node in graph.node:                                                         # in order of computation
        if learned.isdisjoint(node.input):
            front.add(node.name)
        else:
            learned.update(node.output)
    return front


def _join_single(graph: Any) -> None:
    """Let nodes in single precision hand their numbers to one another as they are.

    The converter rounds to half precision and back between any two of them: powers of high EEG would become infinite.
    """
    made_by = {output: node for node in graph.node for output in node.output}

    def cast(name: str, to: int) -> Any | None:
        node = made_by.get(name)
        return node if node is not None and node.op_type == "Cast" and node.attribute[0].i == to else None

    for node in graph.node:
        for place, name in enumerate(node.input):
            back = cast(name, onnx.TensorProto.FLOAT)
            rounded = None if back is None else cast(back.input[0], onnx.TensorProto.FLOAT16)
            if rounded is not None and rounded.input[0] in made_by:
                node.input[place] = rounded.input[0]


def _first_convolutions(graph: Any) -> list[str]:
    """Names of the convolutions of the front end, and of the first learned ones after it."""
    front = _front(graph)
    made_by = {output: node.name for node in graph.node for output in node.output}
    return [node.name for node in graph.node if node.op_type == "Conv" and (node.name in front or made_by.get(node.input[0]) in front)]


def _prob(predictor: Predictor, seen: Windows, ensemble: Ensemble) -> NDArray[np.float32]:
    logits = np.concatenate([predictor.logits(seen[first : first + 16]) for first in range(0, len(seen), 16)])
    return calibration.apply(logits, ensemble.temperature, ensemble.class_bias)


def _write(weights: Path, out: Path, manifest: dict[str, Any], accepted: dict[str, bytes], report: dict[str, Any]) -> None:
    """A directory of weights with the accepted variants in the places of their members."""
    out.mkdir(parents=True, exist_ok=True)
    for name in manifest["files"]:
        shutil.copyfile(weights / name, out / name)
    files = dict(manifest["files"])
    for member in manifest["members"]:
        if member["name"] in accepted:
            (out / member["file"]).write_bytes(accepted[member["name"]])
            files[member["file"]] = hashlib.sha256(accepted[member["name"]]).hexdigest()
    changed = manifest | {"version": f"{manifest['version']}+{report['variant']}", "files": files, "variant": report}
    (out / MANIFEST).write_text(json.dumps(changed, indent=1) + "\n")
