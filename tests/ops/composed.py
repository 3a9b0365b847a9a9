"""What a compose file starts, for starting it without an engine: its words and environment as they stand."""

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]

from app.core.embedded_place import Account
from tests.warm import ROOT

DOCKER = ROOT / "docker"
PASSWORD = "wordOfTheseTestsAlone"
# PostgreSQL does not run as root, and its user may not be able to enter the folder of root's Python.
DROPPED = ("--clear-groups", "--inh-caps=+dac_override", "--ambient-caps=+dac_override")
VARIABLE = re.compile(r"\$\{(\w+)(?::([-?])([^}]*))?\}")


@dataclass(frozen=True)
class Composed:
    """`filled`: what the operator fills in. `places`: for a folder of the containers, or an address among
    them, what is here in its place."""

    file: str
    filled: Mapping[str, str]
    places: Mapping[str, str]

    @property
    def services(self) -> dict[str, Any]:
        found: dict[str, Any] = yaml.safe_load((DOCKER / self.file).read_text("utf-8"))["services"]
        return found

    def words(self, service: str) -> list[str]:
        return [self._here(word) for word in self.services[service]["command"]]

    def environment(self, service: str) -> dict[str, str]:
        """Of our own image first what the image says."""
        made = self.services[service]
        ours = image()["environment"] if made.get("image") == "listening-state" else {}
        return {name: self._here(str(value)) for name, value in (ours | made["environment"]).items()}

    def folder(self, service: str) -> str:
        return self._here(self.services[service]["working_dir"])

    def _here(self, text: str) -> str:
        text = VARIABLE.sub(self._filled, text)
        for there, here in self.places.items():
            text = re.sub(rf"(?<![\w.]){re.escape(there)}(?![\w.])", here.replace("\\", r"\\"), text)
        return text

    def _filled(self, found: re.Match[str]) -> str:
        name, kind, other = found.groups()
        if value := self.filled.get(name, ""):
            return value
        assert kind == "-", f"{name} is not filled in: {other}"
        return str(other)


def image() -> dict[str, Any]:
    """What docker/Dockerfile says of the image: its environment of ours, how it begins, with what."""
    last = (DOCKER / "Dockerfile").read_text("utf-8").replace("\\\n", " ").rpartition("\nFROM ")[2]
    said = dict(line.split(" ", 1) for line in last.splitlines() if re.match(r"(ENV|ENTRYPOINT|CMD) ", line))
    return {
        "environment": dict(re.findall(r"(LS_\w+)=(\S+)", said["ENV"])),
        "entrypoint": json.loads(said["ENTRYPOINT"]),
        "command": json.loads(said["CMD"]),
    }


def example(file: str) -> Path:
    """The file that the operator fills in."""
    return DOCKER / file.replace("compose", "example").replace(".yaml", ".env")


def passwords(file: str) -> dict[str, str]:
    """Of the logins that the operator fills in."""
    asked = re.findall(r"^(\w+_PASSWORD)=", example(file).read_text("utf-8"), re.MULTILINE)
    return dict.fromkeys(asked, PASSWORD)


def as_user(account: Account, *words: str) -> list[str]:
    """The words of a command that runs as the database's user."""
    if os.geteuid() != 0:
        return list(words)
    return ["setpriv", f"--reuid={account.uid}", f"--regid={account.gid}", *DROPPED, *words]
