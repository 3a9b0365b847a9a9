"""Mistakes in the data files are refused, and the message names the file and the entry."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

import app.directory
from app.directory.checks import checked_facts
from app.directory.files import DataError, read_files

DATA = Path(app.directory.__file__).parent / "data"
Refused = Callable[[str, str, str], str]

ENERGY = 'code = "energy"\nkind = "ministry"\n'
DIGITAL_SECOND = "{ from = 2025-09-18,"


@pytest.fixture
def refused(tmp_path: Path) -> Refused:
    """Change one file and tell why the whole is refused."""

    def change(file: str, old: str, new: str) -> str:
        folder = tmp_path / "data"
        shutil.copytree(DATA, folder)
        content = (folder / file).read_text(encoding="utf-8")
        assert content.count(old) == 1, f"{old!r} is {content.count(old)} times in {file}"
        (folder / file).write_text(content.replace(old, new), encoding="utf-8")
        with pytest.raises(DataError) as caught:
            checked_facts(read_files(folder))
        return str(caught.value)

    return change


def test_the_files_as_they_are_are_good() -> None:
    assert len(checked_facts().agencies) > 80


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        pytest.param(
            "agencies.toml", ENERGY, f"{ENERGY}colour = 1\n",
            "agencies.toml, agency 'energy': colour: Extra inputs are not permitted", id="unknown field",
        ),
        pytest.param(
            "agencies.toml", 'code = "energy"\n', 'code = "Energy"\n',
            "agencies.toml, agency 'Energy': code: String should match", id="no slug",
        ),
        pytest.param(
            "agencies.toml", 'code = "energy"\n', 'code = "health"\n',
            "agencies.toml, agency 'health': the code is used already", id="code twice",
        ),
        pytest.param(
            "agencies.toml", ENERGY, f'{ENERGY}parent = "nobody"\n',
            "agencies.toml, agency 'energy': parent: there is no agency 'nobody'", id="unknown parent",
        ),
        pytest.param(
            "agencies.toml", ENERGY, f'{ENERGY}region = "KZ-99"\n',
            "agencies.toml, agency 'energy': region: there is no 'KZ-99'", id="unknown region of a body",
        ),
        pytest.param(
            "agencies.toml", 'code = "justice"\nkind = "ministry"\n',
            'code = "justice"\nkind = "ministry"\nparent = "justice-dept-astana"\n',
            "agency 'justice': parent: it would be part of itself", id="cycle",
        ),
        pytest.param(
            "turkistan.toml",
            'code = "turkistan-sozak-district"\nkind = "district"\nparent = "akimat-turkistan"\n',
            'code = "turkistan-sozak-district"\nkind = "district"\nparent = "akimat-abai"\n',
            "turkistan.toml, agency 'turkistan-sozak-district': parent: 'akimat-abai' does not live as long",
            id="older than what it is part of",
        ),
        pytest.param(
            "agencies.toml", DIGITAL_SECOND, "{ from = 2025-09-10,",
            "agencies.toml, agency 'digital': names: 'Ministry of Artificial Intelligence and Digital "
            "Development' overlaps with another name", id="names overlap",
        ),
        pytest.param(
            "agencies.toml", DIGITAL_SECOND, "{ from = 2025-10-01,",
            "agencies.toml, agency 'digital': names: there is none from 2025-09-18 to 2025-09-30",
            id="days without a name",
        ),
        pytest.param(
            "agencies.toml", DIGITAL_SECOND, "{",
            "needs the day it is valid from", id="name without its day",
        ),
        pytest.param(
            "agencies.toml", "{ to = 2025-09-17,", "{ to = 2006-01-01,",
            "ends before it begins", id="name that ends before it begins",
        ),
        pytest.param(
            "agencies.toml", 'ru = "Министерство транспорта"', 'ru = "министерство ТОРГОВЛИ и интеграции"',
            "agency 'trade': names: 'Министерство торговли и интеграции' is 'transport' too",
            id="two bodies of one name",
        ),
        pytest.param(
            "agencies.toml", 'successors = [{ code = "culture-information" }]\n', "",
            "agencies.toml, agency 'information': successors: it has a last day and nobody takes over",
            id="ends without successor",
        ),
        pytest.param(
            "agencies.toml", ENERGY, f'{ENERGY}successors = [{{ code = "trade" }}]\n',
            "agency 'energy': successors: it has no last day", id="successor of a living body",
        ),
        pytest.param(
            "agencies.toml", '{ code = "tourism-sport", topics = [] }', '{ code = "tourism-sport" }',
            "successors: 'tourism-sport': all but the first name topics", id="two default successors",
        ),
        pytest.param(
            "agencies.toml", 'topics = ["transport"]', 'topics = ["trains"]',
            "agency 'industry': successors: there is no topic 'trains'", id="successor of an unknown topic",
        ),
        pytest.param(
            "agencies.toml", 'formed_from = ["ecology"]\n', "",
            "agency 'water-resources': formed_from: whose matters were these before?", id="out of nothing",
        ),
        pytest.param(
            "agencies.toml", 'formed_from = ["ecology"]', 'formed_from = ["industry-construction"]',
            "do not meet on 2023-09-02", id="formed from what was not there",
        ),
        pytest.param(
            "agencies.toml", 'code = "administration"\nkind = "administration"\n',
            'code = "administration"\nkind = "administration"\n'
            'valid_from = 2010-01-01\nformed_from = ["labour"]\n',
            "agency 'administration': the triage desk is always there", id="triage desk not always there",
        ),
        pytest.param(
            "regions.toml", 'formed_from = "KZ-63"', 'formed_from = "KZ-33"',
            "regions.toml, region 'KZ-10': formed_from: no 'KZ-33' then", id="region formed from none",
        ),
        pytest.param(
            "competence.toml", 'topic = "tax"\nagencies = ["finance"]',
            'topic = "tax"\nagencies = ["industry"]',
            "competence.toml, national 'tax': topic 'tax': nobody is competent from 2023-09-02",
            id="gap at the end",
        ),
        pytest.param(
            "competence.toml", 'topic = "transport"\nagencies = ["industry", "transport"]',
            'topic = "transport"\nagencies = ["transport"]',
            "national 'transport': topic 'transport': nobody is competent from 2007-01-01",
            id="gap at the start",
        ),
        pytest.param(
            "competence.toml", '[[national]]\ntopic = "tax"\nagencies = ["finance"]\n', "",
            "topics.toml, topic 'tax': no [[national]] entry says who answers on it",
            id="topic without anybody",
        ),
        pytest.param(
            "competence.toml", 'agencies = ["finance"]', 'agencies = ["finanse"]',
            "competence.toml, national 'tax': there is no agency 'finanse'", id="unknown competent body",
        ),
        pytest.param(
            "competence.toml", 'topics = ["health"]', 'topics = ["healt"]',
            "competence.toml, department 'turkistan-health-department': there is no topic 'healt'",
            id="unknown topic of a department",
        ),
        pytest.param(
            "akimats.toml", 'kind = "akimat"\nregion = "KZ-55"\n', 'kind = "akimat"\n',
            "agency 'akimat-pavlodar': region: an akimat has one", id="akimat of nowhere",
        ),
        pytest.param(
            "agencies.toml", "warn_operator = 5\nwarn_head = 2\n", "warn_operator = 1\nwarn_head = 2\n",
            "agencies.toml, agency 'health': warn_head: the operator is warned first",
            id="head warned before the operator",
        ),
        pytest.param(
            "agencies.toml", "warn_head = 2\n", "warn_head = -1\n",
            "agencies.toml, agency 'health': warn_head: Input should be greater than or equal to 0",
            id="warned after the due day",
        ),
        pytest.param(
            "sources.toml", 'channels = ["open311"]', 'channels = ["open-311"]',
            "sources.toml, source 'open311': channels: there is no 'open-311'", id="unknown channel",
        ),
        pytest.param(
            "blogs.toml", 'agency = "energy"', 'agency = "enrgy"',
            "blogs.toml, blog 'energy': agency: there is no agency 'enrgy'", id="blog of nobody",
        ),
        pytest.param(
            "blogs.toml", 'code = "energy"', 'code = "health"',
            "blogs.toml, blog 'health': the code is used already", id="blog twice",
        ),
        pytest.param(
            "blogs.toml", 'agency = "transport"\n', 'agency = "transport"\nvalid_from = 2020-01-01\n',
            "blog 'transport': agency: 'transport' does not live as long", id="blog before its agency",
        ),
        pytest.param("topics.toml", 'en = "Taxes"', "en =", "topics.toml: ", id="no TOML"),
    ],
)  # fmt: skip
def test_a_mistake_is_refused(refused: Refused, file: str, old: str, new: str, said: str) -> None:
    assert said in refused(file, old, new)


def test_competence_must_not_begin_before_the_akimat_of_a_region_without_a_past(refused: Refused) -> None:
    said = refused("akimats.toml", 'region = "KZ-55"\n', 'region = "KZ-55"\nvalid_from = 2010-01-01\n')
    assert "akimat-pavlodar" in said
