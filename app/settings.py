"""Settings of one installation, from ``HMS_*`` environment variables with defaults for embedded mode."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

MIB = 1024 * 1024


class Settings(BaseSettings):
    """All knobs in one place; the defaults run everything on one machine without any service."""

    model_config = SettingsConfigDict(env_prefix="HMS_", frozen=True, extra="forbid")

    data_dir: Path = Path("data")
    database_url: str = ""                    # "" = SQLite in data_dir; "postgresql+psycopg://…" in service mode
    redis_url: str = ""                       # "" = embedded mode; "redis://…" = Celery hints and shared live bus

    host: str = "127.0.0.1"
    port: int = Field(default=8050, ge=0, le=65535)
    tls_certificate: Path | None = None
    tls_key: Path | None = None
    behind_tls_proxy: bool = False            # a reverse proxy ends TLS and is the only one that can reach us

    session_idle_s: float = 15 * 60.0         # ASVS 5.0, 7.3.1
    session_absolute_s: float = 12 * 3600.0   # ASVS 5.0, 7.3.2

    oidc_issuer: str = Field(default="", max_length=300)      # identity provider, exactly as it names itself; "" = none
    oidc_client_id: str = ""
    oidc_client_secret: SecretStr = SecretStr("")
    oidc_name: str = "your organisation"      # on the button: "Sign in with …"
    oidc_methods: tuple[str, ...] = ()        # at least one must be in amr (RFC 8176), e.g. ["mfa", "hwk"]; () = as the provider likes

    encryption_keys: Path | None = None       # key file: stored objects and uploads on their way are encrypted; None = plain

    max_upload_bytes: int = 4 * 1024 * MIB
    chunk_bytes: int = 8 * MIB
    upload_expires_s: float = 7 * 24 * 3600.0

    lease_s: float = 30.0
    heartbeat_s: float = 10.0
    reaper_s: float = 5.0
    poll_s: float = 1.0
    hint_after_s: float = 10.0                # queued longer than this: hint again …
    hint_again_s: float = 30.0                # … at most this often
    max_attempts: int = 3
    job_memory_mib: int = 4096
    job_cpu_s: int = 2 * 3600
    job_wall_s: float = 2 * 3600.0
    job_file_mib: int = 8192
    worker_threads: int = Field(default=1, ge=1)
    worker_queues: tuple[str, ...] = ("quick", "cpu", "gpu", "background")
    explain_events: bool = True               # after an analysis, in the background

    weights_dir: Path | None = None           # None = the ensemble shipped in ml/weights
    provider: Literal["auto", "cpu", "cuda", "tensorrt"] = "auto"      # where networks run; auto: CUDA where it is offered and starts
    onnx_threads: int = Field(default=2, ge=1)

    metrics_token: str = ""                   # "" = /metrics answers on loopback only

    @field_validator("data_dir", "encryption_keys", mode="after")
    @classmethod
    def _absolute(cls, path: Path | None) -> Path | None:
        return path and path.expanduser().absolute()

    @property
    def mode(self) -> Literal["embedded", "service"]:
        return "service" if self.redis_url else "embedded"

    @property
    def sqlalchemy_url(self) -> str:
        return self.database_url or f"sqlite:///{self.data_dir / 'hms.sqlite'}"

    @property
    def objects_dir(self) -> Path:
        return self.data_dir / "objects"

    @property
    def engines_dir(self) -> Path:
        return self.data_dir / "engines"

    @property
    def uploads_dir(self) -> Path:
        return self.data_dir / "uploads"

    @property
    def has_tls(self) -> bool:
        return self.behind_tls_proxy or bool(self.tls_certificate and self.tls_key)

    def make_data_dir(self) -> Path:
        """The folder of everything kept, made at first use for its owner only: recordings and names are in it."""
        self.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        return self.data_dir

    @cached_property
    def secret(self) -> bytes:
        """Key of this installation (CSRF), made at first use and readable by its owner only."""
        path = self.make_data_dir() / "secret.key"
        if not path.exists():
            whole = path.with_name(f"secret.{secrets.token_hex(8)}")
            whole.touch(mode=0o600)
            whole.write_bytes(secrets.token_bytes(32))
            with suppress(FileExistsError):      # another process was first: its key holds
                os.link(whole, path)
            whole.unlink()
        return path.read_bytes()


_current: Settings | None = None


def use(settings: Settings) -> Settings:
    """Make ``settings`` those of this process; called once by each door."""
    global _current
    _current = settings
    return settings


def current() -> Settings:
    """The settings of this process."""
    return _current if _current is not None else use(Settings())
