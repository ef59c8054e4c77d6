"""A web server that is killed at random, and a client that never gives up: what was acknowledged must still be there."""

from __future__ import annotations

import hashlib
import os
import random
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field

import httpx

from app.access import Role
from app.db.columns import utc_now
from app.db.session import writing
from app.services import accounts, sign_in
from tests.edf_files import edf
from tests.faults.installation import ROOT, Installation, _text
from tests.servers import free_port, wait_until
from tests.uploading import TUS

SERVE = ("import uvicorn; from app.settings import Settings; from app.asgi import create_asgi; s = Settings(); "
         "uvicorn.run(create_asgi(s), host=s.host, port=s.port, log_level='warning')")
CHUNK = 40_000
FEWEST_FILES = 2
FIRST_SAMPLE = 256 * 21          # after the header of 19 electrodes and the annotations
AWAY = (httpx.TransportError,)


@dataclass
class WebServer:
    """The web server of an installation, on a free port."""

    house: Installation
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        environment = {key: value for key, value in os.environ.items() if not key.startswith("HMS_")}
        environment |= {f"HMS_{key.upper()}": _text(value) for key, value in self.house.settings.model_dump(mode="json").items()
                        if value is not None} | {"HMS_PORT": str(self.port)}
        with (self.house.settings.data_dir / "web.log").open("ab") as log:
            self.process = subprocess.Popen([sys.executable, "-c", SERVE], cwd=ROOT, env=environment, stdout=log, stderr=log)
        wait_until(self.answers, 60, "the web server answers")

    def answers(self) -> bool:
        try:
            return httpx.get(f"{self.url}/health", timeout=2).is_success
        except AWAY:
            return False

    def kill(self) -> None:
        if self.process:
            self.process.kill()
            self.process.wait()


@dataclass
class Client:
    """Uploads file after file, through every failure, and remembers what the server has acknowledged."""

    url: str
    token: str
    stored: dict[str, str] = field(default_factory=dict)     # sha256 of the file → study id
    lost: list[str] = field(default_factory=list)            # acknowledged bytes that were gone
    resumed: int = 0
    stop: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        plain, number = edf(), 0
        while not self.stop.is_set() or number < FEWEST_FILES:         # however slow the machine is
            number += 1
            content = plain[:FIRST_SAMPLE] + number.to_bytes(2, "little") + plain[FIRST_SAMPLE + 2 :]
            self.stored[hashlib.sha256(content).hexdigest()] = self._upload(content)

    def _upload(self, content: bytes) -> str:
        upload_id = self._begin(content)
        acknowledged = 0
        while True:
            view = self._ask("GET", f"/uploads/{upload_id}").json()
            if view["state"] == "stored":
                return str(view["study_id"])
            assert view["state"] in ("receiving", "verifying"), view
            if view["received"] < acknowledged:
                self.lost.append(f"{acknowledged} bytes were acknowledged, {view['received']} are there")
            acknowledged = self._send(upload_id, content, view["received"])

    def _begin(self, content: bytes) -> str:
        made = self._ask("POST", "/uploads", json={"name": "night.edf", "size": len(content)}).json()["id"]
        self._ask("PUT", f"/uploads/{made}/head", content=content[:65536])
        patient = {"new_patient": {"name": "Rosa Ito", "record_number": made}}
        self._ask("POST", f"/uploads/{made}/confirm", json=patient)      # 409 if the answer to the first one was lost
        return str(made)

    def _send(self, upload_id: str, content: bytes, offset: int) -> int:
        """Chunks until one fails; the last offset that was acknowledged."""
        with httpx.Client(base_url=f"{self.url}/api/v1", headers={"Authorization": f"Bearer {self.token}"}, timeout=30) as api:
            while True:
                try:
                    answer = api.patch(f"/uploads/{upload_id}", content=content[offset : offset + CHUNK],
                                       headers=TUS | {"Upload-Offset": str(offset)})
                except AWAY:
                    self.resumed += 1
                    return offset
                if answer.status_code != 204:
                    return offset
                offset = int(answer.headers["Upload-Offset"])
                if offset == len(content):
                    return offset

    def _ask(self, method: str, path: str, **more: object) -> httpx.Response:
        """Again and again until the server answers."""
        while True:
            try:
                with httpx.Client(base_url=f"{self.url}/api/v1", headers={"Authorization": f"Bearer {self.token}"}, timeout=30) as api:
                    answer = api.request(method, path, **more)  # type: ignore[arg-type]
                if answer.status_code < 500:
                    return answer
            except AWAY:
                pass
            time.sleep(0.05)


def survive(house: Installation, *, kills: int, seed: int) -> Client:
    """Kill the web server ``kills`` times at random moments while a client uploads; the client afterwards."""
    server, chance = WebServer(house), random.Random(seed)
    server.start()
    client = Client(server.url, _token(house))
    worker = threading.Thread(target=client.run, daemon=True)
    worker.start()
    try:
        for _ in range(kills):
            time.sleep(chance.uniform(0.05, 1.5))
            server.kill()
            server.start()
        client.stop.set()
        worker.join(120)
    finally:
        client.stop.set()
        server.kill()
    assert not worker.is_alive(), (house.settings.data_dir / "web.log").read_text(errors="replace")[-3000:]
    return client


def _token(house: Installation) -> str:
    with writing() as session:
        user = accounts.add_user(session, name="nora", role=Role.NEUROLOGIST, clinic=house.clinic_id)
        return sign_in.issue_api_token(session, user, label="test", now=utc_now())
