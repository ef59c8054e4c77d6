"""The child process: limits, answers, and what it may not know."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from app.settings import Settings
from tests.servers import wait_until
from workers.child_process import ChildGone, ChildProcess

SECRET = "postgresql+psycopg://hms:verysecret@127.0.0.1/none"


@pytest.fixture
def child(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ChildProcess]:
    monkeypatch.setenv("HMS_DATABASE_URL", SECRET)
    one = ChildProcess(Settings(data_dir=tmp_path, job_memory_mib=700, job_cpu_s=1, job_file_mib=1))
    yield one
    one.close()


def last_answer(child: ChildProcess, kind: str, **parameters: object) -> dict[str, object]:
    child.order(f"tests.faults.kinds:{kind}", parameters)
    while True:
        answer = child.next_answer(60)
        assert answer is not None
        if "progress" not in answer:
            return answer


def test_one_child_does_one_job_after_another(child: ChildProcess) -> None:
    first, second = (last_answer(child, "steady", work_s=0.1) for _ in range(2))
    assert first == second == {"done": {"pid": child.pid}}


def test_what_libraries_print_is_no_answer_and_the_database_stays_unknown(child: ChildProcess) -> None:
    done = last_answer(child, "chatter")["done"]
    assert isinstance(done, dict)
    assert not any("verysecret" in value for value in done["known"])
    assert not {"torch", "onnxruntime"} & set(done["loaded"])


def test_a_refusal_carries_its_sentence(child: ChildProcess) -> None:
    refused = last_answer(child, "refuse")["refused"]
    assert refused == {"code": "no_channels", "sentence": "The recording has 0 channels; at least 1 is needed. Export it again."}


def test_too_much_memory_is_an_answer_and_too_much_processor_time_a_signal(child: ChildProcess) -> None:
    error = last_answer(child, "hog")["error"]
    assert isinstance(error, dict)
    assert error["code"] == "MEMORY_LIMIT"
    with pytest.raises(ChildGone) as gone:
        last_answer(child, "spin")
    assert gone.value.code == "CPU_LIMIT"


def test_a_crash_is_named_by_its_signal(child: ChildProcess) -> None:
    with pytest.raises(ChildGone) as gone:
        last_answer(child, "segfault")
    assert gone.value.code == "CRASH_SIGSEGV"


def test_a_timeout_is_no_answer(child: ChildProcess) -> None:
    child.order("tests.faults.kinds:hang", {})
    began = time.monotonic()
    assert child.next_answer(0.2) is None
    assert time.monotonic() - began < 5


def test_an_orphan_ends_even_in_an_endless_loop(tmp_path: Path) -> None:
    parent = subprocess.Popen([sys.executable, "-c", (
        "import sys, time; from app.settings import Settings; from workers.child_process import ChildProcess\n"
        "child = ChildProcess(Settings(data_dir=sys.argv[1])); child.order('tests.faults.kinds:spin', {})\n"
        "print(child.pid, flush=True); time.sleep(60)"
    ), str(tmp_path)], stdout=subprocess.PIPE, env=os.environ | {"PYTHONPATH": str(Path(__file__).resolve().parents[2])})
    assert parent.stdout is not None
    child = psutil.Process(int(parent.stdout.readline()))
    time.sleep(1)
    parent.kill()
    parent.communicate()
    wait_until(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE, 10, "the orphan ends")
