"""The training loop: a kill changes nothing, early stopping keeps the best, every option trains."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="extra train absent")
from safetensors.torch import load_file  # noqa: E402

from ml.training import checkpoint, optimise, train  # noqa: E402
from ml.training.config import TrainingConfig  # noqa: E402
from tests.ml.training.toy import toy_windows  # noqa: E402
from tests.shared_files import ROOT  # noqa: E402

TINY = TrainingConfig("tiny", seed=1, n_train=48, n_held_out=48, epochs=4, networks=("spectrogram",), batch=8, centre_only=0.0, threads=1)
CHILD = """
import sys, torch
from pathlib import Path
from ml.training import optimise, train
from tests.ml.training.test_optimise import TINY
from tests.ml.training.toy import toy_windows
torch.set_num_threads(1)
optimise.SAVE_EVERY = 4
train.fit("spectrogram", toy_windows(48), TINY, checkpoint=Path(sys.argv[1]), resume=True)
"""


def start(path: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", CHILD, str(path)], cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)})


def test_a_killed_run_goes_on_as_if_nothing_had_happened(tmp_path: Path) -> None:
    whole, broken = tmp_path / "whole.safetensors", tmp_path / "broken.safetensors"
    child = start(broken)
    while not optimise.state_path(broken).exists():
        assert child.poll() is None
        time.sleep(0.05)
    child.send_signal(signal.SIGKILL)
    child.wait()
    assert optimise.state_path(broken).exists()                 # killed in its middle
    assert start(broken).wait() == 0
    assert start(whole).wait() == 0
    assert not optimise.state_path(broken).exists()
    ours, theirs = load_file(broken), load_file(whole)
    assert all(torch.equal(ours[key], theirs[key]) for key in theirs)


def test_the_log_of_a_resumed_run_has_every_step_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "logged.safetensors"
    monkeypatch.setattr(optimise, "SAVE_EVERY", 4)
    monkeypatch.setattr(optimise.Run, "stopped", property(lambda run: run.steps == 6))         # lost after step 6, saved at 4
    monkeypatch.setattr(train, "write_weights", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        train.fit("spectrogram", toy_windows(48), TINY, checkpoint=path)
    monkeypatch.undo()
    train.fit("spectrogram", toy_windows(48), TINY, checkpoint=path, resume=True)
    steps = [json.loads(line)["step"] for line in path.with_suffix(".jsonl").read_text().splitlines()]
    assert steps == list(range(1, 25))


def test_a_run_is_not_resumed_with_other_settings(tmp_path: Path) -> None:
    path = tmp_path / "changed.safetensors"
    run = optimise.Run(train.NETWORKS["spectrogram"](), toy_windows(16), TINY)
    run.step()
    run.save(path)
    changed = dataclasses.replace(TINY, learning_rate=0.5)
    with pytest.raises(checkpoint.OtherSettings, match=r"learning_rate = 0.002, the configuration says 0.5"):
        train.fit("spectrogram", toy_windows(16), changed, checkpoint=path, resume=True)


def test_training_ends_when_the_monitor_no_longer_improves_and_keeps_the_best(tmp_path: Path) -> None:
    settings = dataclasses.replace(TINY, epochs=20, learning_rate=0.05, check_every=2, patience=2)
    unlearnable = dataclasses.replace(toy_windows(24), votes=np.roll(toy_windows(24).votes, 1, axis=1))
    trained = train.fit("spectrogram", toy_windows(48), settings, checkpoint=tmp_path / "early.safetensors", monitor=unlearnable)
    assert trained.stopped_early
    assert trained.steps < 120
    logits = torch.from_numpy(optimise.predict(trained.network, unlearnable))
    assert float(train.divergence(logits, torch.from_numpy(unlearnable.votes))) == pytest.approx(trained.best_kl, rel=1e-5)


@pytest.mark.parametrize("changed", [
    {"precision": "fp32"}, {"precision": "fp16"}, {"loss": "focal"}, {"label_smoothing": 0.1}, {"hard_share": 0.5}, {"balance": 0.0},
    {"cycles": 2}, {"gradient_checkpointing": True}, {"spectrogram_masks": 2}, {"logs": ("jsonl", "tensorboard")},
    {"augmentations": ("shift", "stretch", "chains", "band", "cutout", "mixup", "cutmix")},
], ids=lambda changed: next(iter(changed)))
def test_every_option_trains(changed: dict[str, object], tmp_path: Path) -> None:
    if "tensorboard" in str(changed):
        pytest.importorskip("tensorboard", reason="extra train absent")
    settings = dataclasses.replace(TINY, epochs=1, **changed)
    trained = train.fit("spectrogram", toy_windows(32), settings, checkpoint=tmp_path / "option.safetensors")
    assert trained.steps == 4
    assert np.isfinite(trained.losses).all()
    assert all(torch.isfinite(value).all() for value in trained.network.state_dict().values())


@pytest.mark.parametrize("name", ["raw", "spectrogram"])
def test_checkpointing_changes_memory_and_no_gradient(name: str) -> None:
    windows = torch.from_numpy(toy_windows(4).bipolar_uv.astype(np.float32))
    gradients = []
    for twice in (False, True):
        torch.manual_seed(0)
        network = train.NETWORKS[name]().train()
        network.checkpointing = twice
        network.from_50_hz(windows).logits.square().sum().backward()
        gradients.append([parameter.grad for parameter in network.parameters()])
    assert all(torch.allclose(a, b, atol=1e-4) for a, b in zip(*gradients, strict=True))


def test_the_gradient_is_clipped() -> None:
    run = optimise.Run(train.NETWORKS["spectrogram"](), toy_windows(16), dataclasses.replace(TINY, clip_norm=1e-3, precision="fp32"))
    run.step()
    norm = torch.linalg.vector_norm(torch.stack([p.grad.norm() for p in run.network.parameters()]))
    assert float(norm) == pytest.approx(1e-3, rel=1e-2)


def test_tensorboard_holds_what_was_written(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard", reason="extra train absent")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    from ml.training.run_log import open_logs

    logs = open_logs(("jsonl", "tensorboard"), tmp_path / "run.safetensors")
    logs.write(3, {"loss": 0.25})
    logs.close()
    events = EventAccumulator(str(tmp_path / "run")).Reload()
    assert [(event.step, event.value) for event in events.Scalars("loss")] == [(3, 0.25)]
    assert json.loads((tmp_path / "run.jsonl").read_text()) == {"step": 3, "loss": 0.25}
