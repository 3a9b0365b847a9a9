"""Words to search by: an appeal's text is encrypted, so what can be searched are keyed numbers of its stems.

A word has up to two stems, for nobody can tell a short word's language: the Russian one by the Snowball
algorithm, the Kazakh one by taking suffixes off. Kazakh letters are folded to what people type for them on a
Russian keyboard, so `коммуналдык` finds `коммуналдық`.
"""

import hashlib
import re
from collections.abc import Iterable
from functools import lru_cache
from itertools import chain

import Stemmer

from app.core.cipher import cipher

MAX_WORDS = 300
_WORD = re.compile(r"[^\W_]{3,}")
_FOLD = str.maketrans("әғқңөұүһіё", "агкноуухие")
# Folded. Looked for from the left, the longest is found first.
_SUFFIX = re.compile(
    "(?:"
    "ыныз|иниз|нда|нде|дан|ден|тан|тен|нан|нен|мен|бен|пен|лар|лер|дар|дер|тар|тер|нын|нин|"
    "дын|дин|тын|тин|мыз|миз|лык|лик|дык|дик|тык|тик|ган|ген|кан|кен|да|де|та|те|га|ге|ка|ке|"
    "на|не|ды|ди|ты|ти|ны|ни|сы|си|лы|ли|ым|им|ы|и"
    ")$"
)
_SHORTEST = 4
_russian = Stemmer.Stemmer("russian", maxCacheSize=0)  # what it finds is remembered here


def tokens(text: str, key: bytes | None = None) -> list[int]:
    """What a text is found by: the distinct keyed stems of its first MAX_WORDS words, 63 bits each.

    `key`: another than the newest secret's."""
    key = key or cipher().key("words")
    return list(dict.fromkeys(chain.from_iterable(_tokens(word, key) for word in _words(text))))


def tokens_of_each_key(text: str) -> list[list[int]]:
    """As `tokens`, under the key of each known secret: a text that was written before a change of the secret
    is found by those of the older one until it is written again."""
    return [tokens(text, key) for key in cipher().keys("words")]


def stemmed(text: str) -> list[list[str]]:
    """The stems of each of the distinct words of a public text: one of them must be there."""
    return [stems(word) for word in _words(text)]


def _words(text: str) -> Iterable[str]:
    return dict.fromkeys(_WORD.findall(text.casefold())[:MAX_WORDS])


def sought(text: str) -> list[tuple[int, ...]]:
    """For each word of a query the tokens of which one must be there, under the key of any known secret."""
    keys = cipher().keys("words")
    return [tuple(token for key in keys for token in _tokens(word, key)) for word in _words(text)]


@lru_cache(maxsize=20_000)  # some 8 MB of every process
def _tokens(word: str, key: bytes) -> tuple[int, ...]:
    return tuple(_token(stem, key) for stem in stems(word))


def _token(stem: str, key: bytes) -> int:
    return int.from_bytes(hashlib.blake2b(stem.encode(), key=key, digest_size=8).digest(), "big") >> 1


def stems(word: str) -> list[str]:
    """The folded stems of a case-folded word: `жылудың`, `жылуды` and `жылу` have one in common."""
    if word.isascii():
        return [word]  # a number, a name of a form: neither language has endings for it
    folded = word.translate(_FOLD)
    return list(dict.fromkeys((_kazakh(folded), _russian.stemWord(folded))))


def _kazakh(word: str) -> str:
    """Up to three suffixes taken off while four letters stay."""
    for _ in range(3):
        ending = _SUFFIX.search(word, _SHORTEST)
        if ending is None:
            break
        word = word[: ending.start()]
    return word
