"""Frequency, side and spatial extent of found events."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

COLUMNS = ("frequency_hz", "laterality", "extent")


def upgrade() -> None:
    for name in COLUMNS:     # empty in older analyses; the previous release neither reads nor writes them
        op.add_column("found_event", sa.Column(name, sa.Double()))


def downgrade() -> None:
    with op.batch_alter_table("found_event") as found_event:
        for name in COLUMNS:
            found_event.drop_column(name)
