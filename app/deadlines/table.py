"""The rules as a page for a lawyer: docs/deadlines.md, made from the data that the service decides by.

`python -m app.deadlines.table` writes it; a test says when that was forgotten.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

from app.core.i18n import Language, t
from app.deadlines.explain import period, rule_sentence, rule_source
from app.deadlines.regimes import GROUPS, LAW, Evidence, Law, Regime, Rule

PAGE = Path(__file__).parents[2] / "docs" / "deadlines.md"

HEAD = """\
# Terms and the rules they rest on

Made from `app/deadlines/data/rules.toml` by `python -m app.deadlines.table`: change the data, not this page.
What is here is what the service decides by; an explanation of a due day names these ids.

**How to read it.** An appeal is decided by the rules that were in force on the day it was received, whatever
day it is registered on. An amendment is a further row with the same id and a later first day. *Evidence* says
how a rule is known: **read** in the text of the law; **partly** read, or only told of; **default**: not read,
a value from general knowledge. Whatever is not *read* is to be checked by a lawyer and is changed in that one
file. Beside the kinds of appeal a rule may apply to a stage of a complaint: `handover`, at the body that it
is about, and `review`, at the body that decides it.
"""

READINGS = {
    "next_day": "from the next day",
    "same_day": "from the day itself",
    "rest_of_first_term": "the rest of the first term",
    "new_term": "a new term",
    "in_all": "in all, since registration",
    "on_top": "beyond the first term",
    "within_term": "part of the term",
    "stops_term": "the term stands meanwhile",
    "parent_then_head": "the body above, else a head who did not sign, else a court",
    "parent_only": "the body above, else a court",
}

IN_WORDS: tuple[tuple[Language, str, tuple[str, ...]], ...] = (
    ("kk", "Ережелер қазақша", ("id", "ереже", "қайда", "дәлел")),
    ("ru", "Правила по-русски", ("id", "правило", "где", "основание")),
)
EVIDENCE = {
    "kk": {"read": "оқылды", "partly": "жартылай", "default": "тексерілсін"},
    "ru": {"read": "прочитано", "partly": "отчасти", "default": "проверить"},
}


def render(law: Law = LAW) -> str:
    """The whole page."""
    return "\n".join((HEAD, *_regimes(law), *_tables(law), *_to_check(law), *_in_words(law)))


def _regimes(law: Law) -> Iterator[str]:
    yield "## Which law\n"
    yield from _table(
        ("received", "law"),
        ((_period(regime), t(f"law.{regime.code}", "en")) for regime in law.regimes),
    )


def _tables(law: Law) -> Iterator[str]:
    for group, matters in GROUPS.items():
        yield f"## {t(f'rules.group.{group}', 'en')}\n"
        rules = [rule for matter in matters for rule in law.rules if rule.matter is matter]
        header = ("id", "rule", "where", "in force", "applies to", "value", "evidence")
        yield from _table(header, (_row(rule) for rule in rules))


def _row(rule: Rule) -> tuple[str, ...]:
    return (
        f"**{rule.id}**",
        rule_sentence(rule, "en"),
        rule_source(rule, "en"),
        _period(rule),
        ", ".join(rule.of) or "everything",
        _value(rule),
        rule.evidence.value,
    )


def _value(rule: Rule) -> str:
    parts = []
    if rule.unit:
        parts.append(
            period(rule.amount, rule.unit, "en") if rule.amount else t("deadlines.period.at_once", "en")
        )
    if rule.reading:
        others = ", ".join(READINGS[other] for other in rule.readings if other != rule.reading)
        parts.append(f"{READINGS[rule.reading]} (or: {others})")
    if rule.codes:
        parts.append(", ".join(f"`{code}`" for code in rule.codes))
    return "; ".join(parts) or "—"


def _period(dated: Rule | Regime) -> str:
    if dated.valid_to is None:
        return f"from {dated.valid_from}"
    return f"{dated.valid_from} to {dated.valid_to}"


def _to_check(law: Law) -> Iterator[str]:
    yield "## To be checked by a lawyer\n"
    for evidence, title in ((Evidence.DEFAULT, "Not read"), (Evidence.PARTLY, "Read in part")):
        ids = [rule.id for rule in law.rules if rule.evidence is evidence]
        yield f"**{title}:** {', '.join(dict.fromkeys(ids))}.\n"
    yield from (f"- **{rule.id}**: {rule.note}" for rule in law.rules if rule.note)
    yield ""


def _in_words(law: Law) -> Iterator[str]:
    for language, title, header in IN_WORDS:
        yield f"## {title}\n"
        rows = (
            (
                f"**{rule.id}**",
                rule_sentence(rule, language),
                rule_source(rule, language),
                EVIDENCE[language][rule.evidence],
            )
            for rule in law.rules
        )
        yield from _table(header, rows)


def _table(header: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    yield f"| {' | '.join(header)} |"
    yield f"|{'---|' * len(header)}"
    yield from (f"| {' | '.join(row)} |" for row in rows)
    yield ""


if __name__ == "__main__":
    PAGE.write_text(render(), encoding="utf-8")
