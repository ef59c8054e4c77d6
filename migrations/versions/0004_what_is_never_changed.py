"""Triggers that keep what must never change, whoever sends the statement."""

from __future__ import annotations

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

APPEND_ONLY = ("audit_entry", "review", "report_document")


def upgrade() -> None:
    for table in APPEND_ONLY:
        _refuse(table, "UPDATE", "rows are never changed")
        _refuse(table, "DELETE", "rows are never deleted")
    _refuse("report", "UPDATE", "is final and never changed", "OLD.status = 'final'")
    _refuse("report", "DELETE", "is final and never deleted", "OLD.status = 'final'")


def downgrade() -> None:
    postgresql = op.get_bind().dialect.name == "postgresql"
    for table in (*APPEND_ONLY, "report"):
        for verb in ("update", "delete", *(["truncate"] if postgresql else [])):
            op.execute(f"DROP TRIGGER {table}_no_{verb}" + (f" ON {table}" if postgresql else ""))
    if postgresql:
        op.execute("DROP FUNCTION hms_refuse()")


def _refuse(table: str, verb: str, why: str, when: str = "") -> None:
    """A trigger that lets the statement fail, whoever sends it. SQLite loses it when a batch migration copies the table."""
    condition = f"WHEN ({when}) " if when else ""
    name = f"{table}_no_{verb.lower()}"
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            f"CREATE TRIGGER {name} BEFORE {verb} ON {table} {condition}BEGIN SELECT RAISE(ABORT, '{table} {why}'); END"
        )
        return
    op.execute(
        "CREATE OR REPLACE FUNCTION hms_refuse() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION '% %', TG_TABLE_NAME, TG_ARGV[0] USING ERRCODE = 'restrict_violation'; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {name} BEFORE {verb} ON {table} FOR EACH ROW {condition}EXECUTE FUNCTION hms_refuse('{why}')"
    )
    if verb == "DELETE":
        op.execute(
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} EXECUTE FUNCTION hms_refuse('{why}')"
        )
