"""Routing: the order of the rules, what becomes of bodies that came and went, and the sentences."""

import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.i18n import LANGUAGES, Language
from app.deadlines.complaints import Reviewer, ReviewerKind
from app.directory.checks import checked_facts
from app.directory.registry import Directory
from app.routing.rules import (
    Decision,
    RouteRequest,
    Rule,
    UnknownAddressee,
    reason,
    route,
    route_complaint,
)

DIRECTORY = Directory(checked_facts())
MID_2021, TODAY = date(2021, 6, 30), date(2026, 11, 23)
AGENCIES = [agency.code for agency in DIRECTORY.agencies()]
TOPICS = [topic.code for topic in DIRECTORY.topics()]
REGIONS = [region.code for region in DIRECTORY.regions()]

days = st.dates(date(2007, 1, 1), date(2060, 12, 31))
requests = st.builds(
    RouteRequest,
    addressee=st.none() | st.sampled_from(AGENCIES),
    source_agency=st.none() | st.sampled_from(AGENCIES),
    topic=st.none() | st.sampled_from(TOPICS),
    region=st.none() | st.sampled_from(REGIONS),
    on=days,
)


def request(
    addressee: str | None = None,
    *,
    source: str | None = None,
    topic: str | None = None,
    region: str | None = None,
    on: date = TODAY,
) -> RouteRequest:
    return RouteRequest(addressee=addressee, source_agency=source, topic=topic, region=region, on=on)


def routed(asked: RouteRequest) -> tuple[str, str]:
    decision = route(asked, DIRECTORY)
    return decision.agency, decision.rule.value


@pytest.mark.parametrize(
    ("asked", "agency", "rule"),
    [
        (request("energy", source="digital", topic="tax", region="KZ-61"), "energy", "addressee"),
        (request("Министерство энергетики"), "energy", "addressee"),
        (request("жасанды интеллект және цифрлық даму министрлігі"), "digital", "addressee"),
        (request("culture-sport", on=MID_2021), "culture-sport", "addressee"),
        (request("culture-sport"), "culture-information", "addressee_successor"),
        (request("industry", topic="transport"), "transport", "addressee_successor"),
        (request("industry", topic="housing"), "industry-construction", "addressee_successor"),
        (request("water-resources", on=MID_2021), "ecology", "addressee_predecessor"),
        (request("akimat-abai", on=MID_2021), "akimat-east-kazakhstan", "addressee_predecessor"),
        (request("Премьер-Министр Кеңсесі"), "pm-office", "addressee"),
        (request(source="digital", topic="tax"), "digital", "source"),
        (request(source="industry", topic="transport"), "transport", "source"),
        (request(topic="utilities", region="KZ-61"), "akimat-turkistan", "competence_region"),
        (request(topic="health", region="KZ-61"), "turkistan-health-department", "competence_region"),
        (request(topic="tax", region="KZ-61"), "finance", "competence"),
        (request(topic="utilities"), "industry-construction", "competence"),
        (request(topic="utilities", on=MID_2021), "industry", "competence"),
        (request(topic="other", region="KZ-61"), "administration", "triage"),
        (request(region="KZ-61"), "administration", "triage"),
        (request(), "administration", "triage"),
    ],
)
def test_the_first_rule_that_says_something_decides(asked: RouteRequest, agency: str, rule: str) -> None:
    assert routed(asked) == (agency, rule)


@given(asked=requests)
def test_every_request_gets_a_body_that_exists_on_the_day(asked: RouteRequest) -> None:
    decision = route(asked, DIRECTORY)
    agency = DIRECTORY.agency(decision.agency)
    assert agency.valid(asked.on)
    assert agency.id == decision.agency_id


@given(asked=requests)
def test_the_same_request_gets_the_same_decision(asked: RouteRequest) -> None:
    assert route(asked, DIRECTORY) == route(asked, Directory(checked_facts()))


@given(asked=requests)
def test_a_lower_rule_never_changes_what_a_higher_one_decided(asked: RouteRequest) -> None:
    decision = route(asked, DIRECTORY)
    if asked.addressee is not None:
        without = request(asked.addressee, topic=asked.topic, on=asked.on)
        assert route(without, DIRECTORY).agency == decision.agency
    elif asked.source_agency is not None:
        without = request(source=asked.source_agency, topic=asked.topic, on=asked.on)
        assert route(without, DIRECTORY).agency == decision.agency


@given(asked=requests)
def test_a_decision_survives_being_stored(asked: RouteRequest) -> None:
    decision = route(asked, DIRECTORY)
    assert Decision.from_json(decision.as_json()) == decision


@given(asked=requests, lang=st.sampled_from(LANGUAGES))
def test_every_decision_has_its_sentence_in_every_language(asked: RouteRequest, lang: Language) -> None:
    decision = route(asked, DIRECTORY)
    sentence = reason(decision, DIRECTORY, lang, asked.on)
    assert DIRECTORY.agency(decision.agency).name(lang, asked.on) in sentence
    assert "None" not in sentence
    assert not re.search(r"[{}]", sentence)
    assert bool(re.search(r"[А-Яа-я]", sentence)) == (lang != "en")


@given(day=st.dates(date(1800, 1, 1), date(2200, 1, 1)), topic=st.none() | st.sampled_from(TOPICS))
def test_a_day_outside_the_record_is_routed_too(day: date, topic: str | None) -> None:
    assert route(request(topic=topic, region="KZ-10", on=day), DIRECTORY).agency
    assert route(request("akimat-abai", topic=topic, on=day), DIRECTORY).agency


@pytest.mark.parametrize(
    ("lang", "sentence"),
    [
        (
            "kk",
            "Жолданымды Түркістан облысының әкімдігі қарайды: «Коммуналдық қызмет» тақырыбындағы мәселелер "
            "осы өңірде (Түркістан облысы) оның құзыретіне жатады.",
        ),
        (
            "ru",
            "Обращение рассматривает Акимат Туркестанской области: вопросы по теме «Коммунальные услуги» "
            "в этом регионе (Туркестанская область) относятся к компетенции данного органа.",
        ),
        (
            "en",
            "The Akimat of Turkistan Region deals with this: questions of utilities in this region "
            "(Turkistan Region) are within its competence.",
        ),
    ],
    ids=LANGUAGES,
)
def test_a_sentence_says_why(lang: Language, sentence: str) -> None:
    decision = route(request(topic="utilities", region="KZ-61"), DIRECTORY)
    assert reason(decision, DIRECTORY, lang, TODAY) == sentence


def test_the_sentence_on_a_successor_names_both_and_the_day() -> None:
    decision = route(request("culture-sport"), DIRECTORY)
    assert reason(decision, DIRECTORY, "en", TODAY) == (
        "The Ministry of Culture and Information deals with this: the body named "
        "(Ministry of Culture and Sport) was reorganised, its last day was 1 September 2023, "
        "and these matters passed here."
    )


def test_the_sentence_keeps_the_name_of_the_day() -> None:
    decision = route(request("digital", on=MID_2021), DIRECTORY)
    assert "Digital Development, Innovations" in reason(decision, DIRECTORY, "en", MID_2021)
    assert "Artificial Intelligence" in reason(decision, DIRECTORY, "en", TODAY)


@pytest.mark.parametrize("typed", ["", " ", "enrgy", "Министерство правды", "\u202e", "energy\x00health"])
def test_an_unknown_addressee_is_refused(typed: str) -> None:
    with pytest.raises(UnknownAddressee):
        route(request(typed), DIRECTORY)


@pytest.mark.parametrize(
    ("lang", "detail"),
    [
        ("kk", "«enrgy» деген мемлекеттік орган жоқ. Ұқсастары: energy (Энергетика министрлігі)"),
        ("ru", "Государственного органа «enrgy» нет. Похожие: energy (Министерство энергетики)"),
        ("en", "There is no agency “enrgy”. Near it: energy (Ministry of Energy)"),
    ],
    ids=LANGUAGES,
)
def test_the_refusal_names_what_is_near(lang: Language, detail: str) -> None:
    with pytest.raises(UnknownAddressee) as caught:
        route(request("enrgy"), DIRECTORY)
    problem = caught.value.as_json(lang)
    assert problem["detail"].startswith(detail)
    assert (problem["status"], problem["code"]) == (422, "unknown_addressee")
    assert problem["near"][0] == "energy"
    assert problem["errors"][0]["field"] == "addressee"
    assert problem["errors"][0]["code"] == "unknown_addressee"
    assert "energy" in problem["errors"][0]["message"]


def test_the_refusal_does_not_repeat_ten_thousand_letters() -> None:
    with pytest.raises(UnknownAddressee) as caught:
        route(request("министерство " * 1000), DIRECTORY)
    assert len(caught.value.as_json("ru")["detail"]) < 1500


BODY = Reviewer(ReviewerKind.BODY, "akimat-turkistan")
HEAD = Reviewer(ReviewerKind.HEAD, "energy")
COURT = Reviewer(ReviewerKind.COURT)


def complaint(
    about: str, reviewer: Reviewer, *, handed_over: bool = True, asked: RouteRequest | None = None
) -> Decision:
    body, asked = DIRECTORY.agency(about), asked or request()
    respondent = DIRECTORY.holder(body, asked.topic, asked.on)
    return route_complaint(asked, respondent, body, reviewer, DIRECTORY, handed_over=handed_over)


@pytest.mark.parametrize("reviewer", [BODY, HEAD, COURT])
def test_a_complaint_goes_to_the_body_that_it_is_about(reviewer: Reviewer) -> None:
    """Whoever reviews it, and whatever addressee, topic and region it names."""
    asked = request("health", source="digital", topic="tax", region="KZ-61")
    decision = complaint("energy", reviewer, asked=asked)
    assert (decision.agency, decision.rule) == ("energy", Rule.COMPLAINT)
    assert "filed with the body that it is about" in reason(decision, DIRECTORY, "en", TODAY)


def test_a_complaint_about_a_body_that_is_gone_goes_to_its_successor() -> None:
    decision = complaint("industry", HEAD, asked=request(topic="transport"))
    assert decision.agency == "transport"
    assert "was reorganised" in reason(decision, DIRECTORY, "en", TODAY)


@pytest.mark.parametrize(
    ("about", "reviewer", "agency", "said"),
    [
        ("turkistan-city", BODY, "akimat-turkistan", "the body above the one that the complaint is about"),
        ("energy", COURT, "administration", "only a court can review it"),
        ("energy", HEAD, "energy", "filed with the body that it is about"),
    ],
)
def test_without_handing_over_a_complaint_goes_to_the_reviewer_at_once(
    about: str, reviewer: Reviewer, agency: str, said: str
) -> None:
    decision = complaint(about, reviewer, handed_over=False)
    assert decision.agency == agency
    assert said in reason(decision, DIRECTORY, "en", TODAY)


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("handed_over", [True, False])
@pytest.mark.parametrize("reviewer", [BODY, HEAD, COURT])
def test_the_reason_of_a_complaint_in_each_language(
    reviewer: Reviewer, handed_over: bool, lang: Language
) -> None:
    decision = complaint("culture-sport", reviewer, handed_over=handed_over)
    sentence = reason(Decision.from_json(decision.as_json()), DIRECTORY, lang, TODAY)
    assert DIRECTORY.agency(decision.agency).name(lang, TODAY) in sentence
    assert "{" not in sentence


def test_every_rule_has_a_sentence() -> None:
    shown = {
        route(asked, DIRECTORY).rule
        for asked in (
            RouteRequest(None, None, None, None, TODAY, blog="energy"),
            request("energy"),
            request("industry"),
            request("water-resources", on=MID_2021),
            request(source="digital"),
            request(topic="tax"),
            request(topic="utilities", region="KZ-61"),
            request(),
        )
    }
    assert shown == set(Rule) - {Rule.COMPLAINT}, "a complaint is routed by what it is about"
