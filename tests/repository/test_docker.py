"""The files for containers ask for nothing that is not there: commands, settings, folders, files."""

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]

from app.cli import NAME, cli
from app.settings import Settings
from tests.ops.composed import DOCKER, Composed, example, image
from tests.warm import ROOT

FILES = ("compose.yaml", "compose.cluster.yaml")
OF_THEIR_OWN = {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"}
"""What is read by a library that knows it."""
every_file = pytest.mark.parametrize("file", FILES)


def services(file: str) -> dict[str, Any]:
    return Composed(file, {}, {}).services


def ours(file: str) -> dict[str, Any]:
    return {name: made for name, made in services(file).items() if made.get("image") == "listening-state"}


def settings() -> set[str]:
    return {f"LS_{name.upper()}" for name in Settings.model_fields}


@every_file
def test_each_command_is_one_of_ours(file: str) -> None:
    assert image()["entrypoint"] == [NAME]
    said = {made["command"][0] for made in ours(file).values()}
    assert said == {"migrate", "serve", "worker"}
    assert {*said, image()["command"][0]} <= set(cli.commands)


@every_file
def test_each_variable_is_a_setting(file: str) -> None:
    for name, made in ours(file).items():
        assert set(made["environment"]) <= settings() | OF_THEIR_OWN, name
    assert set(image()["environment"]) <= settings()


@every_file
def test_what_the_operator_fills_in_is_what_is_asked_for(file: str) -> None:
    asked = set(re.findall(r"\$\{([A-Z]\w+)", (DOCKER / file).read_text("utf-8")))
    assert asked == set(re.findall(r"^(\w+)=", example(file).read_text("utf-8"), re.MULTILINE))


@every_file
def test_no_secret_is_in_the_tree(file: str) -> None:
    assert not re.findall(r"^\w*(?:KEY|PASSWORD|URL)=.+", example(file).read_text("utf-8"), re.MULTILINE)
    given = re.findall(r"(?:PASSWORD|KEY): (.+)", (DOCKER / file).read_text("utf-8"))
    assert given
    assert all(value.startswith("${") for value in given)


@every_file
def test_each_process_has_its_own_login(file: str) -> None:
    logins = {
        name: set(re.findall(r"postgresql://(\w+):", " ".join(map(str, made["environment"].values()))))
        for name, made in ours(file).items()
    }
    assert logins == {
        "migrate": {"ls_owner", "ls_worker"},
        "app": {"ls_web", "ls_intake"},
        "worker": {"ls_worker"},
    }
    assert all(made["read_only"] and made["cap_drop"] == ["ALL"] for made in ours(file).values())


def test_patroni_finds_its_files_where_it_looks() -> None:
    patroni = yaml.safe_load((DOCKER / "patroni.yml").read_text("utf-8"))
    dcs = patroni["bootstrap"]["dcs"]
    assert dcs["loop_wait"] + 2 * dcs["retry_timeout"] <= dcs["ttl"]
    assert dcs["synchronous_mode"]
    assert dcs["synchronous_mode_strict"]
    db = services("compose.cluster.yaml")["db"]
    mounted = {mount.split(":")[1] for mount in db["volumes"]}
    for name in (db["command"][1], patroni["bootstrap"]["post_bootstrap"]):
        assert f"{db['working_dir']}/{Path(name)}" in mounted
    assert os.access(DOCKER / "logins.sh", os.X_OK)


@pytest.mark.skipif(shutil.which("caddy") is None, reason="no caddy is here")
def test_caddy_passes_on_to_the_web_side_of_each_machine() -> None:
    nodes = {f"LS_NODE{n}": f"10.0.0.{n}" for n in (1, 2, 3)} | {"LS_SITE": "localhost"}
    composed = Composed("compose.cluster.yaml", nodes, {})
    environment = os.environ | composed.environment("caddy")
    words = ["caddy", "adapt", "--adapter", "caddyfile", "--config", str(DOCKER / "Caddyfile")]
    said = subprocess.run(words, env=environment, capture_output=True, text=True, check=True).stdout
    assert re.findall(r'"dial":"([^"]+)"', said) == [f"{node}:8000" for node in list(nodes.values())[:3]]


def test_what_is_copied_is_let_in() -> None:
    let_in = set(re.findall(r"^!(.+)$", (ROOT / ".dockerignore").read_text("utf-8"), re.MULTILINE))
    assert all((ROOT / name).exists() for name in let_in)
    assert let_in >= {"app", "migrations", "alembic.ini", "requirements.lock", "docker/slim.py"}


def test_mounted_files_are_there() -> None:
    mounts = [mount for file in FILES for made in services(file).values() for mount in made["volumes"]]
    files = [mount.split(":")[0] for mount in mounts if mount.startswith("./")]
    assert files
    assert all((DOCKER / name).is_file() for name in files)
