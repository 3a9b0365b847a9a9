"""The files for containers ask for nothing that is not there: commands, settings, folders, files."""

import re
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]

from app.cli import cli
from app.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
DOCKER = ROOT / "docker"
ENVIRONMENT = (DOCKER / "example.env").read_text("utf-8")
ASKED_OF_THE_OPERATOR = set(re.findall(r"^(LS_\w+)=", ENVIRONMENT, re.MULTILINE))
COMPOSE: dict[str, Any] = yaml.safe_load((DOCKER / "compose.yaml").read_text("utf-8"))
OURS = {name: made for name, made in COMPOSE["services"].items() if made.get("image") == "listening-state"}


def settings() -> set[str]:
    return {f"LS_{name.upper()}" for name in Settings.model_fields}


def test_each_command_is_one_of_ours() -> None:
    assert {made["command"][0] for made in OURS.values()} == {"migrate", "serve", "worker"}
    assert {made["command"][0] for made in OURS.values()} <= set(cli.commands)


def test_each_variable_is_a_setting() -> None:
    for name, made in OURS.items():
        assert set(made["environment"]) <= settings(), name
    image = (DOCKER / "Dockerfile").read_text("utf-8")
    assert set(re.findall(r"(LS_\w+)=", image)) <= settings()


def test_what_the_operator_fills_in_is_what_is_asked_for() -> None:
    asked = set(re.findall(r"\$\{(LS_\w+)", (DOCKER / "compose.yaml").read_text("utf-8")))
    assert asked == ASKED_OF_THE_OPERATOR


def test_each_process_has_its_own_login() -> None:
    logins = {
        name: set(re.findall(r"postgresql://(\w+):", " ".join(map(str, made["environment"].values()))))
        for name, made in OURS.items()
    }
    assert logins == {
        "migrate": {"ls_owner", "ls_worker"},
        "app": {"ls_web", "ls_intake"},
        "worker": {"ls_worker"},
    }
    assert all(made["read_only"] and made["cap_drop"] == ["ALL"] for made in OURS.values())


def test_what_is_copied_is_let_in() -> None:
    let_in = set(re.findall(r"^!(.+)$", (ROOT / ".dockerignore").read_text("utf-8"), re.MULTILINE))
    assert all((ROOT / name).exists() for name in let_in)
    assert let_in >= {"app", "migrations", "alembic.ini", "requirements.lock", "docker/slim.py"}


def test_mounted_files_are_there() -> None:
    mounts = [mount for made in COMPOSE["services"].values() for mount in made["volumes"]]
    files = [mount.split(":")[0] for mount in mounts if mount.startswith("./")]
    assert files
    assert all((DOCKER / name).is_file() for name in files)
