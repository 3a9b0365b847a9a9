"""Which entries fit a question, and in which order. Pure: the same words and entries always give the same.

A word that few entries have weighs more than one that many have, and in the question of an entry more than in
its answer. A word is its stems (app/core/words.py): it is there when one of them is.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from math import log

IN_TITLE, IN_BODY = 3.0, 1.0
# What fits less than so much of the best is left out.
FAR = 0.35


@dataclass(frozen=True, slots=True)
class Document:
    """An entry by the stems of its question and of its answer, in all languages together."""

    id: int
    title: Collection[str]
    body: Collection[str]


def ranked(words: Sequence[Collection[str]], documents: Sequence[Document], total: int) -> list[int]:
    """The ids of those that fit, the best first. `documents`: those that have a word of them, of `total`."""
    scores = dict.fromkeys((document.id for document in documents), 0.0)
    for word in words:
        places = {document.id: _place(word, document) for document in documents}
        having = sum(weight > 0 for weight in places.values())
        if having:
            rarity = log(1 + total / having)
            for id_, weight in places.items():
                scores[id_] += rarity * weight
    best = max(scores.values(), default=0.0)
    fitting = [id_ for id_, score in scores.items() if score > 0 and score >= FAR * best]
    return sorted(fitting, key=lambda id_: (-scores[id_], id_))


def _place(word: Collection[str], document: Document) -> float:
    if any(stem in document.title for stem in word):
        return IN_TITLE
    return IN_BODY if any(stem in document.body for stem in word) else 0.0
