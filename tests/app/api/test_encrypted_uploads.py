"""With keys, nothing that was uploaded lies on the disk in clear: not on its way, not in the store, not after a restart."""

from __future__ import annotations

from uuid import UUID

import pytest
from click.testing import CliRunner

from app.cli import hms
from app.db.session import writing
from app.file_store import open_store
from app.keyring import add_key
from app.services import part_file, tiles, uploads
from app.services.part_file import PartFile, part_path
from app.settings import Settings, use
from tests.app.api.conftest import Api
from tests.edf_files import edf
from tests.uploading import TUS, begin, send

EDF = edf(patient="MRN-77 F 04-JUL-1950 Planted_Marker", seed=1)
MARKER = b"Planted_Marker"
PAGE = {"t0": 2, "dur": 10, "montage": "longitudinal", "lff": 1, "hff": 70}


@pytest.fixture
def encrypted(api: Api, database: Settings) -> Settings:
    keys = database.data_dir.parent / "keys"
    add_key(keys)
    return use(database.model_copy(update={"encryption_keys": keys}))


def files_with_the_marker(installation: Settings) -> list[str]:
    files = [path for folder in (installation.uploads_dir, installation.objects_dir) for path in folder.rglob("*") if path.is_file()]
    assert files
    return [path.name for path in files if MARKER in path.read_bytes()]


def test_an_upload_is_hidden_on_its_way_and_in_the_store(api: Api, encrypted: Settings) -> None:
    alice = api("alice")
    upload_id, half = begin(alice, EDF, accept=True), len(EDF) // 2 + 5
    alice.patch(f"uploads/{upload_id}", content=EDF[:half], headers=TUS | {"Upload-Offset": "0"})
    assert files_with_the_marker(encrypted) == []
    part_file._hashed.clear()                                    # as after a restart of the server
    alice.patch(f"uploads/{upload_id}", content=EDF[half:], headers=TUS | {"Upload-Offset": str(half)})
    study = alice.get(f"studies/{alice.get(f'uploads/{upload_id}').json()['study_id']}").json()
    assert files_with_the_marker(encrypted) == []
    assert open_store(encrypted).read_bytes(study["sha256"]) == EDF
    assert not list(encrypted.uploads_dir.iterdir())


def test_the_viewer_shows_the_same_page_of_a_sealed_recording(
    api: Api, database: Settings, encrypted: Settings, monkeypatch: pytest.MonkeyPatch,
) -> None:
    alice = api("alice")
    use(database)
    address = f"studies/{send(alice, EDF, accept=True).json()['study_id']}/page"
    plain = alice.get(address, params=PAGE)
    use(encrypted)
    CliRunner().invoke(hms, ["keys", "rotate"])
    monkeypatch.setattr(tiles, "_open", tiles.OpenRecordings())          # as after a restart of the server
    sealed = alice.get(address, params=PAGE)
    assert (sealed.status_code, sealed.content == plain.content, files_with_the_marker(encrypted)) == (200, True, [])


def test_an_upload_that_lost_its_key_says_so(api: Api, encrypted: Settings) -> None:
    alice = api("alice")
    upload_id = begin(alice, EDF, accept=True)
    alice.patch(f"uploads/{upload_id}", content=EDF[:1000], headers=TUS | {"Upload-Offset": "0"})
    use(encrypted.model_copy(update={"encryption_keys": None}))
    answer = alice.patch(f"uploads/{upload_id}", content=EDF[1000:], headers=TUS | {"Upload-Offset": "1000"})
    assert (answer.status_code, "key under which this upload began" in answer.json()["error"]["sentence"]) == (409, True)


def test_an_upload_begun_in_clear_ends_sealed(api: Api, database: Settings, encrypted: Settings) -> None:
    alice = api("alice")
    use(database)
    upload_id = begin(alice, EDF, accept=True)
    alice.patch(f"uploads/{upload_id}", content=EDF[:1000], headers=TUS | {"Upload-Offset": "0"})
    use(encrypted)
    alice.patch(f"uploads/{upload_id}", content=EDF[1000:], headers=TUS | {"Upload-Offset": "1000"})
    assert alice.get(f"uploads/{upload_id}").json()["state"] == "stored"
    assert files_with_the_marker(encrypted) == []


def test_a_restarted_upload_has_a_new_key(database: Settings) -> None:
    keyring = add_key(database.data_dir.parent / "keys")
    path = part_path(database, UUID(int=1))
    hidden = []
    for _ in range(2):
        with PartFile(path, create=True, keyring=keyring) as part:
            part.start_at(0)
            part.write(EDF[:4096])
            part.sync()
        hidden.append(path.read_bytes())
    assert hidden[0] != hidden[1]


def test_a_key_without_its_bytes_is_removed(database: Settings) -> None:
    stray = part_path(database, UUID(int=2)).with_suffix(".key")
    stray.parent.mkdir(parents=True, exist_ok=True)
    stray.write_bytes(b"x")
    with writing() as session:
        uploads._remove_strays(session, database)
    assert not stray.exists()


def test_what_was_stored_plain_is_encrypted_by_the_command(api: Api, database: Settings) -> None:
    send(api("alice"), EDF, accept=True)
    keys = database.data_dir.parent / "keys"
    made = CliRunner().invoke(hms, ["keys", "new", str(keys)])
    assert f"HMS_ENCRYPTION_KEYS={keys}" in made.output
    use(database.model_copy(update={"encryption_keys": keys}))
    told = [CliRunner().invoke(hms, ["keys", "rotate"]).output for _ in range(2)]
    assert ("1 of them were" in told[0], "0 of them were" in told[1]) == (True, True), told
    assert files_with_the_marker(database) == []
