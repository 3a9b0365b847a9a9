"""What the load is made of: appeals in Kazakh as people write them, the same ones in every run."""

from random import Random
from typing import Any

VARIETY = 32
_SENTENCES = (
    "Үйімізде үш күннен бері жылу жоқ, батареялар мұп-мұздай.",
    "Пәтерде екі кішкентай бала бар, түнде төсектен тұра алмай қаламыз.",
    "Кезекші бригадаға төрт рет қоңырау шалдық, бірақ ешкім келген жоқ.",
    "Басқарушы компания жөндеу қашан басталатынын айтпайды, телефонды көтермейді.",
    "Көшедегі жарық бір айдан бері жанбайды, балалар мектептен қараңғыда қайтады.",
    "Ауылымызға баратын жол жаңбырдан кейін өтуге жарамай қалады, жедел жәрдем де жете алмайды.",
    "Құжаттарымды ақпан айында тапсырдым, содан бері бірде-бір хабар алған емеспін.",
    "Емханаға жазылу үшін таңғы сағат алтыдан кезекке тұруға тура келеді.",
    "Ауыз су сарғыш болып ағады, иісі де бар, қайнатсақ та тұнба қалады.",
    "Есептегіштің көрсеткіші дұрыс болса да, түбіртекте екі есе көп сома жазылған.",
    "Осы мәселе бойынша былтыр да жазғанбыз, уәде берілді, нәтиже жоқ.",
    "Тексеріп, шара қолданып, маған жазбаша жауап берулеріңізді сұраймын.",
    "Қажет болса, фотосуреттер мен түбіртектердің көшірмелерін жібере аламын.",
    "Көршілеріміз де осыны растай алады, олардың қолдары қоса тігілген.",
)
_TOPICS = ("utilities", "housing", "transport", "health", "education", "social", "land", "ecology")
_REGIONS = ("KZ-61", "KZ-75", "KZ-71", "KZ-79", "KZ-10", "KZ-35", "KZ-63")
_KINDS = ("statement", "complaint", "complaint", "message", "inquiry")
_NAMES = ("Мысалов Ерболат", "Үлгібекова Айгүл", "Сынақбаев Нұрлан", "Байқауова Дәмеш", "Ескертпеев Қайрат")


def appeals() -> list[dict[str, Any]]:
    """Bodies of `POST /api/v1/appeals`, 400 to 700 letters of text each."""
    chance = Random(20210705)
    return [_appeal(chance) for _ in range(VARIETY)]


def _appeal(chance: Random) -> dict[str, Any]:
    return {
        "kind": chance.choice(_KINDS),
        "language": "kk",
        "subject": chance.choice(("Жылу туралы", "Жол туралы", "Ауыз су туралы", "Құжат туралы")),
        "text": " ".join(chance.sample(_SENTENCES, chance.randint(7, 9))),
        "topic": chance.choice(_TOPICS),
        "region": chance.choice(_REGIONS),
        "applicant": {
            "name": chance.choice(_NAMES),
            "address": f"Мысал көшесі, {chance.randint(1, 199)}-үй, {chance.randint(1, 90)}-пәтер",
            "phone": f"+7 700 {chance.randint(1_000_000, 9_999_999)}",
        },
    }
