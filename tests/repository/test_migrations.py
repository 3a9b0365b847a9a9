"""Each migration works with the code before it, and lets everybody go on while it runs.

The statements that a migration makes are judged by squawk. What it finds in one that has its reason is named
in the migration's file, with the reason, by the rule's name: `ALLOWED = {"ban-drop-column": "nobody has read
it since …"}`. Those up to `BEFORE` are older than this rule.
"""

import io
import json
import subprocess
import sysconfig
from pathlib import Path

import pytest
from alembic import command
from alembic.script import Script, ScriptDirectory

from app.core import migrate

BEFORE = "0045"
NOT_ABOUT_IT = (
    # how a type is chosen, and how statements are written
    *("prefer-bigint-over-int", "prefer-bigint-over-smallint", "prefer-text-field", "prefer-robust-stmts"),
    # migrations/env.py begins and ends transactions and limits the waiting for locks
    *("transaction-nesting", "require-timeout-settings", "require-lock-timeout", "require-statement-timeout"),
)


def newer() -> list[Script]:
    scripts = ScriptDirectory.from_config(migrate.config(""))
    return [one for one in scripts.walk_revisions() if one.revision > BEFORE]


def statements(script: Script) -> str:
    settings = migrate.config("")
    settings.output_buffer = io.StringIO()
    command.upgrade(settings, f"{script.down_revision}:{script.revision}", sql=True)
    return settings.output_buffer.getvalue()


def found_in(sql: str) -> set[str]:
    """The rules that these statements break."""
    squawk = Path(sysconfig.get_path("scripts")) / "squawk"
    asked = [str(squawk), "--pg-version", "18", "--reporter", "json", "--assume-in-transaction"]
    done = subprocess.run(
        [*asked, "--exclude", ",".join(NOT_ABOUT_IT)], input=sql, capture_output=True, text=True, check=False
    )
    assert done.returncode in {0, 1}, done.stderr
    return {one["rule_name"] for one in json.loads(done.stdout or "[]")}


def test_no_migration_breaks_the_code_before_it() -> None:
    for script in newer():
        allowed: dict[str, str] = getattr(script.module, "ALLOWED", {})
        assert all(len(reason) > 20 for reason in allowed.values()), "each exception has a reason"
        assert (script.revision, found_in(statements(script))) == (script.revision, set(allowed))


@pytest.mark.parametrize(
    ("sql", "rule"),
    [
        ("ALTER TABLE appeal DROP COLUMN topic", "ban-drop-column"),
        ("ALTER TABLE appeal RENAME COLUMN topic TO subject", "renaming-column"),
        ("ALTER TABLE appeal RENAME TO petition", "renaming-table"),
        ("DROP TABLE appeal", "ban-drop-table"),
        ("ALTER TABLE appeal ALTER COLUMN topic SET NOT NULL", "adding-not-nullable-field"),
        ("ALTER TABLE appeal ADD COLUMN mood text NOT NULL", "adding-required-field"),
        ("ALTER TABLE appeal ALTER COLUMN topic TYPE varchar(9)", "changing-column-type"),
        ("ALTER TABLE appeal ADD COLUMN at date DEFAULT clock_timestamp()", "adding-field-with-default"),
        ("CREATE INDEX ix_topic ON appeal (topic)", "require-concurrent-index-creation"),
        ("DROP INDEX ix_topic", "require-concurrent-index-deletion"),
        ("ALTER TABLE appeal ADD CONSTRAINT c CHECK (id > 0)", "constraint-missing-not-valid"),
        ("ALTER TABLE appeal ADD CONSTRAINT u UNIQUE (topic)", "disallowed-unique-constraint"),
    ],
)
def test_what_would_break_it_is_found(sql: str, rule: str) -> None:
    assert rule in found_in(f"{sql};")


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE TABLE mood (id bigint PRIMARY KEY, said text NOT NULL); CREATE INDEX ix_said ON mood (said)",
        "ALTER TABLE appeal ADD COLUMN mood text",
        "ALTER TABLE appeal ADD COLUMN mood text NOT NULL DEFAULT ''",
        "ALTER TABLE appeal ADD CONSTRAINT c CHECK (id > 0) NOT VALID",
        "SET LOCAL lock_timeout = '5s'; GRANT SELECT ON appeal TO ls_app",
    ],
)
def test_what_breaks_nothing_is_let_through(sql: str) -> None:
    assert found_in(f"{sql};") == set()
