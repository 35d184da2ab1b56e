"""Remembering tokens changes nothing about them."""

from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from ingest.remembering import RememberingEmbedder

WORDS = st.text(alphabet="ab é.-\n\t1", max_size=40)


class Counting:
    """An embedder of which only the tokenizer is used."""

    def __init__(self, embedder):
        self._embedder = embedder
        self.asked = []

    def count_tokens(self, text):
        self.asked.append(text)
        return self._embedder.count_tokens(text)

    def token_offsets(self, text):
        self.asked.append(text)
        return self._embedder.token_offsets(text)


@examples(max_examples=50, deadline=None)
@given(paragraphs=st.lists(WORDS, max_size=6))
def test_tokens_are_those_of_the_embedder(embedder, paragraphs):
    text = "\n\n".join(paragraphs)
    remembering = RememberingEmbedder(embedder)
    for _ in range(2):
        assert remembering.token_offsets(text) == embedder.token_offsets(text)
        assert remembering.count_tokens(text) == embedder.count_tokens(text)


def test_an_edited_paragraph_alone_is_looked_at_again(embedder):
    counting = Counting(embedder)
    remembering = RememberingEmbedder(counting)
    remembering.token_offsets("One.\n\nTwo.\n\nThree.")
    counting.asked.clear()
    remembering.token_offsets("One.\n\nTwo and a half.\n\nThree.")
    assert counting.asked == ["Two and a half."]
