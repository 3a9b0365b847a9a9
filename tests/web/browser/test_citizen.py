"""A citizen's whole way on the pages, in a browser that runs no script."""

import re
from collections.abc import Awaitable, Callable

from playwright.async_api import FilePayload, Page, Route, expect

from app.core.db import Database, DatabaseUrls
from app.core.i18n import Language, t
from app.directory import snapshot
from app.staff import service
from app.staff.permissions import Role
from tests.attachments.files import JPEG, PNG, ZIP
from tests.web.browser.conftest import EACH_LANGUAGE_ONCE, NARROW, Visit

Looked = Callable[[Page, str], Awaitable[None]]
TEXT = "Үйімізде үш күннен бері жылу жоқ, батарея суық. Пәтерде кішкентай бала бар. Жылуды қосуды сұраймыз."
PASSWORD = "a long password for tests"

PUBLIC = ("/", "/appeals", "/questions", "/blog", "/receptions", "/bookings", "/statistics", "/problems")
# A picture of one point.
PHOTO: FilePayload = {"name": "батарея.png", "mimeType": "image/png", "buffer": PNG}


async def next_(page: Page) -> None:
    async with page.expect_event("load"):
        await page.locator("main form button").first.click()


async def written(page: Page, lang: Language, *, look: Looked | None = None, name: str = "") -> None:
    """From the start page to the page that is to be checked."""

    async def seen(step: str) -> None:
        if look:
            await look(page, f"{name}-{step}")

    await page.goto(f"/write?lang={lang}")
    await seen("start")
    await next_(page)
    await seen("what")
    await page.get_by_label(t("write.field.text", lang)).fill(TEXT)
    await page.get_by_label(t("write.kind.complaint", lang)).check()
    await next_(page)
    await seen("where")
    await page.get_by_label(t("write.field.region", lang)).select_option("KZ-61")
    await next_(page)
    await seen("files")
    await page.locator("#file").set_input_files(PHOTO)
    await page.locator("main form > button").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text(t("write.topic.title", lang))
    await seen("topic")
    await expect(page.locator("input[name=topic][value=utilities]")).to_be_checked()
    await next_(page)
    await seen("addressee")
    await next_(page)
    await seen("you")
    await page.get_by_label(t("write.field.applicant.name", lang)).fill("Үлгібек Сынақбаев")
    await page.get_by_label(t("write.field.applicant.address", lang)).fill("Кентау қ., Мысал көшесі, 5")
    await next_(page)
    await expect(page.get_by_role("heading", level=1)).to_have_text(t("write.check.title", lang))


async def sent(page: Page, lang: Language) -> tuple[str, str]:
    """Number and access code, as the receipt says them."""
    await next_(page)
    await expect(page.get_by_role("heading", level=1)).to_have_text(t("web.receipt.sent", lang))
    figures = await page.locator(".figure").all_inner_texts()
    found = re.search(r"[JZ]T-\d{4}-\d{8}", figures[0])
    assert found, figures
    return found[0], figures[1]


@EACH_LANGUAGE_ONCE
async def test_every_page_in_each_language(
    visit: Visit, looked_at: Looked, lang: Language, size: tuple[int, int]
) -> None:
    name = f"{lang}-{size[0]}"
    scheme = "dark" if size == NARROW else "light"
    async with visit(size, color_scheme=scheme) as page:  # axe is a script: this browser runs them
        await written(page, lang, look=looked_at, name=name)
        await looked_at(page, f"{name}-check")
        number, _ = await sent(page, lang)
        await looked_at(page, f"{name}-receipt")
        await page.get_by_role("link", name=t("web.receipt.open", lang)).click()
        await expect(page.locator("#supplement")).to_be_visible()
        await looked_at(page, f"{name}-appeal")
        await page.locator("#supplement summary").click()
        await looked_at(page, f"{name}-appeal-adding")
        await page.goto("/appeals")
        await looked_at(page, f"{name}-find")
        await page.goto("/l/nothing")
        await looked_at(page, f"{name}-link-gone")
        assert number


async def test_from_the_first_word_to_the_complaint_without_a_script(
    visit: Visit, site_urls: DatabaseUrls
) -> None:
    async with visit(java_script_enabled=False) as page:
        await written(page, "kk")
        await expect(page.get_by_text("Түркістан облысының әкімдігі").first).to_be_visible()
        number, code = await sent(page, "kk")
        await page.get_by_role("link", name=t("web.receipt.open", "kk")).click()
        await expect(page.get_by_role("heading", level=1)).to_contain_text("Түркістан облысының әкімдігі")
        await page.locator("#supplement summary").click()
        await page.get_by_label(t("track.act.supplement.text", "kk")).fill("Шебер әлі келген жоқ.")
        await page.get_by_role("button", name=t("track.act.supplement.do", "kk"), exact=True).click()
        await expect(page.get_by_role("status")).to_have_text(t("track.done.supplement", "kk"))

        await answered(site_urls, page, number)
        await page.goto(f"/appeals/{number}")
        await expect(page.locator(".letter")).to_contain_text("Жылу қосылды.")
        await page.locator("#rate summary").click()
        await page.get_by_role("button", name=t("track.act.rate.do", "kk")).click()
        await expect(page.locator(".summary")).to_contain_text(t("write.field.score", "kk"))
        await page.get_by_label(t("track.score.4", "kk"), exact=True).check()
        await page.get_by_label(t("form.yes", "kk")).check()
        await page.get_by_role("button", name=t("track.act.rate.do", "kk")).click()
        await expect(page.get_by_role("status")).to_have_text(t("track.done.rate", "kk"))
        await expect(page.locator("#rate")).to_have_count(0)

        await page.locator("#complain summary").click()
        await page.get_by_label(t("track.act.complain.text", "kk")).fill("Жылу әлі қосылған жоқ.")
        await page.get_by_role("button", name=t("track.act.complain.do", "kk")).click()
        await expect(page.get_by_role("heading", level=1)).to_have_text(t("web.receipt.sent", "kk"))
        await page.goto(f"/appeals/{number}")
        await expect(page.get_by_text(t("track.complaint.filed", "kk"))).to_be_visible()

        await page.get_by_role("button", name=t("track.close", "kk")).click()
        await page.goto(f"/appeals/{number}")
        await expect(page.get_by_role("heading", level=1)).to_have_text(t("track.find.title", "kk"))
        await page.get_by_label(t("web.receipt.code", "kk")).fill(code.lower().replace("-", " "))
        await page.get_by_role("button", name=t("track.find.open", "kk")).click()
        await expect(page.locator(".letter")).to_contain_text("Жылу қосылды.")


async def answered(urls: DatabaseUrls, page: Page, number: str) -> None:
    """The head of the body that has it answers, by the calls for staff."""
    db = await Database.open(urls, pool_size=2)
    try:
        await snapshot.refresh(db)
        login = "head-pages@akimat-turkistan"
        body = snapshot.current().agency("akimat-turkistan").id
        await service.create_account(db, login, "Басшы", Role.HEAD, body, PASSWORD)
    finally:
        await db.close()
    given = await page.request.post("/api/v1/auth/token", form={"username": login, "password": PASSWORD})
    token = (await given.json())["access_token"]
    done = await page.request.post(
        f"/api/v1/cases/{number}/answer",
        headers={"Authorization": f"Bearer {token}", "If-Match": "*"},
        data={
            "outcome": "satisfied",
            "language": "kk",
            "text": "Жылу қосылды.",
            "legal_basis": "ӘРПК 76-бап",
        },
    )
    assert done.status == 200, await done.text()


async def test_what_was_written_is_there_after_everything_was_closed(visit: Visit) -> None:
    async with visit(java_script_enabled=False) as page:
        await page.goto("/write/what?lang=ru")
        await page.get_by_label(t("write.field.text", "ru")).fill("Нет воды второй день.")
        await next_(page)  # no kind was chosen: it is said, and what was typed stays
        await expect(page.locator(".summary")).to_contain_text(t("write.field.kind", "ru"))
        await page.goto("about:blank")
        await page.goto("/write")
        await page.get_by_role("link", name=t("write.start.go_on", "ru")).click()
        await expect(page.get_by_label(t("write.field.text", "ru"))).to_have_value("Нет воды второй день.")


async def test_a_form_that_lost_its_cookie_is_asked_for_again_and_keeps_its_words(visit: Visit) -> None:
    async with visit(java_script_enabled=False) as page:
        await page.goto("/write/what?lang=en")
        await page.get_by_label(t("write.field.text", "en")).fill("No light in the street.")
        await page.get_by_label(t("write.kind.message", "en")).check()
        await page.context.clear_cookies()
        await next_(page)
        await expect(page.locator(".summary")).to_contain_text("open for too long")
        await expect(page.get_by_label(t("write.field.text", "en"))).to_have_value("No light in the street.")
        await next_(page)
        await expect(page.get_by_role("heading", level=1)).to_have_text(t("write.where.title", "en"))


async def test_sending_twice_is_sending_once(visit: Visit) -> None:
    async with visit(java_script_enabled=False) as page:
        await written(page, "en")
        token = await page.locator("main input[name=form]").first.get_attribute("value")
        number, _ = await sent(page, "en")
        again = await page.request.post("/write/check", form={"form": token or ""})
        assert number in again.url


async def test_an_appeal_is_taken_back_without_a_script(visit: Visit) -> None:
    async with visit(java_script_enabled=False) as page:
        await written(page, "ru")
        number, _ = await sent(page, "ru")
        await page.get_by_role("link", name=t("web.receipt.open", "ru")).click()
        await page.locator("#withdraw summary").click()
        await page.get_by_label(t("track.act.withdraw.text", "ru")).fill("Воду дали.")
        await page.get_by_role("button", name=t("track.act.withdraw.do", "ru"), exact=True).click()
        await expect(page.get_by_role("status")).to_have_text(t("track.done.withdraw", "ru"))
        await page.goto(f"/appeals/{number}")
        await expect(page.get_by_text(t("track.state.withdrawn", "ru")).first).to_be_visible()
        await expect(page.locator("#withdraw")).to_have_count(0)


async def test_a_link_opens_for_reading_until_it_is_called_back(visit: Visit) -> None:
    async with visit(java_script_enabled=False) as page:
        await written(page, "kk")
        number, _ = await sent(page, "kk")
        link = await page.locator(".qr").get_attribute("data-link")
        assert link
        assert number not in link
        async with visit(java_script_enabled=False, locale="kk") as other:
            await other.goto(link)
            assert other.url.endswith(f"/appeals/{number}")
            await expect(other.get_by_text(t("track.read_only", "kk"))).to_be_visible()
            await expect(other.locator("main form")).to_have_count(0)
            await other.goto(f"/appeals/{number}/receipt")
            assert await other.locator(".figure").count() == 2  # number and day, no code
        await page.goto(f"/appeals/{number}")
        await page.get_by_role("button", name=t("track.links", "kk")).click()
        await expect(page.get_by_role("status")).to_have_text(t("track.done.links", "kk"))
        async with visit(java_script_enabled=False) as third:
            answer = await third.goto(link)
            assert answer
            assert answer.status == 404


async def test_a_receipt_prints_on_one_page(visit: Visit) -> None:
    async with visit() as page:
        await written(page, "ru")
        await sent(page, "ru")
        printed = await page.pdf(format="A4")
        assert printed.count(b"/Type /Page\n") + printed.count(b"/Type /Page ") == 1


async def test_every_page_is_light_with_all_that_it_brings(visit: Visit) -> None:
    """What comes over the wire, headers too, with nothing kept from the page before."""
    heavy: dict[str, int] = {}
    async with visit() as page:
        line = await page.context.new_cdp_session(page)
        await line.send("Network.enable")
        await line.send("Network.setCacheDisabled", {"cacheDisabled": True})
        came: list[float] = []
        line.on("Network.loadingFinished", lambda event: came.append(event["encodedDataLength"]))

        async def weigh(page: Page, name: str) -> None:
            came.clear()
            await page.reload(wait_until="networkidle")
            assert len(came) >= 2, f"{name}: a page and its style"
            heavy[name] = int(sum(came))

        await written(page, "kk", look=weigh, name="write")
        await weigh(page, "check")
        number, _ = await sent(page, "kk")
        for path in (f"/appeals/{number}/receipt?new=1", f"/appeals/{number}", *PUBLIC):
            await page.goto(path)
            await weigh(page, path)
    assert len(heavy) > 15
    assert {name: size for name, size in heavy.items() if size >= 100_000} == {}


async def test_files_without_a_script_are_added_and_removed(visit: Visit) -> None:
    async with visit(java_script_enabled=False) as page:
        await page.goto("/write/files?lang=kk")
        zipped: FilePayload = {"name": "a.zip", "mimeType": "application/zip", "buffer": ZIP}
        await page.locator("#file").set_input_files([PHOTO, zipped])
        await page.get_by_role("button", name=t("files.add", "kk")).click()
        await expect(page.locator("[data-kept] li")).to_have_count(1)
        await expect(page.locator(".field .mistake")).to_contain_text(t("attachment.refused.type", "kk"))
        await page.locator("[data-kept] button").click()
        await expect(page.locator("[data-kept] li")).to_have_count(0)


async def test_files_with_a_script_go_at_once_and_again_when_the_line_breaks(visit: Visit) -> None:
    broken = 0

    async def break_once(route: Route) -> None:
        nonlocal broken
        if route.request.method == "POST" and not broken:
            broken += 1
            await route.abort("connectionreset")
        else:
            await route.continue_()

    async with visit() as page:
        await page.goto("/write/files?lang=ru")
        await page.route("**/write/files", break_once)
        second: FilePayload = {"name": "счёт.jpg", "mimeType": "image/jpeg", "buffer": JPEG}
        zipped: FilePayload = {"name": "a.zip", "mimeType": "application/zip", "buffer": ZIP}
        await page.locator("#file").set_input_files([PHOTO, second, zipped])
        await expect(page.locator("[data-going]")).to_contain_text("связь прервалась")
        # Pressed while files are under way it waits for them, and for what was refused to be seen.
        await page.get_by_role("button", name=t("form.continue", "ru")).click()
        await expect(page.locator("[data-kept] li")).to_have_count(2)
        await expect(page.locator("[data-going] .mistake")).to_contain_text(
            t("attachment.refused.type", "ru")
        )
        assert broken == 1
        await page.get_by_role("button", name=t("files.dismiss", "ru")).click()
        await expect(page.get_by_role("heading", level=1)).to_have_text(t("write.topic.title", "ru"))


async def test_adding_files_to_an_appeal_with_a_script(visit: Visit) -> None:
    async with visit() as page:
        await written(page, "kk")
        number, _ = await sent(page, "kk")
        await page.goto(f"/appeals/{number}")
        await page.locator("#supplement summary").click()
        await page.get_by_label(t("track.act.supplement.text", "kk")).fill("Батарея әлі суық.")
        second: FilePayload = {"name": "шот.jpg", "mimeType": "image/jpeg", "buffer": JPEG}
        await page.locator("#file").set_input_files([second])
        await expect(page.locator("[data-kept] input")).to_be_checked()
        await page.get_by_role("button", name=t("track.act.supplement.do", "kk"), exact=True).click()
        await expect(page.get_by_role("status").first).to_have_text(t("track.done.supplement", "kk"))
        await expect(page.locator(".files").last).to_contain_text("батарея.png")
        await expect(page.locator(".files").last).to_contain_text("шот.jpg")
