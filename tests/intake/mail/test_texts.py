"""What was written now and what is quoted; which language; what came back to us."""

import pytest

from app.core.i18n import Language
from app.intake.language import language_of
from app.intake.mail.texts import of_html, reply_and_quoted
from app.notices.message_ids import message_id, notice_of


@pytest.mark.parametrize(
    "quoted",
    [
        "> Тіркелді.\n> Мерзімі: ертең",
        "On Fri, 27 Nov 2026 at 10:00, Appeals <o@gov.example.kz> wrote:\n> Registered.",
        "27.11.2026, 10:00, «Жолданым» <o@gov.example.kz>:\n> Тіркелді.",
        "сб, 28 нояб. 2026 г. в 09:00, Азаматтар <o@gov.example.kz> писал(а):\n\n> Тіркелді.",
        "2026 ж. 28 қараша 09:00, Азаматтар <o@gov.example.kz> жазды:\n> Тіркелді.",
        "-----Original Message-----\nFrom: o@gov.example.kz\nSent: Friday\n\nRegistered.",
        "-------- Исходное сообщение --------\nТіркелді.",
        f"{'_' * 32}\nОт: Жолданым <o@gov.example.kz>\nОтправлено: 27 ноября\n\nТіркелді.",
        "От: Жолданым <o@gov.example.kz>\nДата: 27 ноября 2026 г.\nКому: a@example.kz\n\nТіркелді.",
    ],
)
def test_what_is_below_is_quoted(quoted: str) -> None:
    reply, below = reply_and_quoted(f"Мекенжайым: Мысал, 5\n\nРахмет\n\n{quoted}\n")
    assert reply.startswith("Мекенжайым: Мысал, 5\n\nРахмет")
    assert "Тіркелді" not in reply
    assert "Registered" not in reply
    assert f"{reply}\n{below}".split() == f"Мекенжайым: Мысал, 5\n\nРахмет\n\n{quoted}".split()


@pytest.mark.parametrize(
    "text",
    [
        "Жай ғана жауап",
        "> Мекенжайыңыз?\nМысал, 5\n> Телефон?\n87011234567",
        "On Friday at 10:00 you wrote:\n> When?\nTomorrow.",
        "> тек дәйексөз",
        "Сәлем!\n5 жылдан бері көрші маған жазды: үйді сат.\nКөмектесіңіз.",
        "Сәлем!\n5 жылдан бері көрші маған жазды:\nүйді сат.",
        "",
    ],
)
def test_what_was_written_is_all_there(text: str) -> None:
    assert reply_and_quoted(text) == (text, "")


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Көшеміздегі жарық жанбайды, көмектесіңіздерші", "kk"),
        ("Салем! Маган комек керек, журт бар", "kk"),
        ("Прошу помочь: в селе Шиелі, ул. Қонаев, нет света уже три дня", "ru"),
        ("Нет света", "ru"),
        ("No light in our street. Үлгібек", "en"),
        ("12345 !!!", "kk"),
        ("", "kk"),
    ],
)
def test_the_language_of_a_text(text: str, language: Language) -> None:
    assert language_of(text) == language


def test_html_of_letters() -> None:
    assert of_html("a<br>b<div>c</div><p>d</p>") == "a\nb\nc\n\nd"
    assert of_html("<table><tr><td>бір<td>екі<tr><td>үш</table>") == "бір екі\n\nүш"
    assert of_html("<p>a <b>b</b> <i>c</i>d") == "a b cd"
    assert of_html("") == ""
    assert of_html("<a href='mailto:a@b.kz'>жазыңыз</a> <a href='tel:+7701'>+7701</a>") == (
        "жазыңыз (mailto:a@b.kz) +7701"
    )
    assert of_html("&lt;script&gt; &amp;amp; &#1179;") == "<script> &amp; қ"


def test_html_that_is_too_much_is_read_without_its_tags() -> None:
    assert of_html("<div>" * 1000 + "бір</div><script>x</script>екі") == "бір\nекі"
    assert "бір" in of_html("<!-- x --><style>y</style>" + "<p>бір</p>" * 20_000)


def test_a_message_id_of_ours_is_known_again() -> None:
    ours = message_id(7, "gov.example.kz")
    assert notice_of(ours) == 7
    assert message_id(7, "gov.example.kz") == ours
    assert notice_of(ours.replace("gov.example.kz", "moved.example.kz")) == 7
    assert notice_of(ours.replace("notice-7", "notice-8")) is None
    for none in (
        "",
        "notice-7@gov.example.kz",
        f"notice-{10**18}.{'a' * 16}@x.kz",
        "notice-0.a@x",
        "notice-7.@x",
    ):
        assert notice_of(none) is None
