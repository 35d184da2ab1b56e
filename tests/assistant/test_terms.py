import threading

from hypothesis import given
from hypothesis import strategies as st

from assistant.terms import content_terms, fold, stem, stems


def test_stop_words_and_question_words_are_no_content():
    assert stems("Where was the treaty signed, and by whom?") == ["treati", "sign"]


def test_forms_of_a_word_share_a_stem():
    assert stem("launches") == stem("launched") == stem("Launching")


def test_names_with_apostrophes_are_one_term_and_lose_only_a_possessive():
    assert stems("Chang’e's rover") == ["chang'e", "rover"]


def test_numbers_keep_their_separators_and_single_letters_count_in_upper_case():
    assert stems("1,731.5 grams, vitamin C and a b") == ["1,731.5", "gram", "vitamin", "c"]


def test_wide_characters_are_folded():
    assert fold("ＡＢＣ") == "abc"


@given(st.text(max_size=200))
def test_terms_stand_where_they_say(text):
    for term in content_terms(text):
        assert text[term.start : term.end] == term.text
        assert 0 < len(term.stem) <= 64


def test_threads_stem_alike():
    found = []
    threads = [threading.Thread(target=lambda: found.append(stems("running runners ran"))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [stems("running runners ran")] * 4
