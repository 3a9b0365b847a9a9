"""The data files as they are: what the contract promises of codes, names, days and competence."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.i18n import LANGUAGES
from app.directory.checks import checked_facts
from app.directory.registry import Directory
from app.directory.values import Agency, AgencyKind

DIRECTORY = Directory(checked_facts())
FIRST, LAST = date(2007, 1, 1), date(2060, 12, 31)
MID_2021 = date(2021, 6, 30)
TODAY = date(2026, 11, 23)

MINISTRIES_OF_2021 = [
    "information",
    "culture-sport",
    "justice",
    "labour",
    "ecology",
    "agriculture",
    "industry",
    "energy",
    "health",
    "digital",
    "economy",
    "education",
    "finance",
    "trade",
    "interior",
    "emergencies",
    "defence",
    "foreign-affairs",
]
AKIMATS = {
    "KZ-11": "akmola", "KZ-15": "aktobe", "KZ-19": "almaty-region", "KZ-23": "atyrau",
    "KZ-27": "west-kazakhstan", "KZ-31": "zhambyl", "KZ-35": "karaganda", "KZ-39": "kostanay",
    "KZ-43": "kyzylorda", "KZ-47": "mangystau", "KZ-55": "pavlodar", "KZ-59": "north-kazakhstan",
    "KZ-61": "turkistan", "KZ-63": "east-kazakhstan", "KZ-71": "astana", "KZ-75": "almaty",
    "KZ-79": "shymkent", "KZ-10": "abai", "KZ-33": "zhetysu", "KZ-62": "ulytau",
}  # fmt: skip
TOPICS = [
    "land",
    "construction",
    "housing",
    "utilities",
    "social",
    "employment",
    "health",
    "education",
    "agriculture",
    "transport",
    "ecology",
    "digital",
    "law-order",
    "tax",
    "justice",
    "other",
]
CHANNELS = [
    "blog",
    "call_centre",
    "reception_room",
    "virtual_reception",
    "open_government",
    "letter",
    "front_office",
    "personal_reception",
    "social",
    "trust_line",
    "higher_body",
    "email",
    "open311",
]

days = st.dates(FIRST, LAST)


def codes_on(day: date) -> set[str]:
    return {agency.code for agency in DIRECTORY.agencies(day)}


def test_the_ministries_of_2021_are_those_of_the_contract() -> None:
    ministries = {a.code for a in DIRECTORY.agencies(MID_2021) if a.kind is AgencyKind.MINISTRY}
    assert ministries == set(MINISTRIES_OF_2021)
    assert DIRECTORY.agency("administration").kind is AgencyKind.ADMINISTRATION
    assert DIRECTORY.agency("pm-office").kind is AgencyKind.OFFICE


def test_each_region_has_one_akimat() -> None:
    found = {
        a.region_code: a.code.removeprefix("akimat-")
        for a in DIRECTORY.agencies()
        if a.kind is AgencyKind.AKIMAT
    }
    assert found == AKIMATS
    assert {region.code for region in DIRECTORY.regions()} == set(AKIMATS)


def test_topics_and_channels_are_those_of_the_contract() -> None:
    assert {topic.code for topic in DIRECTORY.topics()} == set(TOPICS)
    assert {channel.code for channel in DIRECTORY.channels()} == set(CHANNELS)


def test_every_channel_has_a_source_and_every_region_its_109() -> None:
    assert {channel for source in DIRECTORY.sources() for channel in source.channels} == set(CHANNELS)
    for region, slug in AKIMATS.items():
        assert DIRECTORY.source(f"109-{slug}").region == region
        assert DIRECTORY.source(f"109-{slug}").channels == ("call_centre",)


def test_five_ministries_have_a_committee_and_a_territorial_department() -> None:
    kinds = {
        ministry.code: {child.kind for child in DIRECTORY.children(ministry.code)}
        for ministry in DIRECTORY.agencies()
        if ministry.kind is AgencyKind.MINISTRY
    }
    wanted = {AgencyKind.COMMITTEE, AgencyKind.TERRITORIAL_DEPARTMENT}
    assert sum(wanted <= found for found in kinds.values()) >= 5


def test_akimat_turkistan_has_its_districts_and_departments() -> None:
    children = DIRECTORY.children("akimat-turkistan")
    assert sum(child.kind is AgencyKind.DISTRICT for child in children) == 17
    assert sum(child.kind is AgencyKind.DEPARTMENT for child in children) >= 7
    assert {child.region_code for child in children} == {"KZ-61"}


def test_the_tree_has_two_levels() -> None:
    for agency in DIRECTORY.agencies():
        parent = DIRECTORY.parent(agency)
        assert parent is None or parent.parent_id is None


def test_a_subtree_is_the_body_and_what_is_under_it() -> None:
    justice = DIRECTORY.agency("justice")
    under = {DIRECTORY.agency_by_id(id_).code for id_ in DIRECTORY.subtree_ids(justice.id)}
    assert {"justice", "justice-registration-committee", "justice-dept-turkistan"} <= under
    assert under == {"justice"} | {child.code for child in DIRECTORY.children("justice")}


@pytest.mark.parametrize(
    ("day", "count"),
    [(date(2018, 6, 18), 16), (MID_2021, 17), (date(2022, 6, 7), 17), (date(2022, 6, 8), 20)],
)
def test_regions_have_their_days(day: date, count: int) -> None:
    assert len(DIRECTORY.regions(day)) == count


@pytest.mark.parametrize(
    ("code", "day", "name"),
    [
        ("digital", date(2025, 9, 17), "Цифрлық даму, инновациялар және аэроғарыш өнеркәсібі министрлігі"),
        ("digital", date(2025, 9, 18), "Жасанды интеллект және цифрлық даму министрлігі"),
        ("ecology", MID_2021, "Экология, геология және табиғи ресурстар министрлігі"),
        ("ecology", TODAY, "Экология және табиғи ресурстар министрлігі"),
        ("pm-office", MID_2021, "Премьер-Министр Кеңсесі"),
        ("pm-office", TODAY, "Үкімет Аппараты"),
        ("akimat-astana", date(2019, 3, 22), "Астана қаласының әкімдігі"),
        ("akimat-astana", MID_2021, "Нұр-Сұлтан қаласының әкімдігі"),
        ("akimat-astana", TODAY, "Астана қаласының әкімдігі"),
        ("culture-sport", TODAY, "Мәдениет және спорт министрлігі"),
        ("energy", date(1800, 1, 1), "Энергетика министрлігі"),
    ],
)
def test_a_name_is_that_of_the_day(code: str, day: date, name: str) -> None:
    assert DIRECTORY.agency(code).name("kk", day) == name


@pytest.mark.parametrize(
    ("code", "topic", "successor"),
    [
        ("information", None, "culture-information"),
        ("culture-sport", None, "culture-information"),
        ("industry", None, "industry-construction"),
        ("industry", "housing", "industry-construction"),
        ("industry", "transport", "transport"),
        ("education", "education", "enlightenment"),
        ("education", None, "enlightenment"),
    ],
)
def test_what_became_of_the_ministries_of_2021(code: str, topic: str | None, successor: str) -> None:
    abolished = DIRECTORY.agency(code)
    assert DIRECTORY.successor(abolished, topic, TODAY).code == successor
    assert DIRECTORY.successor(abolished, topic, MID_2021) is abolished
    assert abolished.valid_to is not None
    assert DIRECTORY.successor(abolished, topic, abolished.valid_to) is abolished


@pytest.mark.parametrize(
    ("code", "before"),
    [
        ("water-resources", "ecology"),
        ("tourism-sport", "culture-sport"),
        ("science-higher-education", "education"),
        ("akimat-abai", "akimat-east-kazakhstan"),
        ("turkistan-health-department", "akimat-turkistan"),
    ],
)
def test_who_did_the_work_before_a_body_existed(code: str, before: str) -> None:
    agency = DIRECTORY.agency(code)
    day = agency.valid_from - timedelta(days=1)
    assert DIRECTORY.predecessor(agency, day).code == before
    assert DIRECTORY.predecessor(agency, agency.valid_from) is agency


def test_nothing_but_the_ministries_that_ended_is_abolished() -> None:
    ended = {agency.code for agency in DIRECTORY.agencies() if agency.valid_to is not None}
    assert ended == {"information", "culture-sport", "industry", "education"}


@pytest.mark.parametrize(
    ("topic", "region", "day", "agency"),
    [
        ("utilities", "KZ-61", TODAY, "akimat-turkistan"),
        ("utilities", "kz-47", TODAY, "akimat-mangystau"),
        ("utilities", None, MID_2021, "industry"),
        ("utilities", None, TODAY, "industry-construction"),
        ("health", "KZ-61", TODAY, "turkistan-health-department"),
        ("health", "KZ-61", date(2015, 1, 1), "akimat-turkistan"),
        ("health", "KZ-27", TODAY, "akimat-west-kazakhstan"),
        ("health", None, TODAY, "health"),
        ("transport", None, date(2023, 9, 1), "industry"),
        ("transport", None, date(2023, 9, 2), "transport"),
        ("education", None, date(2022, 6, 11), "education"),
        ("education", None, date(2022, 6, 12), "enlightenment"),
        ("land", "KZ-10", date(2022, 6, 7), "akimat-east-kazakhstan"),
        ("land", "KZ-10", date(2022, 6, 8), "akimat-abai"),
        ("tax", "KZ-61", TODAY, "finance"),
        ("digital", "KZ-61", TODAY, "digital"),
        ("justice", "KZ-71", MID_2021, "justice"),
    ],
)
def test_who_is_competent(topic: str, region: str | None, day: date, agency: str) -> None:
    found = DIRECTORY.competent(topic, region, day)
    assert found is not None
    assert found.code == agency


@given(
    topic=st.sampled_from([topic for topic in TOPICS if topic != "other"]),
    region=st.none() | st.sampled_from(sorted(AKIMATS)),
    day=days,
)
def test_somebody_is_competent_on_every_topic_everywhere_every_day(
    topic: str, region: str | None, day: date
) -> None:
    found = DIRECTORY.competent(topic, region, day)
    assert found is not None
    assert found.valid(day)


def test_nobody_is_competent_for_the_rest() -> None:
    assert DIRECTORY.competent("other", "KZ-61", TODAY) is None


@given(
    agency=st.sampled_from(list(DIRECTORY.agencies())), topic=st.none() | st.sampled_from(TOPICS), day=days
)
def test_somebody_does_the_work_of_every_body_every_day(agency: Agency, topic: str | None, day: date) -> None:
    assert DIRECTORY.holder(agency, topic, day).valid(day)


@given(agency=st.sampled_from(list(DIRECTORY.agencies())), day=days)
def test_every_body_has_one_name_each_day_of_its_life(agency: Agency, day: date) -> None:
    if not agency.valid(day):
        return
    names = [
        name
        for name in agency.names
        if name.valid_from <= day and (name.valid_to is None or day <= name.valid_to)
    ]
    assert len(names) == 1
    assert agency.name("ru", day) == names[0].names.ru


def test_every_name_is_there_in_all_languages_and_no_other_script_slips_in() -> None:
    for agency in DIRECTORY.agencies():
        for lang in LANGUAGES:
            name = agency.name(lang, TODAY)
            latin = any("a" <= letter <= "z" for letter in name.lower())
            assert latin == (lang == "en"), (agency.code, name)


def test_one_ministry_is_warned_at_distances_of_its_own() -> None:
    own = {a.code: (a.warn_operator, a.warn_head) for a in DIRECTORY.agencies() if a.warn_operator}
    assert own == {"health": (5, 2)}
    assert DIRECTORY.agency("energy").warn_head is None


def test_some_bodies_want_the_heads_approval_and_some_do_not() -> None:
    assert DIRECTORY.agency("justice").approval_required
    assert DIRECTORY.agency("health").approval_required
    assert not DIRECTORY.agency("energy").approval_required
