"""Unsafe settings are refused at the start."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from app.settings import Settings


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ({"environment": "production"}, "LS_SECRET_KEY is required"),
        ({"secret_key": "too short"}, "at least 32"),
        ({"secret_keys_known": f"{'s' * 40}|short"}, "at least 32"),
        ({"demo_api_key": "short"}, "at least 16"),
        ({"port": 70000}, "65535"),
        ({"rate_limits": "some"}, "off"),
        ({"trusted_proxies": "*"}, "LS_TRUSTED_PROXIES"),
        ({"trusted_proxies": "127.0.0.1, caddy"}, "LS_TRUSTED_PROXIES"),
        ({"trusted_proxies": "10.0.0.1/8"}, "LS_TRUSTED_PROXIES"),
        ({"replica_url": "db2/listening_state"}, "LS_REPLICA_URL"),
    ],
)
def test_what_is_unsafe_or_wrong_is_refused(given: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValidationError, match=complaint):
        Settings(**given)


def test_the_kept_secret_is_made_once_even_by_many_at_once(tmp_path: Path) -> None:
    def read(_: int) -> str:
        return Settings(data_dir=tmp_path / "data", secret_key="").secrets()[0]

    with ThreadPoolExecutor(8) as pool:
        secrets = set(pool.map(read, range(8)))
    assert len(secrets) == 1
    kept = tmp_path / "data" / "secret_key"
    assert kept.stat().st_mode & 0o077 == 0
    assert len(list(kept.parent.iterdir())) == 1


def test_a_secret_is_not_shown(tmp_path: Path) -> None:
    settings = Settings(secret_key="s" * 40, data_dir=tmp_path)
    assert "s" * 40 not in repr(settings)


def test_the_first_secret_writes_and_the_others_read(tmp_path: Path) -> None:
    new, old = "a new one, with a blank and forty letters", "an old one, with a blank and forty letters"
    assert Settings(secret_key=new, secret_keys_known=f"{old}|{new}").secrets() == [new, old]
    (tmp_path / "secret_key").write_text(f"{new}\n{old}\n")
    assert Settings(secret_key="", data_dir=tmp_path).secrets() == [new, old]
