"""What the options of training compute, against hand calculation."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="extra train absent")

from ml.training import augment, config, losses, mixing, schedule  # noqa: E402
from ml.training.dataset import WindowSet  # noqa: E402
from ml.training.sampling import Sampler  # noqa: E402
from ml.training.train import find_config  # noqa: E402


def windows(majority: list[int], label: list[int] | None = None) -> WindowSet:
    votes = np.eye(6, dtype=np.float32)[majority]
    return WindowSet(np.zeros((len(votes), 18, 2500), np.float16), votes, np.arange(len(votes)), label=None if label is None else np.array(label))


def test_the_rate_rises_falls_and_starts_again_from_the_top() -> None:
    assert schedule.rate(0.02, warm_up=0.04) == pytest.approx(0.5)
    assert schedule.rate(0.52, warm_up=0.04) == pytest.approx(0.5)
    assert schedule.rate(1.0, warm_up=0.04) == 0.01
    two = [schedule.rate(p, warm_up=0.0, cycles=2) for p in (0.0, 1 / 3 - 1e-6, 1 / 3 + 1e-6, 2 / 3)]
    assert two == pytest.approx([1.0, 0.01, 1.0, 0.5], abs=1e-4)


def test_divergence_is_that_of_a_hand_calculation() -> None:
    logits = torch.log(torch.tensor([[0.5, 0.25, 0.25]]))
    assert float(losses.divergence(logits, torch.tensor([[1.0, 0.0, 0.0]]))) == pytest.approx(np.log(2))
    assert float(losses.focal(logits, torch.tensor([[1.0, 0.0, 0.0]]), gamma=2)) == pytest.approx(0.25 * np.log(2))


def test_few_votes_count_less_and_ever_less() -> None:
    n_votes = torch.tensor([2, 5, 12])
    assert losses.vote_weights(n_votes, 0.0).tolist() == pytest.approx([0.3, 0.5, 1.0])
    assert losses.vote_weights(n_votes, 0.5).tolist() == pytest.approx([0.12, 0.2, 1.0])
    assert losses.vote_weights(n_votes, 1.0).tolist() == pytest.approx([0.02, 0.02, 1.0])


def test_smoothing_spreads_a_share_over_all_classes() -> None:
    assert losses.smoothed(torch.tensor([[1.0, 0.0]]), 0.1).tolist() == [pytest.approx([0.95, 0.05])]


def test_classes_are_drawn_alike_or_as_they_are() -> None:
    data = windows([0] * 90 + [1] * 10)
    drawn = {balance: np.mean(Sampler(data, balance=balance).draw(np.random.default_rng(0), 4000) >= 90) for balance in (0.0, 1.0)}
    assert drawn[0.0] == pytest.approx(0.1, abs=0.02)
    assert drawn[1.0] == pytest.approx(0.5, abs=0.03)


def test_crops_of_one_label_share_its_weight() -> None:
    rows = Sampler(windows([0, 0, 0, 0], [0, 1, 1, 1]), balance=0.0).draw(np.random.default_rng(0), 4000)
    assert np.bincount(rows) / 4000 == pytest.approx([1 / 2, 1 / 6, 1 / 6, 1 / 6], abs=0.03)


def test_hard_windows_are_drawn_more_often() -> None:
    sampler = Sampler(windows([0] * 10), hard_share=0.5)
    sampler.learn(np.arange(10), np.array([9.0] + [1.0] * 9))
    rows = sampler.draw(np.random.default_rng(0), 4000)
    assert np.mean(rows == 0) == pytest.approx(0.5 * 0.1 + 0.5 * 0.5, abs=0.03)


@pytest.mark.parametrize("name", list(augment.AUGMENTATIONS))
def test_an_augmentation_keeps_silence_shape_and_seed(name: str) -> None:
    x = torch.randn(16, 18, 2500, generator=torch.Generator().manual_seed(1)) * 20
    x[:, :, :500] = 0
    first, second = (augment.AUGMENTATIONS[name](x, torch.Generator().manual_seed(2)) for _ in range(2))
    assert first.shape == x.shape
    assert torch.equal(first, second)
    assert not torch.equal(first, x)
    assert (augment.AUGMENTATIONS[name](torch.zeros(4, 18, 2500), torch.Generator().manual_seed(2)) == 0).all()


def test_stretched_time_keeps_the_middle_and_moves_the_rest_outward_or_inward() -> None:
    seconds = torch.arange(2500) / 50 - 25
    wave = torch.sin(2 * torch.pi * 2 * seconds).expand(64, 18, -1)
    made = augment.stretch(wave, torch.Generator().manual_seed(0))
    peak_hz = torch.fft.rfft(made[:, 0, 500:2000]).abs().argmax(dim=-1) / 30
    assert float(peak_hz.min()) == pytest.approx(2 * np.exp(-0.15), abs=0.1)
    assert float(peak_hz.max()) == pytest.approx(2 * np.exp(0.15), abs=0.1)


def test_sides_stay_when_chains_are_exchanged() -> None:
    left = {0, 1, 2, 3, 8, 9, 10, 11}
    assert {augment.EXCHANGED[row] for row in left} == left
    assert sorted(augment.EXCHANGED) == list(range(18))


def test_mixed_votes_are_in_the_proportion_of_the_signals() -> None:
    x = torch.eye(6)[:, :, None].repeat(1, 3, 100)                  # window k is 1 in row k
    mixed, votes = mixing.mixup(x, torch.eye(6), torch.Generator().manual_seed(0))
    assert torch.allclose(mixed[:, :6, 0], votes)
    assert torch.allclose(votes.sum(dim=1), torch.ones(6))


def test_a_cut_window_has_the_votes_of_its_parts_of_the_label() -> None:
    x = torch.eye(6)[:, :, None].repeat(1, 3, 1000)
    cut, votes = mixing.cutmix(x, torch.eye(6), torch.Generator().manual_seed(0))
    assert torch.allclose(cut[:, :6, 400:600].mean(dim=-1), votes, atol=0.006)


def test_an_unknown_value_is_refused_with_those_that_are_known(tmp_path: Path) -> None:
    path = tmp_path / "typo.toml"
    path.write_text('name = "x"\nseed = 1\nn_train = 1\nn_held_out = 1\nepochs = 1\nprecision = "int8"\n')
    with pytest.raises(ValueError, match="precision is 'int8'; it may be fp32, bf16, fp16"):
        config.read(path)


def test_configurations_that_ship_can_be_read_and_others_are_named() -> None:
    assert config.read(find_config("smoke")).name == "smoke"
    with pytest.raises(ValueError, match=r"no configuration nonsense: .*smoke"):
        find_config("nonsense")


def test_a_search_finds_a_rate_that_learns(tmp_path: Path) -> None:
    pytest.importorskip("optuna", reason="extra train absent")
    from ml.training import search
    from tests.ml.training.test_optimise import TINY
    from tests.ml.training.toy import toy_windows

    found = search.search(TINY, tmp_path, trials=3, windows=(toy_windows(48), toy_windows(24, seed=1)))
    assert len(found["trials"]) == 3
    assert found["best"]["monitor_kl"] == min(trial["monitor_kl"] for trial in found["trials"] if trial["monitor_kl"] is not None)
    assert (tmp_path / "tiny_search.json").exists()
