"""The fixtures of the application, for conformance tests that go through its doors."""

from tests.app.api.conftest import api, server
from tests.app.conftest import database, postgres_template, sqlite_template

__all__ = ["api", "database", "postgres_template", "server", "sqlite_template"]
