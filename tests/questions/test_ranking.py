"""Which entries fit, and in which order: pure."""

from hypothesis import given
from hypothesis import strategies as st

from app.questions.ranking import Document, ranked

STEMS = st.sampled_from("abcdefgh")
SETS = st.frozensets(STEMS, max_size=5)
DOCUMENTS = st.lists(st.tuples(SETS, SETS), max_size=12).map(
    lambda pairs: [Document(n, title, body) for n, (title, body) in enumerate(pairs, 1)]
)
WORDS = st.lists(st.frozensets(STEMS, min_size=1, max_size=2), max_size=6)


def doc(id_: int, title: str = "", body: str = "") -> Document:
    return Document(id_, set(title.split()), set(body.split()))


def test_the_question_weighs_more_than_the_answer() -> None:
    assert ranked([{"жылу"}], [doc(1, body="жылу"), doc(2, title="жылу")], 9)[0] == 2


def test_a_rare_word_weighs_more_than_a_common_one() -> None:
    common = [doc(n, title="қалай") for n in range(1, 8)]
    found = ranked([{"қалай"}, {"әуежай"}], [*common, doc(9, title="әуежай")], 8)
    assert found[0] == 9


def test_more_of_the_words_come_first() -> None:
    found = ranked([{"жылу"}, {"жоқ"}], [doc(1, title="жылу"), doc(2, title="жылу жоқ")], 10)
    assert found == [2, 1]


def test_what_fits_far_less_than_the_best_is_left_out() -> None:
    many = [doc(n, body="күн") for n in range(2, 12)]
    assert ranked([{"күн"}, {"әуежай"}], [doc(1, title="әуежай күн"), *many], 12) == [1]


def test_equals_come_in_the_order_of_their_ids() -> None:
    assert ranked([{"a"}], [doc(3, title="a"), doc(1, title="a"), doc(2, title="a")], 3) == [1, 2, 3]


def test_nothing_fits_nothing() -> None:
    assert ranked([], [doc(1, title="a")], 1) == []
    assert ranked([{"b"}], [doc(1, title="a")], 1) == []
    assert ranked([{"b"}], [], 0) == []


@given(WORDS, DOCUMENTS, st.randoms(use_true_random=False))
def test_the_order_that_they_come_in_makes_no_difference(
    words: list[frozenset[str]], documents: list[Document], random: object
) -> None:
    shuffled = list(documents)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert ranked(words, documents, len(documents)) == ranked(words, shuffled, len(documents))


@given(WORDS, DOCUMENTS)
def test_each_that_is_found_has_one_of_the_words(
    words: list[frozenset[str]], documents: list[Document]
) -> None:
    every = {stem for word in words for stem in word}
    found = ranked(words, documents, len(documents))
    by_id = {document.id: document for document in documents}
    assert len(found) == len(set(found))
    assert all(every & (set(by_id[id_].title) | set(by_id[id_].body)) for id_ in found)
