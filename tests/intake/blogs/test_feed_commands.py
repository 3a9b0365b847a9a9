"""Feeds from the command line."""

import click
import pytest

from app.core.db import Database
from app.intake.blogs import cli

URL = "https://blog.example.kz/feed"


async def test_added_listed_and_ended(db: Database) -> None:
    number = await cli.add(db, "blog-platform", URL, "energy", 30)
    (row,) = await cli.listed(db)
    shown = "  ".join(cli._shown(row))
    assert f"{number}  blog-platform energy  every 30 min  - not read yet, 0 failures, next " in shown
    assert shown.endswith(URL)
    with pytest.raises(click.ClickException, match="has this feed already"):
        await cli.add(db, "blog-platform", URL, "energy", 30)
    await cli.change(db, cli._NOW, number)
    await cli.change(db, cli._END, number)
    with pytest.raises(click.ClickException, match="there is no feed"):
        await cli.change(db, cli._END, number)
    assert await cli.add(db, "blog-platform", URL, "energy", 30) > number


@pytest.mark.parametrize(
    ("source", "url", "blog", "said"),
    [
        ("nobody", URL, "energy", "there is no source nobody"),
        ("109-turkistan", URL, "energy", "109-turkistan has no channel blog"),
        ("blog-platform", URL, "enrgy", "there is no blog enrgy; near it: energy"),
        ("blog-platform", "http://blog.example.kz/feed", "energy", "is never called (https)"),
        ("blog-platform", "https://10.0.0.1/", "energy", "is never called (private_address)"),
        ("blog-platform", "feed", "energy", "is never called (url)"),
    ],
)
async def test_refused(db: Database, source: str, url: str, blog: str, said: str) -> None:
    with pytest.raises(click.ClickException) as refused:
        await cli.add(db, source, url, blog, 15)
    assert said in refused.value.message
