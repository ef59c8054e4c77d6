"""The head model against MNE's sphere and against anatomy."""

from __future__ import annotations

import mne
import numpy as np

from ml.channels import CHAIN_PAIRS, ELECTRODES
from ml.synthetic import forward


def mne_potentials(sources: np.ndarray, moments: np.ndarray) -> np.ndarray:
    """Potentials of MNE's three-shell sphere at our electrodes, by its own forward solution."""
    sphere = mne.make_sphere_model(
        r0=(0, 0, 0), head_radius=forward.HEAD_RADIUS_M, relative_radii=(0.87, 0.92, 1.0), sigmas=(0.33, 0.0132, 0.33), verbose="error"
    )
    info = mne.create_info(list(forward.ELECTRODES), 200.0, "eeg")
    with info._unlock():
        info["dev_head_t"] = mne.transforms.Transform("meg", "head")
        for channel, where in zip(info["chs"], forward.electrode_directions(), strict=True):
            channel["loc"][:6] = [*(where * forward.HEAD_RADIUS_M), 0, 0, 0]
            channel["coord_frame"] = 4
    place = {"rr": sources * forward.HEAD_RADIUS_M * forward.SOURCE_RATIO, "nn": moments}
    space = mne.setup_volume_source_space(pos=place, verbose="error")
    solution = mne.make_forward_solution(info, None, space, sphere, meg=False, eeg=True, mindist=0, verbose="error")
    gains = solution["sol"]["data"].reshape(len(ELECTRODES), len(sources), 3)
    return np.einsum("esk,sk->es", gains, moments)


def test_potentials_agree_with_the_sphere_of_mne() -> None:
    rng = np.random.default_rng(3)
    sources = rng.normal(size=(12, 3))
    sources /= np.linalg.norm(sources, axis=1, keepdims=True)
    moments = rng.normal(size=(12, 3))
    moments /= np.linalg.norm(moments, axis=1, keepdims=True)
    ours = forward.potentials(forward.electrode_directions(), sources, moments)
    theirs = mne_potentials(sources, moments)
    difference = (ours - ours.mean(axis=0)) - (theirs - theirs.mean(axis=0))
    assert np.linalg.norm(difference) < 0.01 * np.linalg.norm(theirs - theirs.mean(axis=0))


def test_a_patch_under_an_electrode_is_seen_best_there() -> None:
    head = forward.draw_head(np.random.default_rng(0))
    topography = head.patch(forward.direction(90, -90), width_rad=0.3)
    assert ELECTRODES[int(np.argmax(np.abs(topography)))] == "T3"


def test_the_bipolar_matrix_takes_the_second_electrode_from_the_first() -> None:
    potentials = np.arange(19.0)
    pairs = forward.bipolar_matrix() @ potentials
    expected = [ELECTRODES.index(first) - ELECTRODES.index(second) for first, second in CHAIN_PAIRS]
    assert pairs.tolist() == expected
