"""`./run` itself, with a Python that only pretends: what it sets up, when, and what it says."""

import os
import shutil
import stat
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TOOLS = ("sh", "dirname", "readlink", "cksum", "cat", "mkdir", "rm", "cp", "tail", "sleep", "flock")

# Answers what the script asks a Python; "installing" is slow or fails as the test wishes.
PRETENDER = """#!/bin/sh
case "$1 $2" in
    "-c import sys; print"*) echo "3.14.0 (pretended)" ;;
    "-c import sys; sys.exit"*) exit "${PRETEND_VERSION:-0}" ;;
    "-c import venv"*) exit "${PRETEND_VENV:-0}" ;;
    "-c "*) ;;
    "-m venv") echo "venv by ${0##*/}" >>"$PRETEND_CALLS"; mkdir -p "$3/bin"; cp "$0" "$3/bin/python" ;;
    "-m pip")
        [ "$3" = --version ] && exit 0
        echo "pip $*" >>"$PRETEND_CALLS"
        sleep "${PRETEND_SLOW:-0}"
        [ -z "${PRETEND_BROKEN:-}" ] || { echo "no such thing on the index"; exit 1; } ;;
    *) shift; for word in "$@"; do echo "<$word>"; done ;;
esac
"""


class Tree:
    """A copy of what the script needs, in a folder with a space, and the tools that it may use."""

    def __init__(self, base: Path, tools: tuple[str, ...]) -> None:
        self.root = base / "a tree of ours"
        self.bin = base / "bin"
        self.calls = base / "calls"
        self.root.mkdir()
        self.bin.mkdir()
        shutil.copy(ROOT / "run", self.root / "run")
        (self.root / "requirements.lock").write_text("nothing==1\n")
        (self.root / "pyproject.toml").write_text("[project]\n")
        for tool in tools:
            found = shutil.which(tool)
            if found is None:
                pytest.skip(f"no {tool} here")
            (self.bin / tool).symlink_to(found)

    def add_python(self, name: str = "python3.13") -> None:
        (self.bin / name).write_text(PRETENDER)
        (self.bin / name).chmod(0o755)

    def start(self, *words: str, **environment: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [self.root / "run", *words],
            env={"PATH": str(self.bin), "PRETEND_CALLS": str(self.calls), **environment},
            cwd="/",
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *words: str, **environment: str) -> tuple[int, str, str]:
        process = self.start(*words, **environment)
        out, err = process.communicate(timeout=60)
        return process.returncode, out, err

    def count(self, word: str) -> int:
        lines = self.calls.read_text().splitlines() if self.calls.exists() else []
        return sum(line.startswith(word) for line in lines)


@pytest.fixture(params=["flock", "no flock"])
def tree(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Tree]:
    tools = TOOLS if request.param == "flock" else tuple(tool for tool in TOOLS if tool != "flock")
    made = Tree(tmp_path, tools)
    made.add_python()
    yield made
    shutil.rmtree(made.root, ignore_errors=True)


def test_sets_up_once_and_then_starts_at_once(tree: Tree) -> None:
    code, out, err = tree.run()
    assert (code, out) == (0, "<app.cli>\n<run>\n")
    assert err == "run: setting up .venv (once, a minute or so)\n"
    assert tree.run() == (0, "<app.cli>\n<run>\n", "")
    assert (tree.count("venv"), tree.count("pip")) == (1, 2)


def test_what_pyenv_compiled_comes_last(tree: Tree) -> None:
    """As a rule it did not optimise, and the same work takes half as long again."""
    shims = tree.bin.parent / ".pyenv" / "shims"
    shims.mkdir(parents=True)
    shutil.copy(tree.bin / "python3.13", shims / "python3.14")
    path = f"{shims}:{tree.bin}"
    assert tree.run(PATH=path)[0] == 0
    assert tree.count("venv by python3.13") == 1
    shutil.rmtree(tree.root / ".venv")
    (tree.bin / "python3.13").unlink()
    assert tree.run(PATH=path)[0] == 0
    assert tree.count("venv by python3.14") == 1


def test_installs_what_is_locked_and_nothing_else(tree: Tree) -> None:
    tree.run()
    first, second = [line for line in tree.calls.read_text().splitlines() if line.startswith("pip")]
    assert "--require-hashes -r requirements.lock" in first
    assert second.endswith("--no-deps --no-build-isolation -e .")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["test", "-k", "two words"], "<pytest>\n<-n>\n<3>\n<--dist>\n<loadgroup>\n<-k>\n<two words>\n"),
        (["bench", "--quick"], "<bench>\n<--quick>\n"),
        (["soak"], "<pytest>\n<tests/soak>\n"),
        (["serve", "--port", "1"], "<app.cli>\n<serve>\n<--port>\n<1>\n"),
    ],
)
def test_passes_words_on_as_they_are(tree: Tree, words: list[str], said: str) -> None:
    assert tree.run(*words)[:2] == (0, said)


def test_help_needs_nothing(tree: Tree) -> None:
    code, out, err = tree.run("help")
    assert (code, err) == (0, "")
    assert "./run test" in out
    assert not (tree.root / ".venv").exists()


@pytest.mark.parametrize("changed", ["requirements.lock", "pyproject.toml"])
def test_changed_requirements_are_installed(tree: Tree, changed: str) -> None:
    tree.run()
    (tree.root / changed).write_text("# other\n")
    tree.run()
    assert (tree.count("venv"), tree.count("pip")) == (1, 4)


def test_moved_tree_is_installed_again(tree: Tree) -> None:
    tree.run()
    tree.root = tree.root.rename(tree.root.with_name("another place"))
    assert tree.run()[0] == 0
    assert tree.count("pip") == 4


def test_failure_shows_the_end_of_the_log_and_is_begun_again(tree: Tree) -> None:
    code, out, err = tree.run(PRETEND_BROKEN="1")
    assert (code, out) == (1, "")
    assert "no such thing on the index" in err
    assert err.splitlines()[-1].startswith("run: setting up failed")
    assert tree.run()[0] == 0
    assert tree.count("venv") == 2


def test_killed_setup_is_begun_again(tree: Tree) -> None:
    process = tree.start(PRETEND_SLOW="5")
    _wait(lambda: tree.count("pip") == 1)
    process.kill()
    process.communicate()
    assert tree.run()[0] == 0
    assert tree.count("venv") == 2


def test_environment_whose_python_is_gone_is_made_again(tree: Tree) -> None:
    tree.run()
    (tree.root / ".venv" / "bin" / "python").unlink()
    assert tree.run()[0] == 0
    assert tree.count("venv") == 2


def test_two_at_once_set_up_once(tree: Tree) -> None:
    both = [tree.start(PRETEND_SLOW="1") for _ in range(2)]
    for process in both:
        out, _ = process.communicate(timeout=60)
        assert (process.returncode, out) == (0, "<app.cli>\n<run>\n")
    assert (tree.count("venv"), tree.count("pip")) == (1, 2)


def test_no_python(tree: Tree) -> None:
    (tree.bin / "python3.13").unlink()
    code, _, err = tree.run()
    assert code == 1
    assert err.startswith("run: Python 3.11 to 3.14 is needed")
    assert len(err.splitlines()) == 1


def test_python_too_old(tree: Tree) -> None:
    code, _, err = tree.run(PRETEND_VERSION="1")
    assert (code, err.splitlines()[0][:33]) == (1, "run: Python 3.11 to 3.14 is neede")


def test_python_without_venv_is_said_and_another_one_found(tree: Tree) -> None:
    code, _, err = tree.run(PRETEND_VENV="1")
    assert code == 1
    assert (
        err
        == "run: python3.13 cannot make a virtual environment: install python3-venv (or uv) and start again\n"
    )


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_folder_of_somebody_else(tree: Tree) -> None:
    tree.root.chmod(stat.S_IRUSR | stat.S_IXUSR)
    code, _, err = tree.run()
    tree.root.chmod(0o700)
    assert code == 1
    assert "is it yours?" in err


def test_runs_under_any_name_and_folder(tree: Tree, tmp_path: Path) -> None:
    link = tmp_path / "listening-state"
    link.symlink_to(tree.root / "run")
    environment = {"PATH": str(tree.bin), "PRETEND_CALLS": str(tree.calls)}
    said = subprocess.run(
        [link, "soak"], env=environment, cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert said.stdout == "<pytest>\n<tests/soak>\n"
    assert (tree.root / ".venv" / "setup.done").exists()


def _wait(until: object, patience: float = 20) -> None:
    assert callable(until)
    end = time.monotonic() + patience
    while not until() and time.monotonic() < end:
        time.sleep(0.02)
    assert until()
