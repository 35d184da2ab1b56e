"""Settings from a command line."""

import pytest

from assistant.errors import SettingsError
from assistant.settings import load_settings, parse_changes


def test_changes_become_settings_and_the_last_of_one_name_counts():
    changes = parse_changes(["top_k=3", "dense_weight = 0.5", "top_k=4"])
    settings = load_settings(**changes)
    assert (settings.top_k, settings.dense_weight) == (4, 0.5)


def test_a_value_may_hold_an_equals_sign():
    assert parse_changes(["embedding_model=a=b"]) == {"embedding_model": "a=b"}


@pytest.mark.parametrize("change", ["top_k", "=4", ""])
def test_what_is_no_assignment_is_refused_by_name(change):
    with pytest.raises(SettingsError, match="NAME=VALUE"):
        parse_changes([change])


def test_an_unknown_setting_is_refused():
    with pytest.raises(SettingsError, match="no_such"):
        load_settings(**parse_changes(["no_such=1"]))
