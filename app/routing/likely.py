"""What an appeal is probably about, from its words: a suggestion to the person who writes it (PURE)."""

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from app.core.words import stems

DATA = Path(__file__).parent / "data" / "topic_words.toml"
_WORD = re.compile(r"[^\W\d_]{2,}")
MOST_WORDS = 500


@cache
def _topics() -> Mapping[str, frozenset[str]]:
    said = tomllib.loads(DATA.read_text(encoding="utf-8"))["words"]
    return {topic: frozenset(_stems(words)) for topic, words in said.items()}


def _stems(text: str) -> list[str]:
    words = dict.fromkeys(_WORD.findall(text.casefold())[:MOST_WORDS])
    return [stem for word in words for stem in dict.fromkeys(stems(word))]


def likely_topics(text: str, most: int = 3) -> list[str]:
    """Codes of the topics whose words stand in the text, the likeliest first; none where no word tells.

    A stem that several topics share tells less of each.
    """
    said = set(_stems(text))
    topics = _topics()
    told = {stem: sum(stem in words for words in topics.values()) for stem in said}
    scores = {topic: sum(1 / told[stem] for stem in said & words) for topic, words in topics.items()}
    found = [topic for topic, score in scores.items() if score > 0]
    return sorted(found, key=lambda topic: -scores[topic])[:most]
