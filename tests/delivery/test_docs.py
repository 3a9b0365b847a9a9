"""The receiver of docs/webhooks.md, copied from the page and run."""

import os
import re
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx

from tests.delivery.post import Post
from tests.delivery.receivers import free_port

PAGE = Path(__file__).resolve().parents[2] / "docs" / "webhooks.md"


async def test_the_pages_receiver(post: Post, tmp_path: Path) -> None:
    (program,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    (tmp_path / "receiver.py").write_text(program, encoding="utf-8")
    port = free_port()
    made = await post.subscribe(f"http://127.0.0.1:{port}/appeals")
    (filed,) = await post.file()
    environment = {**os.environ, "SECRET": made["secret"]}
    running = _started(tmp_path, environment, port)
    try:
        _answers(port)
        await post.deliver()
        await post.do("UPDATE delivery SET state = 'pending' WHERE way = 'webhook'")
        await post.deliver()
        async with httpx.AsyncClient() as stranger:
            forged = await stranger.post(f"http://127.0.0.1:{port}/", content=b"{}")
        assert forged.status_code == 401
    finally:
        running.terminate()
        said, _ = running.communicate()
    proof = await post.ask(
        "SELECT result FROM delivery_attempt a JOIN delivery d ON d.id = a.delivery_id "
        "WHERE d.way = 'webhook'"
    )
    assert [row["result"] for row in proof] == ["delivered", "delivered"]
    assert said.splitlines() == [f"appeal.registered {filed.number} registered"], "the repeat was dropped"


def _started(folder: Path, environment: dict[str, str], port: int) -> subprocess.Popen[str]:
    command = [sys.executable, "receiver.py", str(port)]
    return subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True)


def _answers(port: int) -> None:
    end = time.monotonic() + 20
    while time.monotonic() < end:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("the receiver does not start")
