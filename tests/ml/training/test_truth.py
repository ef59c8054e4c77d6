"""Auxiliary heads: the truth they learn follows every change of a window, and they learn it."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="extra train absent")
from safetensors.torch import load_file, save_file  # noqa: E402

from ml.nets.resnet1d_gru import STEPS, ResNet1dGru  # noqa: E402
from ml.synthetic import windows as generator  # noqa: E402
from ml.synthetic.windows import Truth  # noqa: E402
from ml.training import augment, dataset, losses, optimise, train  # noqa: E402
from ml.training.augment import AUGMENTATIONS, TIMED  # noqa: E402
from ml.training.dataset import WindowSet  # noqa: E402
from ml.training.truth import STEP_S, Aims, Clock, recorded_steps  # noqa: E402
from tests.ml.training.test_optimise import TINY  # noqa: E402
from tests.ml.training.toy import toy_windows  # noqa: E402


def known(n: int, *, second: int = 20) -> np.ndarray:
    """Truth of ``n`` windows: left-right index -0.5, 2 Hz, there in one second only (seconds from the beginning of the window)."""
    kept = np.zeros((n, dataset.COLUMNS), dtype=np.float16)
    kept[:, dataset.LATERAL], kept[:, dataset.OCTAVES], kept[:, dataset.FIRST_SECOND + second] = -0.5, 1.0, 1.0
    return kept


def seen(n: int) -> torch.Tensor:
    """Votes of experts who all see a pattern."""
    return torch.tensor([[0, 1.0, 0, 0, 0, 0]]).repeat(n, 1)


def burst(n: int, *, second: int = 20) -> torch.Tensor:
    """Windows that are silent but for one second."""
    x = torch.full((n, 18, 2500), 0.001)
    x[:, :, second * 50 : second * 50 + 50] = 10
    return x


def test_truth_of_generated_windows_is_what_the_generator_knows() -> None:
    there = Truth("lpd", frequency_hz=2.0, side=-1, lateral_index=0.25, coverage=1.0, present=np.linspace(0, 1, 50, dtype=np.float32))
    outside = dataclasses.replace(there, coverage=0.0)
    kept = dataset.truth_columns([there, outside, Truth("other")])
    assert kept[0, :2].tolist() == [0.25, 1.0]
    assert kept[0, 2:] == pytest.approx(there.present, abs=1e-3)
    assert np.isnan(kept[1:, :2]).all()
    assert (kept[2, 2:] == 0).all()


@pytest.mark.parametrize("name", list(AUGMENTATIONS))
def test_presence_stays_where_the_pattern_is_when_a_window_is_changed(name: str) -> None:
    x, clock = burst(64), Clock.still(64)
    changed = AUGMENTATIONS[name](x, torch.Generator().manual_seed(3), *([clock] if name in TIMED else []))
    aims = Aims.of(known(64), seen(64), clock, changed)
    at = 1250 + (STEP_S * 50).long()
    around = torch.stack([changed[:, :, at + k].abs().amax(dim=1) for k in range(-3, 4)]).amin(dim=0)     # (B, steps), clear of the edges
    inside = (around > 1).float()
    counted = (aims.step_weight == 1) * inside
    assert counted.sum() > 64                                                 # there is something to compare
    if name != "band":                                                        # a filter rings beyond the second
        assert (aims.present * counted).sum() == counted.sum()
        outside = torch.stack([changed[:, :, at + k].abs().amax(dim=1) for k in range(-3, 4)]).amax(dim=0) < 1
        assert not (aims.present * outside * (aims.step_weight == 1)).any()   # a step of which half is cut away counts half


def test_a_stretched_window_has_another_rate() -> None:
    seconds = torch.arange(2500) / 50 - 25
    wave = torch.sin(2 * torch.pi * 2 * seconds).expand(64, 18, -1)
    clock = Clock.still(64)
    made = augment.stretch(wave, torch.Generator().manual_seed(0), clock)
    measured_hz = torch.fft.rfft(made[:, 0, 500:2000], n=30_000).abs().argmax(dim=-1) / 600
    aims = Aims.of(known(64), seen(64), clock, made)
    assert torch.allclose(2**aims.octaves, measured_hz, atol=0.03)
    assert float(aims.octaves.std()) > 0.05


def test_reversed_then_shifted_time_is_followed_in_this_order() -> None:
    clock = Clock.still(1)
    clock.then(torch.tensor([-1.0]), torch.tensor([0.0]))
    clock.then(torch.tensor([1.0]), torch.tensor([2.0]))                      # shows what was 2 s later, after the reversal
    assert clock.at(torch.tensor([0.0, 3.0])).tolist() == [[-2.0, -5.0]]


def test_laterality_has_no_sign_and_unseen_patterns_do_not_count() -> None:
    votes = torch.tensor([[0, 1.0, 0, 0, 0, 0], [0, 0.1, 0, 0, 0, 0.9]])
    nobody = known(3)
    nobody[2, :2] = np.nan
    aims = Aims.of(nobody, torch.cat([votes, votes[:1]]), Clock.still(3), torch.ones(3, 18, 2500))
    assert aims.lateral.tolist() == [0.5, 0.5, 0.0]
    assert aims.window_weight.tolist() == pytest.approx([1.0, 0.1, 0.0])
    assert aims.step_weight[:, 0].tolist() == pytest.approx([1.0, 0.1, 1.0])


def test_what_is_hidden_does_not_count() -> None:
    x = torch.ones(1, 18, 2500)
    x[:, :, :1000] = 0
    x[:, :, 1500:] = 0
    counted = recorded_steps(x)[0]
    assert (STEP_S[counted == 1].abs() <= 5 - 0.24).all()
    assert (counted[STEP_S.abs() > 5 + 0.24] == 0).all()
    assert float(counted.sum()) * 0.48 == pytest.approx(10, abs=0.2)


def test_the_steps_of_the_network_are_those_of_the_truth() -> None:
    torch.manual_seed(0)
    network = ResNet1dGru().eval()
    silent, loud = torch.zeros(1, 18, 2500), torch.zeros(1, 18, 2500)
    loud[:, :, 1250 + 48 : 1250 + 96] = torch.randn(18, 48) * 50              # 0.96 to 1.92 s after the middle
    with torch.inference_mode():
        encoded = [network.stages(network.stem(torch.cat([x[:, :4, 750:1750], torch.ones(1, 1, 1000)], dim=1).repeat(5, 1, 1)))[0] for x in (silent, loud)]
    assert encoded[0].shape[-1] == STEPS == len(STEP_S)
    change = (encoded[1] - encoded[0]).abs().mean(dim=0)
    middle_s = float((change * STEP_S).sum() / change.sum())
    assert middle_s == pytest.approx(1.44, abs=0.3)


def test_auxiliary_losses_are_those_of_a_hand_calculation() -> None:
    aims = Aims(torch.tensor([0.46]), torch.tensor([1.0]), torch.ones(1, STEPS), torch.ones(1), torch.ones(1, STEPS))
    from ml.nets.answer import Facts

    facts = Facts(torch.tensor([0.0]), torch.tensor([1.25]), torch.zeros(1, STEPS))
    assert float(losses.auxiliary(facts, aims, lateral=1, frequency=0, presence=0)) == pytest.approx(2 - 0.5)       # two limits away: Huber
    assert float(losses.auxiliary(facts, aims, lateral=0, frequency=1, presence=0)) == pytest.approx(0.5 * 0.5**2)  # half a half octave
    assert float(losses.auxiliary(facts, aims, lateral=0, frequency=0, presence=1)) == pytest.approx(np.log(2))
    assert float(losses.auxiliary(facts, aims.void(), lateral=1, frequency=1, presence=1)) == 0


def toy_with_truth(n: int) -> WindowSet:
    """Windows whose class is the frequency of a sine that is there in the second half only."""
    toy = toy_windows(n)
    x = toy.bipolar_uv.astype(np.float32)
    x[:, :, :1250] = np.random.default_rng(1).normal(0, 3, (n, 18, 1250))
    kept = np.zeros((n, dataset.COLUMNS), dtype=np.float16)
    kept[:, dataset.OCTAVES] = np.log2(1 + 2 * toy.votes.argmax(axis=1))
    kept[:, dataset.FIRST_SECOND + 25 :] = 1
    return WindowSet(x.astype(np.float16), toy.votes, toy.patient, truth=kept)


def test_the_heads_learn_the_rate_and_when_the_pattern_is_there(tmp_path: Path) -> None:
    settings = dataclasses.replace(TINY, networks=("raw",), epochs=12, batch=16, learning_rate=4e-3, precision="fp32", augmentations=("mirror", "shift"))
    windows = toy_with_truth(64)
    trained = train.fit("raw", windows, settings, checkpoint=tmp_path / "heads.safetensors")
    with torch.inference_mode():
        _, facts = trained.network.with_facts(torch.from_numpy(windows.bipolar_uv.astype(np.float32)))
    octaves = windows.truth[:, dataset.OCTAVES].astype(float)
    assert np.corrcoef(facts.octaves.numpy(), octaves)[0, 1] > 0.8
    present = facts.present.sigmoid().mean(dim=0)
    assert float(present[STEP_S > 1].mean()) > float(present[STEP_S < -1].mean()) + 0.3


def test_weights_of_zero_and_windows_without_truth_make_no_heads(tmp_path: Path) -> None:
    off = dataclasses.replace(TINY, epochs=1, lateral_weight=0.0, frequency_weight=0.0, presence_weight=0.0)
    for settings, windows in ((off, toy_with_truth(8)), (dataclasses.replace(TINY, epochs=1), toy_windows(8))):
        trained = train.fit("raw", windows, settings, checkpoint=tmp_path / "plain.safetensors")
        assert trained.network.auxiliary is None


def test_a_checkpoint_without_heads_begins_a_run_with_them_and_the_other_way_round(tmp_path: Path) -> None:
    settings, path = dataclasses.replace(TINY, epochs=1), tmp_path / "earlier.safetensors"
    train.fit("raw", toy_windows(8), settings, checkpoint=path)
    plain = load_file(path)
    trained = train.fit("raw", toy_with_truth(8), dataclasses.replace(settings, learning_rate=0.0, warm_up=0.0), checkpoint=path, resume=True)
    assert any(name.startswith("auxiliary.") for name in load_file(path))
    assert all(torch.equal(plain[name], dict(trained.network.named_parameters())[name]) for name in plain if name in dict(trained.network.named_parameters()))
    assert train.load("raw", path).auxiliary is None


def test_a_checkpoint_of_another_network_is_refused(tmp_path: Path) -> None:
    weights = ResNet1dGru().state_dict()
    weights.pop("fuse.0.weight")
    save_file(weights, tmp_path / "broken.safetensors")
    with pytest.raises(ValueError, match=r"another network: 1 of its weights .* fuse.0.weight"):
        optimise.read_weights(ResNet1dGru, tmp_path / "broken.safetensors")


def test_mixed_windows_train_without_truth_and_stay_finite(tmp_path: Path) -> None:
    settings = dataclasses.replace(TINY, epochs=2, augmentations=("mirror", "reverse", "shift", "stretch", "cutmix", "mixup"))
    trained = train.fit("raw", toy_with_truth(32), settings, checkpoint=tmp_path / "mixed.safetensors")
    assert all(torch.isfinite(value).all() for value in trained.network.state_dict().values())


def test_the_truth_is_kept_beside_the_votes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dataset, "CHUNK", 6)
    built = dataset.build(tmp_path, n=12, seed=3, per_patient=2, processes=1)
    again = [generator.generate(np.random.default_rng(seed), 6, sfreq_hz=50.0, per_patient=2).truth for seed in np.random.SeedSequence(3).spawn(2)]
    assert built.truth is not None
    assert np.array_equal(built.truth, np.concatenate([dataset.truth_columns(each) for each in again]), equal_nan=True)
    assert np.array_equal(built.rows(np.array([7, 2])).truth, built.truth[[7, 2]], equal_nan=True)


def test_a_set_of_an_earlier_version_is_used_without_truth(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr(dataset, "CHUNK", 2)
    dataset.build(tmp_path, n=2, seed=3, per_patient=2, processes=1)
    (tmp_path / "truth_3_1.npy").unlink()
    assert dataset.build(tmp_path, n=2, seed=3, per_patient=2, processes=1).truth is None
    assert "without the generator's truth" in caplog.text
