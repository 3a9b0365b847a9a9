"""A complaint about an answer, or about silence: an appeal of its own number, to whoever may decide it."""

from typing import Any

import pytest

from app.appeals import numbers
from app.appeals.codes import Decision, Kind, SuspensionGround
from app.appeals.commands import Deciding, Forwarding, Suspending, Watched, Writing
from app.appeals.lifecycle import Act
from app.core import cipher
from app.core.errors import AppError
from app.core.i18n import LANGUAGES
from app.directory import snapshot
from app.intake.register import register
from app.intake.submission import Registration
from tests.casework.people import submission
from tests.intake.appellant import Appellant, at, day_after, of_part

# Monday; an answer is due on 14 December. The answer's three months end on Thursday, 25 February 2027.
FILED, ANSWERED, LAST = "2026-11-23", "2026-11-25", "2027-02-25"
DEPARTMENT = "turkistan-health-department"

COMPLAINT = "SELECT * FROM complaint WHERE appeal_id = $1"
HOLDING = "SELECT * FROM holding WHERE appeal_id = $1"


def reviewer(filed: dict[str, Any]) -> tuple[str, str | None]:
    found = filed["complaint"]["reviewer"]
    return found["kind"], found["agency"] and found["agency"]["code"]


async def account(appellant: Appellant, login: str) -> int:
    return (await appellant.office.person(login)).account_id


async def answered(appellant: Appellant, addressee: str = "energy", **changes: Any) -> dict[str, Any]:
    first = await appellant.filed(FILED, addressee=addressee, **changes)
    await appellant.answer(first, ANSWERED, by=f"operator@{addressee}")
    return first


async def test_it_comes_to_the_body_that_it_is_about(appellant: Appellant) -> None:
    first = await answered(appellant, DEPARTMENT)
    filed = await appellant.complained(first, "2026-11-26")
    assert filed["number"] != first["number"]
    assert filed["access_code"] != first["access_code"]
    assert filed["agency"]["code"] == DEPARTMENT
    assert (filed["registered_on"], filed["due_on"]) == ("2026-11-26", "2026-12-01")
    assert filed["missing"] == []
    assert filed["complaint"]["about"] == first["number"]
    assert (filed["complaint"]["stage"], filed["complaint"]["filed_late"]) == ("handover", False)
    assert reviewer(filed) == ("body", "akimat-turkistan")
    holding = await appellant.row(HOLDING, filed)
    assert (holding["stage"], holding["kind"], holding["topic"]) == ("handover", "complaint", "utilities")
    assert holding["region"] == "KZ-61"


async def test_who_complains_and_in_which_language_is_as_in_the_appeal(appellant: Appellant) -> None:
    first = await answered(appellant, language="ru")
    filed = await appellant.complained(first, "2026-11-26")
    row = await appellant.row(
        "SELECT p.*, a.language FROM applicant p JOIN appeal a ON a.id = p.appeal_id WHERE a.id = $1", filed
    )
    lock = cipher.cipher()
    assert lock.decrypt(row["name"], "applicant.name") == "Үлгібек Сынақбаев"
    assert lock.decrypt(row["iin"], "applicant.iin") == "850615499937"
    assert row["iin_hash"] == lock.search_hash("850615499937", "applicant.iin")
    assert row["language"] == "ru"


async def test_of_a_legal_entity_it_has_that_series(appellant: Appellant) -> None:
    who = {"type": "legal_entity", "name": "«Үлгі» ЖШС", "bin": "210140999904"}
    first = await answered(appellant, applicant=who)
    assert (await appellant.complained(first, "2026-11-26"))["number"].startswith("ZT-")


async def test_who_wrote_and_who_approved_signed_it(appellant: Appellant) -> None:
    first = await appellant.filed(FILED, addressee="justice")
    await appellant.answer(first, ANSWERED, by="operator@justice")
    await appellant.act(first, Act.APPROVE, ANSWERED, by="head@justice")
    await appellant.office.person("third@justice")
    filed = await appellant.complained(first, "2026-11-26")
    row = await appellant.row(COMPLAINT, filed)
    signers = {await account(appellant, "operator@justice"), await account(appellant, "head@justice")}
    assert set(row["signers"]) == signers
    assert (row["about_id"], row["about_part"]) == (numbers.parse(first["number"]).appeal_id, 0)
    # Its only head approved the answer.
    assert (row["reviewer"], row["reviewer_id"]) == ("court", None)


async def test_without_a_body_above_a_head_who_did_not_sign_reviews(appellant: Appellant) -> None:
    await appellant.office.person("head@energy")
    first = await answered(appellant)
    filed = await appellant.complained(first, "2026-11-26")
    assert reviewer(filed) == ("head", "energy")
    assert "neither wrote nor approved" in filed["complaint"]["reviewer"]["sentence"]


async def test_a_head_who_is_not_there_any_more_reviews_nothing(appellant: Appellant) -> None:
    head = await appellant.office.person("head@energy")
    async with appellant.db.transaction() as connection:
        await connection.execute("UPDATE staff_account SET active = false WHERE id = $1", head.account_id)
    filed = await appellant.complained(await answered(appellant), "2026-11-26")
    assert reviewer(filed) == ("court", None)


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        ("kk", ("тек сот", "3 жұмыс күні", "2026 ж. 1 желтоқсан", "Энергетика министрлігі")),
        ("ru", ("только суд", "3 рабочих дня", "1 декабря 2026 г.", "Министерство энергетики")),
        ("en", ("Only a court", "3 working days", "1 December 2026", "Ministry of Energy")),
    ],
)
async def test_what_only_a_court_can_review_says_so(
    appellant: Appellant, lang: str, said: tuple[str, ...]
) -> None:
    filed = await appellant.complained(await answered(appellant), "2026-11-26", lang=lang)
    assert reviewer(filed) == ("court", None)
    for words in said:
        assert words in filed["complaint"]["reviewer"]["sentence"]
    tracked = await appellant.track(filed, "2026-11-26", lang=lang)
    assert tracked["complaint"] == filed["complaint"]


async def test_when_the_three_days_of_a_court_case_are_over(appellant: Appellant) -> None:
    filed = await appellant.complained(await answered(appellant), "2026-11-26")
    due = at(filed["due_on"]).date()
    await appellant.act(filed, Act.WARN, "2026-12-02", Watched(due, passed=True), by="")
    tracked = await appellant.track(filed, "2026-12-02")
    assert tracked["status"] == "terminated"
    assert "may now go to court" in tracked["complaint"]["now"]
    assert "You may go to court" in tracked["timeline"][-1]["sentence"]


# How late


@pytest.mark.parametrize(("on", "late"), [(LAST, False), (day_after(LAST), True)])
async def test_a_late_complaint_is_registered_and_marked(appellant: Appellant, on: str, late: bool) -> None:
    first = await answered(appellant)
    filed = await appellant.complained(first, on)
    assert filed["complaint"]["filed_late"] is late
    steps = {step["code"] for step in (await appellant.track(filed, on))["deadline"]["steps"]}
    assert ("filed_late" in steps) is late
    assert (await appellant.track(filed, on))["complaint"]["filed_late"] is late


@pytest.mark.parametrize(("on", "late"), [("2027-03-16", False), ("2027-03-17", True)])
async def test_of_silence_one_complains_from_the_due_day_on(
    appellant: Appellant, on: str, late: bool
) -> None:
    first = await appellant.filed(FILED)
    assert first["due_on"] == "2026-12-14"
    filed = await appellant.complained(first, on)
    assert filed["complaint"]["filed_late"] is late
    assert (await appellant.row(COMPLAINT, filed))["signers"] == []


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        ("kk", "соңғы күні – 2026 ж. 14 желтоқсан. Оған дейін айтарыңызды толықтыру арқылы қоса аласыз."),
        ("ru", "14 декабря 2026 г. — последний день для него. До тех пор вы можете прислать дополнение."),
        ("en", "the last day for it is 14 December 2026. Until then you can add to your appeal"),
    ],
)
async def test_before_there_is_an_answer_it_is_too_early(appellant: Appellant, lang: str, said: str) -> None:
    first = await appellant.filed(FILED)
    refused = await appellant.say(first, "complaint", "2026-12-14", lang=lang, text="Қашан?")
    assert refused.status_code == 409
    problem = refused.json()
    assert (problem["code"], problem["reason"]) == ("term_refused", "too_early_to_complain")
    assert problem["allowed"] == ["supplement", "withdraw"]
    assert said in problem["detail"]


async def test_while_the_term_is_suspended_it_is_too_early(appellant: Appellant) -> None:
    first = await appellant.filed(FILED)
    await appellant.act(first, Act.SUSPEND, "2026-11-24", Suspending(SuspensionGround.COURT))
    refused = await appellant.say(first, "complaint", "2026-12-15", text="Қашан?")
    assert refused.status_code == 409
    assert "the term is suspended" in refused.json()["detail"]


async def test_by_the_door_of_all_appeals_an_early_one_is_registered(appellant: Appellant) -> None:
    """Rule R04: refusal to accept is prohibited."""
    first = await appellant.filed(FILED)
    filed = await appellant.filed(FILED, kind="complaint", complaint_about=first["number"])
    assert filed["complaint"]["about"] == first["number"]
    assert filed["agency"]["code"] == "energy"


async def test_about_one_answer_any_number_of_complaints(appellant: Appellant) -> None:
    first = await answered(appellant)
    complaints = [await appellant.complained(first, "2026-11-26") for _ in range(3)]
    tracked = await appellant.track(first, "2026-11-26")
    assert tracked["complaints"] == [one["number"] for one in complaints]
    assert tracked["complaint"] is None


# Named by its number


async def test_the_number_may_be_in_kazakh_letters(appellant: Appellant) -> None:
    first = await answered(appellant)
    typed = first["number"].replace("JT", "жт").replace("-", "–")
    filed = await appellant.filed(FILED, kind="complaint", complaint_about=typed)
    assert filed["complaint"]["about"] == first["number"]


@pytest.mark.parametrize(
    ("number", "code"),
    [
        ("JT-2026-1", "complaint_about_number"),
        ("", "complaint_about_number"),
        ("JT-2026-99999999", "complaint_about_unknown"),
        ("the other series", "complaint_about_unknown"),
        ("part 7", "complaint_about_unknown"),
    ],
)
@pytest.mark.parametrize("lang", LANGUAGES)
async def test_a_number_that_means_nothing(appellant: Appellant, number: str, code: str, lang: str) -> None:
    first = await appellant.filed(FILED)
    number = {
        "the other series": first["number"].replace("JT", "ZT"),
        "part 7": of_part(first["number"], 7),
    }.get(number, number)
    body = {"kind": "complaint", "language": "kk", "text": "Келіспеймін.", "complaint_about": number}
    refused = await appellant.ask("POST", "/appeals", FILED, body=body, lang=lang)
    assert refused.status_code == 422, refused.text
    error = refused.json()["errors"][0]
    assert (error["field"], error["code"]) == ("complaint_about", code)
    assert error["message"]


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind is not Kind.COMPLAINT])
async def test_only_a_complaint_is_about_another_appeal(appellant: Appellant, kind: Kind) -> None:
    first = await appellant.filed(FILED)
    body = {"kind": kind, "language": "kk", "text": "Келіспеймін.", "complaint_about": first["number"]}
    refused = await appellant.ask("POST", "/appeals", FILED, body=body)
    assert refused.status_code == 422
    assert (refused.json()["errors"][0]["field"], refused.json()["errors"][0]["code"]) == (
        "kind",
        "complaint_kind",
    )


async def test_an_addressee_does_not_lead_it_elsewhere(appellant: Appellant) -> None:
    """Rule C03: it is filed with the body whose act it is about."""
    first = await answered(appellant)
    filed = await appellant.filed(
        FILED, kind="complaint", complaint_about=first["number"], addressee="health", topic="health"
    )
    assert filed["agency"]["code"] == "energy"
    assert filed["route"]["reason"] == (
        "This goes to the Ministry of Energy: a complaint is filed with the body that it is about, "
        "and that body hands it over for review."
    )


async def test_the_code_of_another_appeal_opens_no_complaint(appellant: Appellant) -> None:
    first, other = await answered(appellant), await answered(appellant)
    refused = await appellant.say(first | {"access_code": other["access_code"]}, "complaint", FILED, text="…")
    assert (refused.status_code, refused.json()["code"]) == (404, "appeal_not_found")


# Of several bodies and times


async def test_a_body_that_was_reorganised_is_answered_for_by_its_successor(appellant: Appellant) -> None:
    first = await appellant.filed("2023-08-21", addressee="culture-sport", topic="other")
    await appellant.answer(first, "2023-08-25", by="operator@culture-sport")
    await appellant.office.person("head@culture-information")
    filed = await appellant.complained(first, "2023-09-11")
    assert filed["agency"]["code"] == "culture-information"
    assert reviewer(filed) == ("head", "culture-information")
    assert "(Ministry of Culture and Sport) was reorganised" in filed["route"]["reason"]


@pytest.mark.parametrize(
    ("addressee", "agency", "kind"),
    [
        (DEPARTMENT, "akimat-turkistan", ("body", "akimat-turkistan")),
        ("energy", "administration", ("court", None)),
    ],
)
@pytest.mark.parametrize("lang", LANGUAGES)
async def test_the_law_of_2007_knows_no_handing_over(
    appellant: Appellant, addressee: str, agency: str, kind: tuple[str, str | None], lang: str
) -> None:
    await appellant.office.person("head@energy")  # who would review under the Code
    first = await appellant.filed("2021-06-01", addressee=addressee)
    await appellant.answer(first, "2021-06-03", by=f"operator@{addressee}")
    filed = await appellant.complained(first, "2021-06-07", lang=lang)
    assert filed["agency"]["code"] == agency
    assert (filed["complaint"]["stage"], filed["due_on"]) == (None, "2021-06-22")
    assert reviewer(filed) == kind
    assert (await appellant.row(HOLDING, filed))["stage"] is None
    for sentence in (
        filed["route"]["reason"],
        filed["complaint"]["reviewer"]["sentence"],
        filed["complaint"]["now"],
    ):
        assert sentence
        assert "{" not in sentence


async def test_a_complaint_about_an_old_answer_is_handled_by_the_law_of_its_own_day(
    appellant: Appellant,
) -> None:
    first = await appellant.filed("2021-06-21")
    await appellant.answer(first, "2021-06-30")
    assert (await appellant.complained(first, "2021-07-01"))["complaint"]["stage"] == "handover"


async def test_through_the_review_to_the_court(appellant: Appellant) -> None:
    first = await answered(appellant, DEPARTMENT)
    filed = await appellant.complained(first, "2026-11-26")
    assert "turkistan" in filed["complaint"]["now"].lower()
    await appellant.act(
        filed, Act.FORWARD, "2026-11-27", Forwarding("akimat-turkistan", "Беріледі."), by=f"head@{DEPARTMENT}"
    )
    under_review = await appellant.track(filed, "2026-11-27")
    assert under_review["agency"]["code"] == "akimat-turkistan"
    assert under_review["complaint"]["stage"] == "review"
    assert "under review" in under_review["complaint"]["now"]
    assert "handed over for review" in under_review["timeline"][1]["sentence"]
    await appellant.act(
        filed,
        Act.DECIDE,
        "2026-12-07",
        Deciding(Decision.UPHELD_ACT, "Жауап дұрыс.", "kk"),
        by="head@akimat-turkistan",
    )
    decided = await appellant.track(filed, "2026-12-07")
    assert (decided["status"], decided["answer"]["outcome"]) == ("answered", "upheld_act")
    assert decided["answer"]["text"] == "Жауап дұрыс."
    assert decided["answer"]["may_complain_until"] is None
    assert "go to court" in decided["answer"]["how_to_complain"]
    assert decided["timeline"][-1]["sentence"] == (
        "The complaint was decided: the act that was complained of stands as it is."
    )
    again = await appellant.complained(filed, "2026-12-08")
    assert again["agency"]["code"] == "akimat-turkistan"
    assert reviewer(again) == ("court", None)


async def test_the_body_may_give_in(appellant: Appellant) -> None:
    first = await answered(appellant)
    filed = await appellant.complained(first, "2026-11-26")
    await appellant.act(filed, Act.SELF_CORRECT, "2026-11-27", Writing("Жылу қосылды."), by="head@energy")
    found = await appellant.track(filed, "2026-11-27")
    assert (found["status"], found["answer"]["outcome"]) == ("answered", "satisfied")
    assert found["answer"]["text"] == "Жылу қосылды."
    assert found["answer"]["may_complain_until"] == "2027-03-01"
    assert "itself did in full" in found["complaint"]["now"]


# Together with others


async def test_a_repeated_complaint_is_the_same(appellant: Appellant) -> None:
    first = await answered(appellant)
    key = "a-key-of-my-own-0001"
    once = await appellant.say(first, "complaint", "2026-11-26", text="Келіспеймін.", key=key)
    again = await appellant.say(first, "complaint", "2026-11-30", text="Келіспеймін.", key=key)
    assert (once.status_code, again.status_code) == (201, 200)
    assert again.json() == once.json()
    other = await appellant.say(first, "complaint", "2026-11-26", text="Басқа.", key=key)
    assert (other.status_code, other.json()["code"]) == (409, "key_reused")
    elsewhere = await appellant.say(
        await answered(appellant), "complaint", "2026-11-26", text="Келіспеймін.", key=key
    )
    assert elsewhere.status_code == 201, "a key is of one appeal's complaints"


async def test_a_repeat_is_no_complaint_that_came_too_early(appellant: Appellant) -> None:
    """What was complained of may have become another by then."""
    first, key = await appellant.filed(FILED), "a-key-of-my-own-0002"
    once = await appellant.say(first, "complaint", "2026-12-15", text="Үнсіз.", key=key)
    assert once.status_code == 201
    await appellant.act(first, Act.SUSPEND, "2026-12-14", Suspending(SuspensionGround.COURT))
    again = await appellant.say(first, "complaint", "2026-12-16", text="Үнсіз.", key=key)
    assert (again.status_code, again.json()) == (200, once.json())


async def test_the_first_answer_is_given_again_by_the_other_door_too(appellant: Appellant) -> None:
    first, key = await answered(appellant), "a-key-of-my-own-0003"
    body = {"kind": "complaint", "language": "kk", "text": "Келіспеймін.", "complaint_about": first["number"]}
    once = await appellant.ask("POST", "/appeals", "2026-11-26", body=body, key=key)
    typed = body | {"complaint_about": first["number"].replace("JT", "ЖТ")}
    again = await appellant.ask("POST", "/appeals", "2026-11-27", body=typed, key=key)
    assert (once.status_code, again.status_code) == (201, 200)
    assert again.json() == once.json()


async def test_a_batch_of_everything_and_what_it_asks_the_database(appellant: Appellant) -> None:
    """Complaints cost one statement, however many they are; what is wrong fails alone."""
    one, two = await answered(appellant), await answered(appellant, DEPARTMENT)
    about = [numbers.parse(filed["number"]) for filed in (one, two)]
    key: dict[str, Any] = {"key": b"k" * 32, "request_hash": b"r" * 32}
    plain = [submission(received_at=at("2026-11-26")) for _ in range(4)]
    mixed = [
        submission(received_at=at("2026-11-26"), complaint_about=about[0]),
        submission(received_at=at("2026-11-26")),
        submission(received_at=at("2026-11-26"), complaint_about=numbers.parse("JT-2026-99999999")),
        submission(received_at=at("2026-11-26"), complaint_about=about[1], **key),
        submission(received_at=at("2026-11-26"), complaint_about=about[0], kind=Kind.STATEMENT),
    ]
    _, usual = await counted(appellant, plain)
    done, with_complaints = await counted(appellant, mixed)
    assert with_complaints == usual + 1
    registrations = [one for one in done if isinstance(one, Registration)]
    assert [isinstance(one, Registration) for one in done] == [True, True, False, True, False]
    assert [bool(one.complaint) for one in registrations] == [True, False, True]
    assert [one.decision.agency for one in registrations] == ["energy", "energy", DEPARTMENT]
    again, _ = await counted(appellant, [mixed[3], mixed[1]])
    assert isinstance(again[0], Registration)
    assert (again[0].created, again[0].complaint) == (False, registrations[2].complaint)


async def counted(appellant: Appellant, submissions: list[Any]) -> tuple[list[Registration | AppError], int]:
    asked: list[Any] = []
    async with appellant.db.transaction() as connection:
        connection.add_query_logger(asked.append)
        done = await register(connection, submissions, snapshot.current())
        connection.remove_query_logger(asked.append)
    return done, len(asked)


# Whether it is anonymous


@pytest.mark.parametrize(
    ("applicant", "anonymous"),
    [
        (None, True),
        ({"phone": "+7 701 000 00 01"}, True),
        ({"name": " "}, True),
        ({"name": "Үлгібек"}, False),
        ({"address": "Түркістан қ."}, False),
    ],
)
async def test_who_cannot_be_told_is_anonymous(
    appellant: Appellant, applicant: dict[str, str] | None, anonymous: bool
) -> None:
    filed = await appellant.filed(FILED, applicant=applicant)
    steps = [step["code"] for step in (await appellant.track(filed, FILED))["deadline"]["steps"]]
    assert ("anonymous" in steps) is anonymous


async def test_an_answer_after_a_reopening_is_still_complained_of(appellant: Appellant) -> None:
    first = await answered(appellant)
    await appellant.act(first, Act.REOPEN, "2026-11-30", Writing("Қайта қаралсын."), by="head@energy")
    filed = await appellant.complained(first, "2026-12-01")
    row = await appellant.row(COMPLAINT, filed)
    assert row["signers"] == [await account(appellant, "operator@energy")]
