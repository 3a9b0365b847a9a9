"""the app's role owns nothing, history is append-only for it, and numbers come from yearly sequences

Works with the code that ran before it.
"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

ROLE = "ls_app"
YEARS = range(2007, 2061)

# What the app may do, by table. What is written once has no UPDATE and no DELETE.
GRANTS = {
    "SELECT, INSERT": [
        "appeal", "applicant", "calendar_override", "content", "counter_delta", "demo_load", "event", "ledger",
    ],
    "SELECT, INSERT, UPDATE": ["holding", "notice"],
    "SELECT, INSERT, DELETE": ["intake_key"],
    "SELECT, INSERT, UPDATE, DELETE": [
        "agency", "agency_name", "agency_successor", "api_client", "attempt", "channel",
        "competence", "directory_version", "draft", "refresh_token", "region", "region_name", "source",
        "staff_account", "topic",
    ],
    "SELECT": ["alembic_version"],
}  # fmt: skip

MAKE_ROLE = f"""
DO $do$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{ROLE}') THEN
        CREATE ROLE {ROLE} NOLOGIN;
    END IF;
    -- With one login for both, the app takes this role on each connection.
    IF NOT pg_has_role(current_user, '{ROLE}', 'SET') THEN
        GRANT {ROLE} TO current_user WITH INHERIT FALSE, SET TRUE;
    END IF;
EXCEPTION WHEN insufficient_privilege THEN
    -- The role was made by somebody else, with a login of its own: then nothing more is needed.
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{ROLE}') THEN
        RAISE EXCEPTION 'role {ROLE} is missing and % may not create it', current_user
            USING HINT = 'As a superuser: CREATE ROLE {ROLE} LOGIN; then set LS_APP_DATABASE_URL.';
    END IF;
END
$do$
"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute(MAKE_ROLE)
    op.execute(f"GRANT USAGE ON SCHEMA public TO {ROLE}")
    for privileges, tables in GRANTS.items():
        op.execute(f"GRANT {privileges} ON {', '.join(tables)} TO {ROLE}")
    for year in YEARS:
        op.execute(f"CREATE SEQUENCE appeal_serial_{year} MAXVALUE 99999999")
        op.execute(f"GRANT USAGE ON SEQUENCE appeal_serial_{year} TO {ROLE}")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for year in YEARS:
        op.execute(f"DROP SEQUENCE appeal_serial_{year}")
    for tables in GRANTS.values():
        op.execute(f"REVOKE ALL ON {', '.join(tables)} FROM {ROLE}")
    op.execute(f"REVOKE USAGE ON SCHEMA public FROM {ROLE}")
