"""Tokens are counted offline."""

import os
import subprocess
import sys

from assistant.tokens import count_tokens


def test_tokens_are_counted_without_a_download():
    assert count_tokens("") == 0
    assert count_tokens("The seat is in Hefei.") == 7


def test_special_tokens_in_a_text_are_ordinary_characters():
    assert count_tokens("<|endoftext|>") > 1


def test_who_uses_it_as_a_library_causes_no_download():
    environment = {name: value for name, value in os.environ.items() if name != "TIKTOKEN_CACHE_DIR"}
    program = "from assistant.tokens import count_tokens; print(count_tokens('The seat is in Hefei.'))"
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, timeout=60)
    assert (done.stdout, done.stderr) == ("7\n", "")
