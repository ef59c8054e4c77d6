"""The HMS competition's layout: read as it ships, de-duplicated, split by patient, trained in three stages, submitted."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="extra train absent")

from ml.classes import CLASSES  # noqa: E402
from ml.training.hms import labels, recipe, recordings, spectrograms  # noqa: E402
from tests.ml.training.hms_files import COLUMNS, HEADER, write_hms  # noqa: E402

RECIPE = """
name = "tiny"
folds = 2
run_folds = 2
crops = 2
least_votes = 10
[common]
seed = 3
epochs = 1
batch = 4
networks = ["spectrogram"]
threads = 1
[all]
vote_weights = true
"""


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hms")
    write_hms(folder)
    return folder


def test_the_generated_layout_is_that_of_the_competition(shared_data: Path) -> None:
    import pyarrow.parquet as pq

    with (shared_data / "hms" / "train.csv").open() as file:
        assert tuple(next(csv.reader(file))) == HEADER
    assert tuple(pq.read_schema(shared_data / "hms" / "train_eegs" / "1000913311.parquet").names) == COLUMNS


def test_a_label_is_read_once_with_its_crops_the_most_central_first(generated: Path) -> None:
    found = labels.read(generated)
    assert len(found) == 12
    assert {label.offsets_s for label in found} == {(0.0,), (4.0, 0.0, 10.0)}
    assert {label.n_votes for label in found} == {3, 16}


def test_votes_stand_in_the_order_of_the_classes(tmp_path: Path) -> None:
    row = dict.fromkeys(HEADER, "0") | {"eeg_id": "7", "gpd_vote": "2", "other_vote": "1"}
    with (tmp_path / "train.csv").open("w", newline="") as file:
        csv.writer(file).writerows([list(reversed(HEADER)), [row[name] for name in reversed(HEADER)]])
    assert dict(zip(CLASSES, labels.read(tmp_path)[0].votes, strict=True)) == {"seizure": 0, "lpd": 0, "gpd": 2, "lrda": 0, "grda": 0, "other": 1}


def test_no_patient_is_in_two_folds(generated: Path) -> None:
    found = labels.read(generated)
    fold = labels.folds(found, 3, seed=0)
    assert set(fold) == {0, 1, 2}
    assert len({(label.patient_id, int(number)) for label, number in zip(found, fold, strict=True)}) == 6


@pytest.mark.parametrize(("text", "said"), [
    (None, "holds no train.csv"), (",".join(HEADER) + "\n", "has only its header line"), ("eeg_id,patient_id\n1,2\n", "lacks the columns eeg_label_offset"),
])
def test_what_is_not_the_competitions_table_is_refused(tmp_path: Path, text: str | None, said: str) -> None:
    if text is not None:
        (tmp_path / "train.csv").write_text(text)
    with pytest.raises(ValueError, match=said):
        labels.read(tmp_path)


def test_an_absent_eeg_file_is_named(generated: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"12 of 12 EEG files of train.csv are absent, first .*1000.parquet"):
        recordings.build(tmp_path, labels.read(generated), tmp_path, crops=1)


def test_a_window_is_that_which_serving_sees(shared_data: Path) -> None:
    from ml.nets.front_end import Decimate
    from ml.training.real_windows import network_windows

    path = shared_data / "hms" / "train_eegs" / "1000913311.parquet"
    served = torch.from_numpy(network_windows(path)[2:3])            # the span at 20-30 s
    ours = recordings.windows_at(path, [0.0])[0.0]
    assert np.allclose(ours, Decimate()(served)[0].numpy(), rtol=2e-3, atol=0.02)


def test_the_recipe_trains_judges_and_submits(generated: Path, tmp_path: Path) -> None:
    (tmp_path / "tiny.toml").write_text(RECIPE)
    report = recipe.run(generated, tmp_path / "build", config=str(tmp_path / "tiny.toml"))
    assert report["out_of_fold"]["pool"]["n"] == 6                   # one label of many votes for each patient
    assert report["windows"] == 18                                   # 6 of one crop, 6 of two
    rows = list(csv.reader((tmp_path / "build" / "submission.csv").read_text().splitlines()))
    assert rows[0] == ["eeg_id", *(f"{name}_vote" for name in CLASSES)]
    assert rows[1][0] == "9"
    assert sum(map(float, rows[1][1:])) == pytest.approx(1, abs=1e-9)


def test_a_complete_recipe_that_is_resumed_trains_nothing_again(generated: Path, tmp_path: Path) -> None:
    (tmp_path / "tiny.toml").write_text(RECIPE)
    first = recipe.run(generated, tmp_path / "build", config=str(tmp_path / "tiny.toml"))
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "build").glob("*.safetensors")}
    assert len(before) == 4
    assert recipe.run(generated, tmp_path / "build", config=str(tmp_path / "tiny.toml"), resume=True) == first
    assert before == {path: path.stat().st_mtime_ns for path in before}


def test_an_unknown_setting_of_a_stage_is_named(tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_text(RECIPE + "\n[sure]\nlearning_rat = 1\n")
    with pytest.raises(ValueError, match=r"stage sure: .*learning_rat"):
        recipe.Recipe.read(tmp_path / "bad.toml")


def test_the_shipped_recipe_can_be_read() -> None:
    from ml.training.train import find_config

    assert recipe.Recipe.read(find_config("hms")).stages["sure"].learning_rate == 4e-4


def test_ten_minutes_begin_at_the_label_and_regions_stand_in_our_order(generated: Path) -> None:
    image = spectrograms.read(generated / "train_spectrograms" / "1.parquet", 4.0)
    assert image.shape == (4, 100, 300)
    assert image[:, 7, 0].tolist() == [2, 1002, 3002, 2002]              # the file has RP before LP
    assert np.isnan(spectrograms.read(generated / "train_spectrograms" / "1.parquet", 40.0)[0, 0, 290:]).all()


def test_a_real_spectrogram_is_read_whole(shared_data: Path) -> None:
    image = spectrograms.read(shared_data / "hms" / "test_spectrograms" / "853520.parquet", 0.0)
    assert image.shape == (4, 100, 300)
    assert np.isfinite(image).mean() > 0.9


def test_each_label_has_the_ten_minutes_of_its_own_crop(generated: Path, tmp_path: Path) -> None:
    found = labels.read(generated)
    made = spectrograms.build(generated, found, tmp_path / "images.npy")
    assert [int(image[0, 0, 0]) for image in made] == [round(label.offsets_s[0] / 2) for label in found]
