"""The door of the operators' room with a second factor."""

import re
from collections.abc import AsyncIterator

import pyotp
import pytest
from time_machine import Traveller, travel

from app.core import clock
from app.core.db import Database
from app.core.i18n import t
from app.directory import snapshot
from app.settings import Settings
from app.staff import service
from app.staff.permissions import Role
from tests.support import running
from tests.web.administration.room import Browser

LOGIN, PASSWORD = "head@energy", "a long password for tests"


@pytest.fixture
async def browser(db: Database, settings: Settings) -> AsyncIterator[Browser]:
    body = snapshot.current().agency("energy").id
    await service.create_account(db, LOGIN, "Сынақбаев Қайрат", Role.HEAD, body, PASSWORD)
    async with running(settings.model_copy(update={"require_totp": True}), db) as client:
        yield Browser(client)


async def sign_in(browser: Browser, status: int, code: str = "") -> str:
    await browser.get("/office/sign-in?lang=kk")
    answer = await browser.post("/office/sign-in", status, login=LOGIN, password=PASSWORD, totp=code)
    return answer.text or answer.headers["location"]


def app_of(page: str) -> pyotp.TOTP:
    """What stands on the page to be typed by hand."""
    found = re.search(r'class="code">([A-Z2-7 ]+)<', page)
    assert found, page
    return pyotp.TOTP(found[1].replace(" ", ""))


async def test_it_is_set_up_at_the_first_sign_in(browser: Browser) -> None:
    with travel(clock.now(), tick=False) as time:
        page = await sign_in(browser, 200)
        assert "<svg" in page
        wrong = await browser.post("/office/second-factor", 422, login=LOGIN, password=PASSWORD, totp="12")
        assert "Код қате" in wrong.text
        app = app_of(wrong.text)
        there = await browser.post(
            "/office/second-factor", login=LOGIN, password=PASSWORD, totp=app.at(clock.now())
        )
        assert there.headers["location"] == "/office"
        await browser.get("/office")
        await asked_from_now_on(browser, app, time)


async def asked_from_now_on(browser: Browser, app: pyotp.TOTP, time: Traveller) -> None:
    assert t("error.totp_required", "kk") in await sign_in(browser, 422)
    time.shift(30)
    assert await sign_in(browser, 303, app.at(clock.now())) == "/office"


async def test_who_does_not_know_the_password_sees_no_secret(browser: Browser) -> None:
    await browser.get("/office/sign-in?lang=kk")
    for path in ("sign-in", "second-factor"):
        answer = await browser.post(f"/office/{path}", 422, login=LOGIN, password="wrong", totp="123456")
        assert "<svg" not in answer.text
        assert "құпиясөз қате" in answer.text


async def test_a_form_of_another_site_is_asked_for_again(browser: Browser) -> None:
    answer = await browser.post("/office/second-factor", 422, login=LOGIN, password=PASSWORD, totp="123456")
    assert "<svg" not in answer.text
