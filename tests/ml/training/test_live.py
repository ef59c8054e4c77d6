"""Live use: what training shows and what is measured is what a monitor would see."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="extra train absent")

from ml.ensemble import Ensemble  # noqa: E402
from ml.synthetic import windows  # noqa: E402
from ml.training import live  # noqa: E402
from ml.training.augment import augment  # noqa: E402


def test_hidden_futures_in_training_are_those_of_live_windows() -> None:
    x = torch.randn(64, 18, 2500, generator=torch.Generator().manual_seed(0)) + 100
    shown = augment(x, torch.Generator().manual_seed(1), centre_only=0.0, future_hidden=1.0, chosen=())
    assert (shown[..., 1500:] == 0).all()
    whole = (shown[..., :1500] == x[..., :1500]).flatten(1).all(dim=1)
    assert float(whole.float().mean()) == pytest.approx(5 / 8, abs=0.15)    # of the others a part of the past is absent too
    assert torch.equal(shown[..., 1000:1500], x[..., 1000:1500])


def test_windows_are_drawn_as_before_where_no_future_is_hidden() -> None:
    x = torch.randn(8, 18, 2500, generator=torch.Generator().manual_seed(0))
    first, second = torch.Generator().manual_seed(1), torch.Generator().manual_seed(1)
    assert torch.equal(augment(x, first, centre_only=0.4), augment(x, second, centre_only=0.4, future_hidden=0.0))
    assert torch.equal(first.get_state(), second.get_state())


def test_every_view_keeps_the_label_and_hides_what_its_name_says() -> None:
    x = np.random.default_rng(0).normal(0, 10, (3, 18, 10_000)).astype(np.float32)
    for name, view in live.VIEWS.items():
        seen = view(x)
        assert np.array_equal(seen[..., 4000:6000], x[..., 4000:6000])
        assert np.isnan(seen[..., :4000]).all() == (name == "10 s alone")
        assert np.isnan(seen[..., 6000:]).all() == (name != "past and future")


def test_the_shipped_ensemble_is_measured_without_the_future() -> None:
    made = windows.generate(np.random.default_rng(4), 12, per_patient=1)
    found = live.compare(Ensemble.load(), made.bipolar_uv.astype(np.float32), made.votes)
    assert [row["n"] for row in found.values()] == [12, 12, 12]
    assert len({row["kl"] for row in found.values()}) == 3           # the context makes a difference
