"""Where settings come from, and what is said where they can't be used."""

from pathlib import Path

import pytest

from assistant.documents_cli import given_path
from assistant.errors import SettingsError
from assistant.settings import SETTINGS_FILE, Settings, load_settings, parse_changes

PATHS = ("data_dir", "corpus", "models_dir", "embedding_model")


@pytest.mark.parametrize("name", PATHS)
def test_an_empty_variable_says_nothing(monkeypatch, name):
    default = Settings.model_fields[name].default
    monkeypatch.delenv("ASSISTANT_MODELS_DIR")
    monkeypatch.setenv(f"ASSISTANT_{name.upper()}", "")
    assert getattr(load_settings(), name) == default


@pytest.mark.parametrize("name", PATHS)
def test_an_empty_line_of_the_file_says_nothing(monkeypatch, name):
    monkeypatch.delenv("ASSISTANT_MODELS_DIR")
    SETTINGS_FILE.write_text(f'{name} = ""\n', encoding="utf-8")
    assert getattr(load_settings(), name) == Settings.model_fields[name].default


@pytest.mark.parametrize(("given", "read"), [("", None), ("  ", None), (".", Path()), ("a b", Path("a b"))])
def test_an_empty_option_says_nothing(given, read):
    assert given_path(given) == read


def test_an_empty_option_on_the_command_line_leaves_the_default(assistant, tmp_path):
    done = assistant("ask", "Who?", "--data-dir", "", cwd=tmp_path, code=1)
    assert done.stderr.decode().startswith("error[EmptyCorpus]: No documents in '.assistant' yet.")


def test_an_unknown_setting_of_the_file_is_named_with_its_line():
    SETTINGS_FILE.write_text("# mine\nport = 1234\ntpo_k = 3\n", encoding="utf-8")
    with pytest.raises(SettingsError, match=r"'tpo_k' in assistant\.toml, line 3, did you mean 'top_k'\?"):
        load_settings()


def test_a_table_of_the_file_is_no_setting():
    SETTINGS_FILE.write_text("port = 1234\n\n[answering]\ntop_k = 3\n", encoding="utf-8")
    with pytest.raises(SettingsError, match=r"no setting is called 'answering' in assistant\.toml, line 3"):
        load_settings()


def test_a_value_out_of_bounds_is_named_with_its_source(monkeypatch):
    SETTINGS_FILE.write_text("top_k = 99\n", encoding="utf-8")
    with pytest.raises(SettingsError, match=r"top_k in assistant\.toml, line 1: "):
        load_settings()
    monkeypatch.setenv("assistant_top_k", "many")
    with pytest.raises(SettingsError, match="top_k in the environment variable assistant_top_k: "):
        load_settings()
    with pytest.raises(SettingsError, match="top_k in --top-k on the command line: "):
        load_settings(top_k=0)


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
