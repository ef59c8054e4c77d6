"""Every file of the malformed set, uploaded: what NOTES.csv wants taken is taken, the rest is refused in one sentence."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from tests.app.api.conftest import Api
from tests.uploading import send


def expectations(folder: Path) -> dict[str, str]:
    with (folder / "NOTES.csv").open(newline="") as table:
        return {row["file"]: row["expected"] for row in csv.DictReader(table)}


@pytest.fixture
def malformed(shared_data: Path) -> Path:
    return shared_data / "malformed"


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_each_malformed_file_is_taken_or_refused_as_its_note_says(api: Api, malformed: Path) -> None:
    technologist, wrong = api("tess"), {}
    for number, (name, expected) in enumerate(expectations(malformed).items()):
        answer = send(technologist, (malformed / name).read_bytes(), name=name, number=f"R{number}", accept=True)
        refused = answer.is_error
        if refused != (expected == "refuse") or answer.status_code >= 500:
            wrong[name] = (expected, answer.status_code, answer.text[:300])
    assert not wrong


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_each_refusal_is_one_sentence_without_the_name_of_the_file(api: Api, malformed: Path) -> None:
    technologist = api("tess")
    refused = [name for name, expected in expectations(malformed).items() if expected == "refuse"]
    for number, name in enumerate(refused):
        answer = send(technologist, (malformed / name).read_bytes(), name=name, number=f"R{number}", accept=True)
        sentence = answer.json()["error"]["sentence"]
        assert sentence.endswith("."), (name, sentence)
        assert len(sentence) < 300, (name, sentence)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_each_file_of_other_readers_is_taken_or_refused_in_a_sentence(api: Api, shared_data: Path) -> None:
    technologist = api("tess")
    files = sorted(path for path in (shared_data / "formats").rglob("*") if path.is_file())
    for number, path in enumerate(files):
        answer = send(technologist, path.read_bytes(), name=path.name, number=f"R{number}", accept=True)
        assert answer.status_code in (200, 422), (path, answer.text[:300])
        assert answer.is_success or answer.json()["error"]["sentence"].endswith("."), path
