"""Tokens are counted offline."""

from assistant.tokens import count_tokens


def test_tokens_are_counted_without_a_download():
    assert count_tokens("") == 0
    assert count_tokens("The seat is in Hefei.") == 7


def test_special_tokens_in_a_text_are_ordinary_characters():
    assert count_tokens("<|endoftext|>") > 1
