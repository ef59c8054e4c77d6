"""Studies that are parts of a joined one, and joined ones that were taken apart again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

KEY = "fk_study_joined_into_id_study"
INDEX = "ix_study_joined_into_id"


def upgrade() -> None:       # both are empty in older rows; the previous release neither reads nor writes them
    if op.get_bind().dialect.name == "sqlite":     # cannot add a constraint later; rebuilding the table would touch every row
        op.execute(f"ALTER TABLE study ADD COLUMN joined_into_id CHAR(32) CONSTRAINT {KEY} REFERENCES study (id)")
    else:
        op.add_column("study", sa.Column("joined_into_id", sa.Uuid()))
        op.create_foreign_key(KEY, "study", "study", ["joined_into_id"], ["id"])
    op.create_index(INDEX, "study", ["joined_into_id"])
    op.add_column("study", sa.Column("separated_at", sa.DateTime(timezone=True)))


def downgrade() -> None:
    op.drop_index(INDEX, "study")
    if op.get_bind().dialect.name != "sqlite":
        op.drop_constraint(KEY, "study", type_="foreignkey")
    with op.batch_alter_table("study") as study:
        study.drop_column("joined_into_id")
        study.drop_column("separated_at")
