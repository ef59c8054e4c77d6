"""Color maps: even lightness where it is promised."""

import numpy as np
import pytest

from ml import colormaps


def _lightness(colors):
    linear = np.where((c := colors / 255.0) <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)
    return 116.0 * np.cbrt(linear @ [0.2126, 0.7152, 0.0722]) - 16.0   # CIE 1976, above its linear part


@pytest.mark.parametrize("name", colormaps.UNIFORM)
def test_the_uniform_maps_rise_in_lightness_all_the_way(name):
    assert (np.diff(_lightness(colormaps.table(name).astype(float))[8:]) > -0.3).all()


def test_jet_does_not():
    assert (np.diff(_lightness(colormaps.table("jet").astype(float))) < -0.3).sum() > 50


def test_what_was_not_recorded_is_transparent():
    painted = colormaps.paint(np.array([np.nan, -20.0, 25.0, 99.0]), -10.0, 25.0)
    assert painted[:, 3].tolist() == [0, 255, 255, 255]
    assert (painted[2] == painted[3]).all()
    assert (painted[1, :3] == colormaps.table("viridis")[0]).all()
