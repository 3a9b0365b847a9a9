"""A working day in the operators' room, in a real browser: by keyboard, two at one case, and the head."""

import re
from collections.abc import Awaitable, Callable
from typing import Literal

import httpx
import pytest
from playwright.async_api import FilePayload, Page, expect

from app.appeals.numbers import parse
from app.core.i18n import LANGUAGES, Language, t
from tests.ops.served import Served
from tests.web.browser.conftest import EACH_LANGUAGE_ONCE, NARROW, WIDE, Visit
from tests.web.browser.room import BODY, Looked, entered


@EACH_LANGUAGE_ONCE
async def test_every_page_in_each_language(
    visit: Visit,
    looked_at: Looked,
    people: None,
    filed: Callable[[str], Awaitable[str]],
    lang: Language,
    size: tuple[int, int],
) -> None:
    number = await filed("Некені тіркеуден бас тартты, себебін айтпады.")
    name = f"office-{lang}-{size[0]}"
    async with visit(size, color_scheme="dark" if size == NARROW else "light") as page:
        await page.goto(f"/office/sign-in?lang={lang}")
        await looked_at(page, f"{name}-door")
        await entered(page, "dana", lang)
        await looked_at(page, f"{name}-queue")
        await page.goto(f"/office/cases/{number}")
        for fold in await page.locator("main details").all():
            await fold.locator("summary").first.click()
        await looked_at(page, f"{name}-case")
        await page.keyboard.press("Shift+?")
        await expect(page.locator("#keys")).to_be_visible()
        await looked_at(page, f"{name}-keys")


async def test_ten_cases_by_keyboard_alone(
    visit: Visit, people: None, filed: Callable[[str], Awaitable[str]]
) -> None:
    numbers = [await filed(f"Анықтама алуға көмектесіңіз, өтініш {n}.") for n in range(10)]
    async with visit(locale="kk") as page:
        await entered(page, "aigerim")
        done = set()
        for n in range(30):
            await page.keyboard.press("n")
            await page.wait_for_url("**/office/cases/*")
            number = page.url.rpartition("/")[2]
            await page.keyboard.press("a")
            await page.keyboard.type(f"Құрметті азамат! Анықтама дайын, {n}.")
            await page.keyboard.press("Tab")
            for _ in range(4):  # explained
                await page.keyboard.press("ArrowDown")
            await page.keyboard.press("Tab")
            await page.keyboard.press("Tab")
            await page.keyboard.type("ӘРПК 76-бап")
            await page.keyboard.press("Enter")
            await expect(page.get_by_role("status").first).to_have_text(t("office.done.answer", "kk"))
            done.add(number)
            if done >= set(numbers):
                break
            await page.keyboard.press("u")
            await expect(page.locator(".views")).to_be_visible()
            await page.wait_for_load_state()
        assert done >= set(numbers)


async def test_a_draft_outlives_the_closed_page(
    visit: Visit, people: None, filed: Callable[[str], Awaitable[str]]
) -> None:
    number = await filed("Мұрагерлік туралы сұрақ.")
    async with visit(locale="kk") as page:
        await entered(page, "aigerim")
        await page.goto(f"/office/cases/{number}")
        await page.keyboard.press("c")
        await expect(page.get_by_role("status").first).to_have_text(t("office.done.claim", "kk"))
        await page.keyboard.press("a")
        await page.keyboard.type("Мұрагерлік нотариуста")
        await expect(page.locator("#saved")).to_have_text(t("office.draft.saved", "kk"))
    async with visit(locale="kk") as page:
        await entered(page, "aigerim")
        await page.goto(f"/office/cases/{number}")
        await expect(page.get_by_label(t("office.answer.text", "kk"))).to_have_value("Мұрагерлік нотариуста")


async def test_two_pages_of_one_person_lose_neither_draft(
    visit: Visit, looked_at: Looked, people: None, filed: Callable[[str], Awaitable[str]]
) -> None:
    number = await filed("Куәлікті ауыстыру туралы.")
    label = t("office.answer.text", "kk")
    async with visit(locale="kk") as page:
        await entered(page, "aigerim")
        other = await page.context.new_page()
        for one in (page, other):
            await one.goto(f"/office/cases/{number}")
        await page.get_by_label(label).fill("Бірінші беттегі мәтін.")
        await expect(page.locator("#saved")).to_have_text(t("office.draft.saved", "kk"))
        await other.get_by_label(label).fill("Екінші беттегі мәтін.")
        await expect(other.locator("#conflict")).to_be_visible()
        await expect(other.locator("[data-theirs]")).to_have_text("Бірінші беттегі мәтін.")
        await expect(other.locator("[data-mine]")).to_have_text("Екінші беттегі мәтін.")
        await looked_at(other, "office-kk-conflict")
        await other.get_by_role("button", name=t("conflict.keep.both", "kk")).click()
        await expect(other.get_by_label(label)).to_have_value(
            re.compile("Екінші беттегі мәтін.\\s+Бірінші беттегі мәтін.")
        )


async def test_an_open_page_follows_and_keeps_what_is_typed(
    visit: Visit, looked_at: Looked, people: None, filed: Callable[[str], Awaitable[str]]
) -> None:
    number = await filed("Неке туралы куәлік керек.")
    async with visit(locale="kk") as queue, visit(locale="kk") as first, visit(locale="kk") as second:
        await entered(queue, "berik")
        await entered(first, "aigerim")
        await entered(second, "dana")
        await first.goto(f"/office/cases/{number}")
        await first.get_by_label(t("office.answer.text", "kk")).fill("Жауап басталды")
        await second.goto(f"/office/cases/{number}")
        await expect(first.locator("#here")).to_have_text(t("live.here", "kk", names="Dana"))
        await second.locator("#act-note summary").click()
        await second.locator("#note-text").fill("Ауданға қоңырау шалдым.")
        await second.locator("#act-note button").click()
        await expect(first.locator('[data-part="told"]')).to_contain_text("Ауданға қоңырау шалдым.")
        await expect(first.get_by_label(t("office.answer.text", "kk"))).to_have_value("Жауап басталды")
        await looked_at(first, "office-kk-here")
        await queue.keyboard.press("j")
        focused = await queue.evaluate("document.activeElement.getAttribute('href')")
        newer = await filed("Жаңа жолданым.")
        await expect(queue.locator(f'[data-rows] a[href="/office/cases/{newer}"]')).to_be_visible()
        assert await queue.evaluate("document.activeElement.getAttribute('href')") == focused
        await queue.route("**/office/rows*", lambda route: route.fulfill(status=503), times=1)
        later = await filed("Қызмет сәл кейін жауап береді.")  # refused once, it asks again by itself
        await expect(queue.locator(f'[data-rows] a[href="/office/cases/{later}"]')).to_be_visible()
        await queue.goto(
            "/office?view=overdue"
        )  # what comes is not overdue: told, and there is nothing to send
        async with queue.expect_response(lambda answer: "/office/rows" in answer.url) as asked:
            await filed("Тағы бір жолданым.")
        assert (await asked.value).status == 304
        await expect(queue.locator(".state")).to_have_text(t("office.empty.overdue", "kk"))


async def test_two_at_one_case_lose_neither_text_and_a_head_approves(
    visit: Visit, people: None, filed: Callable[[str], Awaitable[str]]
) -> None:
    number = await filed("Нотариус құжатты бермейді.")
    async with visit() as first, visit() as second, visit() as head:
        await entered(first, "aigerim")
        await entered(second, "dana")
        for page in (first, second):
            await page.goto(f"/office/cases/{number}")
        # Begun before: a page on which nothing is typed would follow the case by itself.
        await second.get_by_label(t("office.answer.text", "kk")).fill("Екінші")
        await answer(first, "Бірінші жауап.")
        await expect(first.get_by_role("status").first).to_have_text(t("office.done.answer", "kk"))
        # The page has followed the case before the press: a button that moves under it is not pressed.
        await expect(second.locator("#changed")).to_be_visible()
        await answer(second, "Екінші жауап.")
        await expect(second.locator(".summary")).to_be_visible()
        await expect(second.locator("article.letter")).to_contain_text("Бірінші жауап.")
        # Her own words are there too, and are hers again when the case comes back to be worked on.
        await expect(second.get_by_text("Екінші жауап.")).to_be_visible()
        # And stay when the page follows the case again.
        await first.goto(f"/office/cases/{number}")
        await first.locator("#act-note summary").click()
        await first.locator("#note-text").fill("Қағазы келді.")
        async with second.expect_response(lambda answer: answer.url.endswith(f"/office/cases/{number}")):
            await first.locator("#act-note button").click()
        await second.wait_for_timeout(300)
        await expect(second.get_by_text("Екінші жауап.")).to_be_visible()
        await entered(head, "dana")
        await head.goto("/office?view=awaiting_approval")
        await head.get_by_role("link", name=parse(number).display()).click()
        await head.wait_for_url(f"**/office/cases/{number}")
        await head.keyboard.press("a")
        await expect(head.get_by_role("status").first).to_have_text(t("office.done.approve", "kk"))
        await expect(head.locator(".letter")).to_contain_text("Бірінші жауап.")
        await head.get_by_text(t("history.title", "kk")).click()
        happened = head.locator("details .timeline li")
        await expect(happened.first).to_contain_text("Dana")
        for kind in ("answer_proposed", "note_added"):
            await expect(happened.filter(has_text=t(f"history.{kind}", "kk"))).to_contain_text("Aigerim")


async def answer(page: Page, text: str) -> None:
    await page.get_by_label(t("office.answer.text", "kk")).fill(text)
    await page.get_by_label(t("office.outcome", "kk")).select_option("explained")
    await page.get_by_label(t("office.legal_basis", "kk")).fill("ӘРПК 76-бап")
    await page.get_by_role("button", name=t("office.act.answer", "kk"), exact=True).click()


async def test_another_bodys_case_is_not_there(visit: Visit, people: None, site: Served) -> None:
    async with httpx.AsyncClient(base_url=site.url) as client:
        said = {"kind": "statement", "language": "kk", "text": "Жарық жоқ.", "addressee": "energy"}
        number = (await client.post("/api/v1/appeals", json=said)).json()["number"]
    async with visit(locale="kk") as page:
        await entered(page, "aigerim")
        answered = await page.goto(f"/office/cases/{number}")
        assert answered
        assert answered.status == 404


async def test_who_signs_out_is_out(visit: Visit, people: None) -> None:
    async with visit(locale="kk") as page:
        await entered(page, "berik")
        await page.get_by_role("button", name=t("office.sign_out", "kk"), exact=True).click()
        await expect(page.get_by_role("heading", level=1)).to_have_text(t("office.door.title", "kk"))
        await page.goto("/office?view=mine")
        assert "/office/sign-in?next=/office%3Fview%3Dmine" in page.url


async def test_a_view_is_kept_a_file_goes_with_the_answer_and_earlier_ones_are_found(
    visit: Visit, looked_at: Looked, people: None, site: Served
) -> None:
    async with httpx.AsyncClient(base_url=site.url) as client:
        numbers = []
        for text in ("Куәлік жоғалды.", "Куәлік тағы жоғалды."):
            said = {"kind": "statement", "language": "kk", "text": text, "addressee": BODY}
            who = {"type": "individual", "name": "Мысал", "phone": "+7 700 000 00 31"}
            filed = await client.post("/api/v1/appeals", json=said | {"applicant": who})
            numbers.append(filed.json()["number"])
    async with visit(locale="kk") as page:
        await entered(page, "aigerim")
        await page.goto("/office?view=all&channel=virtual_reception")
        await page.keyboard.press("v")
        await page.keyboard.type("Онлайн келгендері")
        await page.keyboard.press("Enter")
        await page.get_by_role("link", name="Онлайн келгендері", exact=True).click()
        await expect(page.locator("#channel")).to_have_value("virtual_reception")
        await page.keyboard.press("2")
        await expect(page.locator('.views [aria-current="page"]')).to_have_text(t("office.view.mine", "kk"))
        await page.goto(f"/office/cases/{numbers[0]}")
        await page.keyboard.press("h")
        await expect(page.locator(f'aside a[href="/office/cases/{numbers[1]}"]')).to_be_visible()
        await page.get_by_text(t("case.attach", "kk")).click()
        paper = FilePayload(name="жауап.pdf", mimeType="application/pdf", buffer=b"%PDF-1.4\n%%EOF\n")
        await page.locator("#file").set_input_files(paper)
        await looked_at(page, "office-kk-earlier")
        await answer(page, "Куәлік қалпына келтірілді.")
        await expect(page.locator(".files")).to_contain_text("жауап.pdf")
        await page.keyboard.press("u")
        await expect(page.locator(".views")).to_be_visible()


@pytest.mark.parametrize(("lang", "size"), list(zip(LANGUAGES, (WIDE, NARROW, WIDE), strict=True)))
async def test_a_template_is_kept_put_in_seen_as_a_letter_and_sent(
    visit: Visit,
    looked_at: Looked,
    people: None,
    filed: Callable[[str], Awaitable[str]],
    lang: Language,
    size: tuple[int, int],
) -> None:
    number = await filed("Туу туралы куәлік керек.")
    scheme: Literal["dark", "light"] = "dark" if size == NARROW else "light"
    async with visit(size, locale=lang, color_scheme=scheme) as head, visit(size, locale=lang) as page:
        await entered(head, "dana", lang)
        await head.goto("/office/templates")
        await head.locator("#name").fill(f"Үлгі {lang}")
        await head.locator("#language").select_option("kk")  # the appeal's
        await head.locator("#text").fill("Құрметті {iin}!")
        await head.keyboard.press("Control+Enter")
        await expect(head.locator("#text-wrong")).to_contain_text("{iin}")
        await looked_at(head, f"office-{lang}-template-wrong")
        await head.locator("#text").fill("Құрметті {name}! {number} бойынша жауап.")
        await head.keyboard.press("Control+Enter")
        await expect(head.locator(".done")).to_be_visible()
        await looked_at(head, f"office-{lang}-templates")
        await entered(page, "aigerim", lang)
        await page.goto(f"/office/cases/{number}")
        await page.locator("#template").select_option(label=f"Үлгі {lang} (kk)")
        await page.get_by_role("button", name=t("template.insert", lang)).click()
        await expect(page.locator("#text")).to_have_value(re.compile("Құрметті .*[0-9]{8} бойынша жауап."))
        await page.locator("#outcome").select_option("explained")
        await page.locator("#legal_basis").fill("ӘРПК 76-бап")
        await page.get_by_role("button", name=t("preview.show", lang)).click()
        await expect(page.locator("article.letter")).to_contain_text("бойынша жауап.")
        await looked_at(page, f"office-{lang}-preview")
        await page.keyboard.press("a")
        await expect(page.get_by_role("status").first).to_have_text(t("office.done.answer", lang))


@pytest.mark.parametrize(("lang", "size"), list(zip(LANGUAGES, (WIDE, NARROW, WIDE), strict=True)))
async def test_many_cases_are_marked_looked_at_and_taken_by_keyboard(
    visit: Visit,
    looked_at: Looked,
    people: None,
    filed: Callable[[str], Awaitable[str]],
    lang: Language,
    size: tuple[int, int],
) -> None:
    numbers = [await filed(f"Апостиль қою туралы, {lang} {n}.") for n in range(2)]
    async with visit(size, locale=lang, color_scheme="dark" if size == NARROW else "light") as page:
        await entered(page, "berik", lang)
        await page.goto(f"/office?q={numbers[0]}")
        await page.keyboard.press("j")
        await page.keyboard.press("x")
        await expect(page.get_by_role("checkbox")).to_be_checked()
        await looked_at(page, f"office-{lang}-{size[0]}-marked")
        await page.keyboard.press("b")
        await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")
        await expect(page.locator("#good")).to_be_visible()
        await expect(page.locator(".results")).to_contain_text(t("bulk.will.claim", lang))
        await looked_at(page, f"office-{lang}-{size[0]}-bulk")
        await page.get_by_role("button").last.press("Enter")
        await expect(page.locator(".done")).to_have_text(t("bulk.result", lang, good=1, bad=0))
        await page.keyboard.press("u")
        await expect(page.locator(".views")).to_be_visible()
