import os
import subprocess
import sys
from pathlib import Path

import pytest

from assistant.environment import download_configured, prepare_environment, shipped_data


@pytest.mark.parametrize("value", ["1", "true", "TRUE", "yes", "on"])
def test_the_environment_can_allow_a_download(monkeypatch, value):
    monkeypatch.setenv("ASSISTANT_ALLOW_MODEL_DOWNLOAD", value)
    assert download_configured()


def test_the_file_can_allow_a_download_and_the_environment_comes_before_it(monkeypatch):
    Path("assistant.toml").write_text("allow_model_download = true\n", encoding="utf-8")
    assert download_configured()
    monkeypatch.setenv("assistant_allow_model_download", "false")
    assert not download_configured()


@pytest.mark.parametrize("content", ["", "allow_model_download = ", "allow_model_download = 'no'"])
def test_without_a_clear_yes_no_download_is_allowed(content):
    Path("assistant.toml").write_text(content, encoding="utf-8")
    assert not download_configured()


def test_the_hub_is_offline_unless_a_download_is_configured(monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "0")
    monkeypatch.setenv("ASSISTANT_ALLOW_MODEL_DOWNLOAD", "true")
    prepare_environment()
    assert os.environ["HF_HUB_OFFLINE"] == "0"
    monkeypatch.delenv("ASSISTANT_ALLOW_MODEL_DOWNLOAD")
    prepare_environment()
    assert os.environ["HF_HUB_OFFLINE"] == "1"


def test_telemetry_is_off_whatever_the_environment_says(monkeypatch):
    monkeypatch.setenv("GRADIO_ANALYTICS_ENABLED", "True")
    monkeypatch.setenv("ANONYMIZED_TELEMETRY", "True")
    prepare_environment()
    assert os.environ["GRADIO_ANALYTICS_ENABLED"] == os.environ["ANONYMIZED_TELEMETRY"] == "False"


def test_tokens_and_sentences_come_from_data_that_is_shipped():
    shipped = shipped_data()
    assert shipped is not None
    assert Path(os.environ["TIKTOKEN_CACHE_DIR"]) == shipped / "tiktoken_cache"
    assert (Path(os.environ["NLTK_DATA"]) / "tokenizers" / "punkt_tab").is_dir()


def test_preparing_imports_nothing_heavy():
    source = (
        "import sys; from assistant.environment import prepare_environment; prepare_environment(); print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=True, timeout=60)
    imported = {name.partition(".")[0] for name in done.stdout.split()}
    assert imported.isdisjoint({"llama_index", "pydantic", "numpy", "tiktoken", "nltk"})
