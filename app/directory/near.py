"""Finding what somebody meant: exact, partial and similar names, whatever the case or keyboard. PURE."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from difflib import SequenceMatcher
from heapq import nlargest

# People without a Kazakh keyboard type the nearest Russian letter.
_KAZAKH_TO_RUSSIAN = str.maketrans("қғұүөәіңһ", "кгууоаинх")
_SEPARATORS = re.compile(r"[\W_]+")
_MAX_TYPED = 100
_ALIKE = 0.72
_MIN_WORD = 4


def fold(text: str) -> str:
    """One form for the same words: case, Kazakh letters, accents (ё, й), quotes and hyphens do not matter."""
    apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    letters = "".join(letter for letter in apart if not unicodedata.combining(letter))
    return _SEPARATORS.sub(" ", letters.translate(_KAZAKH_TO_RUSSIAN)).strip()


class NameIndex:
    """The codes of one kind with their names in all languages, searched by folded text."""

    def __init__(self, names: Mapping[str, Iterable[str]]) -> None:
        self._texts = {code: _unique(fold(text) for text in (code, *texts)) for code, texts in names.items()}
        self._exact: dict[str, str] = {}
        self._terms: dict[str, set[str]] = defaultdict(set)
        for code, texts in self._texts.items():
            for text in texts:
                self._exact.setdefault(text, code)
                for term in {text, *(word for word in text.split() if len(word) >= _MIN_WORD)}:
                    self._terms[term].add(code)

    def exact(self, typed: str) -> str | None:
        """The code whose code or name this is."""
        return self._exact.get(fold(typed[:1000]))

    def matching(self, typed: str) -> frozenset[str]:
        """The codes in whose code or one of whose names every typed word begins a word."""
        words = fold(typed[:_MAX_TYPED]).split()
        return frozenset(
            code for code, texts in self._texts.items() if any(_begins_words(words, text) for text in texts)
        )

    def near(self, typed: str, limit: int = 5) -> list[str]:
        """Up to `limit` codes like what was typed, the likest first; what begins so counts as most alike."""
        wanted = fold(typed[:_MAX_TYPED])
        if not wanted:
            return []
        scores: dict[str, float] = defaultdict(float)
        for code in self.matching(wanted):
            scores[code] = 1.0
        for term, score in _alike(wanted, self._terms):
            for code in self._terms[term]:
                scores[code] = max(scores[code], score)
        order = {code: place for place, code in enumerate(self._texts)}
        return nlargest(limit, scores, key=lambda code: (scores[code], -order[code]))


def _unique(texts: Iterable[str]) -> Sequence[str]:
    return tuple(dict.fromkeys(texts))


def _begins_words(words: Sequence[str], text: str) -> bool:
    return all(f" {word}" in f" {text}" for word in words)


def _alike(wanted: str, terms: Iterable[str]) -> Iterable[tuple[str, float]]:
    matcher = SequenceMatcher(autojunk=False)
    matcher.set_seq2(wanted)
    for term in terms:
        matcher.set_seq1(term)
        if matcher.real_quick_ratio() >= _ALIKE and matcher.quick_ratio() >= _ALIKE:
            ratio = matcher.ratio()
            if ratio >= _ALIKE:
                yield term, ratio
