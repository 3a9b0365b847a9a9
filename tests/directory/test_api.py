"""The directory over HTTP."""

from datetime import date
from typing import Any

import httpx
import pytest

from app.core.i18n import sort_key

ROOT = "/api/v1/directory"


async def get(client: httpx.AsyncClient, path: str, **params: str) -> dict[str, Any]:
    answer = await client.get(f"{ROOT}/{path}", params=params)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def by_code(found: dict[str, Any]) -> dict[str, Any]:
    return {item["code"]: item for item in found["items"]}


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        ("kk", "Энергетика министрлігі"),
        ("ru-KZ,ru;q=0.9", "Министерство энергетики"),
        ("en", "Ministry of Energy"),
        ("fr", "Энергетика министрлігі"),
    ],
)
async def test_names_are_in_the_asked_language(client: httpx.AsyncClient, asked: str, name: str) -> None:
    answer = await client.get(f"{ROOT}/agencies", headers={"Accept-Language": asked})
    assert by_code(answer.json())["energy"]["name"] == name
    assert answer.headers["vary"] == "Accept-Language"


async def test_lang_goes_above_the_header(client: httpx.AsyncClient) -> None:
    found = await get(client, "topics", lang="ru")
    assert (found["language"], by_code(found)["tax"]["name"]) == ("ru", "Налоги")


async def test_an_agency_tells_what_it_is_part_of(client: httpx.AsyncClient) -> None:
    department = by_code(await get(client, "agencies"))["justice-dept-turkistan"]
    assert department == {
        "code": "justice-dept-turkistan",
        "name": "Department of Justice of Turkistan Region",
        "kind": "territorial_department",
        "parent": "justice",
        "region": "KZ-61",
        "valid_from": "2018-06-19",
        "valid_to": None,
        "successors": [],
        "predecessors": [],
        "contact": {
            "phone": None,
            "email": None,
            "address": None,
            "opens": "09:00:00",
            "closes": "18:30:00",
            "week": 5,
        },
    }


async def test_an_abolished_agency_tells_who_took_over(client: httpx.AsyncClient) -> None:
    agencies = by_code(await get(client, "agencies"))
    assert agencies["industry"]["valid_to"] == "2023-09-01"
    assert agencies["industry"]["successors"] == [
        {
            "code": "industry-construction",
            "name": "Ministry of Industry and Construction",
            "since": "2023-09-02",
            "topics": None,
        },
        {
            "code": "transport",
            "name": "Ministry of Transport",
            "since": "2023-09-02",
            "topics": ["transport"],
        },
    ]
    assert agencies["transport"]["predecessors"] == ["industry"]
    assert agencies["ecology"]["successors"] == []


async def test_a_day_gives_what_existed_under_its_name(client: httpx.AsyncClient) -> None:
    found = by_code(await get(client, "agencies", on="2021-06-30"))
    assert found["akimat-astana"]["name"] == "Akimat of Nur-Sultan City"
    assert "culture-sport" in found
    assert not {"culture-information", "akimat-abai"} & set(found)
    assert (await get(client, "agencies", on="1800-01-01"))["items"] == []


async def test_words_of_any_language_find_an_agency(client: httpx.AsyncClient) -> None:
    found = await get(client, "agencies", q="адилет департ турк", lang="en")
    assert [item["code"] for item in found["items"]] == ["justice-dept-turkistan"]
    assert (await get(client, "agencies", q="nobody at all"))["items"] == []
    assert len((await get(client, "agencies", q=" "))["items"]) > 80


@pytest.mark.parametrize("path", ["agencies", "regions", "topics", "channels", "blogs"])
@pytest.mark.parametrize("lang", ["kk", "ru", "en"])
async def test_lists_follow_the_alphabet(client: httpx.AsyncClient, path: str, lang: Any) -> None:
    found = await get(client, path, lang=lang)
    names = [item["name"] for item in found["items"]]
    assert len(names) == len(found["items"]) > 10
    assert names == sorted(names, key=lambda name: sort_key(name, lang))


async def test_blogs_say_whose_they_are(client: httpx.AsyncClient) -> None:
    then, now = by_code(await get(client, "blogs", on="2021-06-30")), by_code(await get(client, "blogs"))
    assert then["culture-sport"]["agency"] == "culture-sport"
    assert now["culture-sport"]["valid_to"] == "2023-09-01"
    assert "culture-information" not in then
    assert now["akimat-turkistan"]["name"] == "Blog of the Akim: Turkistan Region"


async def test_kazakh_letters_stand_where_the_alphabet_has_them(client: httpx.AsyncClient) -> None:
    names = [item["name"] for item in (await get(client, "topics", lang="kk"))["items"]]
    assert names.index("Ауыл шаруашылығы") < names.index("Әділет") < names.index("Басқа мәселелер")
    assert names.index("Көлік және жолдар") < names.index("Құқықтық тәртіп") < names.index("Салық")


async def test_regions_have_their_days(client: httpx.AsyncClient) -> None:
    assert len((await get(client, "regions"))["items"]) == 20
    assert len((await get(client, "regions", on="2021-06-30"))["items"]) == 17
    assert by_code(await get(client, "regions"))["KZ-10"] == {
        "code": "KZ-10",
        "name": "Abai Region",
        "valid_from": "2022-06-08",
        "valid_to": None,
        "formed_from": "KZ-63",
    }


async def test_who_has_it_already_gets_a_304(client: httpx.AsyncClient) -> None:
    first = await client.get(f"{ROOT}/agencies")
    assert "max-age" in first.headers["cache-control"]
    again = await client.get(
        f"{ROOT}/agencies", headers={"If-None-Match": f'"other", W/{first.headers["etag"]}'}
    )
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    other = await client.get(f"{ROOT}/agencies?lang=ru", headers={"If-None-Match": first.headers["etag"]})
    assert other.status_code == 200


@pytest.mark.parametrize(
    "query",
    ["on=yesterday", "on=2021-13-01", "lang=de", pytest.param(f"q={'x' * 10_000}", id="q=10,000 letters")],
)
async def test_what_does_not_fit_is_a_422_on_its_field(client: httpx.AsyncClient, query: str) -> None:
    answer = await client.get(f"{ROOT}/agencies?{query}")
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["errors"][0]["field"] == query.split("=")[0]


@pytest.mark.parametrize("q", ["%00", "%ED%A0%80", "%F0%9F%98%80", "‮", "' OR 1=1 --"])
async def test_odd_words_find_nothing_and_break_nothing(client: httpx.AsyncClient, q: str) -> None:
    assert (await client.get(f"{ROOT}/agencies?q={q}")).status_code == 200


async def test_the_day_is_the_civil_one(client: httpx.AsyncClient) -> None:
    found = await get(client, "channels")
    assert abs((date.fromisoformat(found["on"]) - date.today()).days) <= 1  # noqa: DTZ011 - only about today
    assert found["version"] >= 1


@pytest.mark.parametrize(
    ("agency", "lang", "names"),
    [
        (None, "kk", ["Өтініш жазу", "Басшының блогы", "Азаматтарды қабылдау кестесі", "Сұрақ қою"]),
        (
            "health",
            "ru",
            ["Написать обращение", "Блог руководителя", "График приёма граждан", "Задать вопрос"],
        ),
        ("labour", "kk", ["Өтініш жазу", "Басшының блогы", "Қабылдауға жазылу", "Сұрақ-жауаптар"]),
        ("pm-office", "en", ["Write an appeal", "Schedule of receptions", "Ask a question"]),
    ],
)
async def test_the_services_of_the_reception_room_under_a_bodys_own_names(
    client: httpx.AsyncClient, agency: str | None, lang: str, names: list[str]
) -> None:
    found = await get(client, "services", lang=lang, **({"agency": agency} if agency else {}))
    assert found["agency"] == agency
    assert [item["name"] for item in found["items"]] == names
    offered = [item["code"] for item in found["items"]]
    assert offered == [code for code in ("appeal", "blog", "reception", "question") if code in offered]


async def test_the_services_of_nobody(client: httpx.AsyncClient) -> None:
    answer = await client.get(f"{ROOT}/services", params={"agency": "labor"})
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "unknown_code")
