"""EfficientNet-B3 with the centre zoom and the ten-minute branch."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="extra train absent")
pytest.importorskip("timm", reason="extra train absent")

from ml.nets.efficientnet import EfficientNetB3, RegionalBranch, mel_filters  # noqa: E402


@pytest.fixture(scope="module")
def network() -> EfficientNetB3:
    torch.manual_seed(0)
    return EfficientNetB3().eval()


def test_its_size_is_that_of_efficientnet_b3(network: EfficientNetB3) -> None:
    backbone = sum(parameter.numel() for parameter in network.backbone.parameters())
    assert backbone == pytest.approx(10.70e6, rel=0.01)               # 10.71 million with six classes (reference 7.3)


def test_the_middle_of_the_image_is_the_central_twelve_seconds(network: EfficientNetB3) -> None:
    silence = torch.zeros(1, 18, 2500)
    spoken = silence.clone()
    spoken[..., 1200:1300] = 30 * torch.sin(2 * torch.pi * 5 * torch.arange(100) / 50)
    with torch.inference_mode():
        changed = (network.image(spoken) - network.image(silence)).abs().amax(dim=(0, 1, 2)) > 0.05
    columns = torch.nonzero(changed).ravel()
    assert network.image(silence).shape == (1, 3, 128, 256)
    assert 53 + 55 < int(columns.min()) < int(columns.max()) < 53 + 95


def test_without_ten_minutes_a_learned_vector_stands_for_them() -> None:
    branch = RegionalBranch().eval()
    nothing = torch.full((2, 4, 100, 300), torch.nan)
    nothing[1] = torch.rand(4, 100, 300)
    assert torch.equal(branch(nothing, 2)[0], branch(None, 2)[0])
    assert not torch.equal(branch(nothing, 2)[1], branch(None, 2)[1])


def test_ten_minutes_do_not_say_which_side_is_which() -> None:
    branch, image = RegionalBranch().eval(), torch.rand(1, 4, 100, 300) * 50
    assert torch.allclose(branch(image, 1), branch(image[:, [1, 0, 3, 2]], 1), atol=1e-6)


def test_every_frequency_lies_under_the_mel_triangles_once() -> None:
    filters = mel_filters(np.arange(0.25, 20.26, 0.25))
    assert filters.shape == (32, 81)
    assert filters.sum(axis=1) == pytest.approx(np.ones(32), abs=1e-6)
    assert (np.diff(filters.argmax(axis=1)) >= 0).all()


def test_a_local_checkpoint_initialises_the_backbone(network: EfficientNetB3, tmp_path) -> None:
    from safetensors.torch import save_file

    save_file(network.backbone.state_dict(), tmp_path / "b3.safetensors")
    made = EfficientNetB3(init=tmp_path / "b3.safetensors")
    assert torch.equal(made.backbone.conv_stem.weight, network.backbone.conv_stem.weight)
