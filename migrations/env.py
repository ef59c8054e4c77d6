"""Runs migrations on the connection that ``app.db.migrate`` hands over; never opens one of its own."""

from __future__ import annotations

from alembic import context

import app.db.registry  # noqa: F401   # so that the metadata is whole
from app.db.columns import Table

context.configure(
    connection=context.config.attributes["connection"], target_metadata=Table.metadata, render_as_batch=True,
    transactional_ddl=True,
)
context.run_migrations()
