"""Readers' annotations, every version of them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

UTC = sa.DateTime(timezone=True)
TABLE = "annotation_version"


def upgrade() -> None:      # a table of its own; the previous release neither reads nor writes it
    op.create_table(
        TABLE,
        sa.Column("study_id", sa.Uuid(), nullable=False),
        sa.Column("annotation_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("act", sa.String(length=12), nullable=False),
        sa.Column("start_s", sa.Double(), nullable=False),
        sa.Column("stop_s", sa.Double()),
        sa.Column("label", sa.String(length=40), nullable=False),
        sa.Column("channel", sa.String(length=40), nullable=False),
        sa.Column("comment", sa.String(length=500), nullable=False),
        sa.Column("removed", sa.Boolean(), nullable=False),
        sa.Column("undoes_id", sa.Uuid()),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", UTC, nullable=False),
        sa.ForeignKeyConstraint(["study_id"], ["study.id"], name=f"fk_{TABLE}_study_id_study"),
        sa.ForeignKeyConstraint(["author_id"], ["user_account.id"], name=f"fk_{TABLE}_author_id_user_account"),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=f"fk_{TABLE}_user_id_user_account"),
        sa.PrimaryKeyConstraint("id", name=f"pk_{TABLE}"),
        sa.UniqueConstraint("annotation_id", "version", name=f"uq_{TABLE}_key"),
    )
    op.create_index(f"ix_{TABLE}_study_id", TABLE, ["study_id"])
    op.create_index(f"ix_{TABLE}_user_id", TABLE, ["user_id"])
    _keep_rows()


def downgrade() -> None:
    op.drop_table(TABLE)      # and its triggers


def _keep_rows() -> None:
    """Triggers that let a change of a row fail, whoever sends it."""
    if op.get_bind().dialect.name == "sqlite":
        for verb, why in (("UPDATE", "changed"), ("DELETE", "deleted")):
            op.execute(f"CREATE TRIGGER {TABLE}_no_{verb.lower()} BEFORE {verb} ON {TABLE} "
                       f"BEGIN SELECT RAISE(ABORT, '{TABLE} rows are never {why}'); END")
        return
    for verb, each, why in (("UPDATE", "FOR EACH ROW", "changed"), ("DELETE", "FOR EACH ROW", "deleted"), ("TRUNCATE", "", "deleted")):
        op.execute(f"CREATE TRIGGER {TABLE}_no_{verb.lower()} BEFORE {verb} ON {TABLE} {each} "
                   f"EXECUTE FUNCTION hms_refuse('rows are never {why}')")
