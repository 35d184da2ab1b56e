"""What the process environment must say before anything heavy is imported.

Every program calls `prepare_environment` first. It imports nothing heavy itself.
"""

from __future__ import annotations

import os
import tomllib
from importlib.util import find_spec
from pathlib import Path

_SHIPPED = Path("core", "_static")
_SETTINGS_FILE = Path("assistant.toml")  # the same file as `assistant.settings`, which is too heavy to import here
_DOWNLOAD = "allow_model_download"
_YES = frozenset({"1", "true", "t", "yes", "y", "on"})


def prepare_environment() -> None:
    """Set the variables that libraries read when they are imported.

    Data that ships with the program is used instead of a download, telemetry is off, and the Hugging Face hub
    is offline unless the person configured a model to download.
    """
    # With contended cores, spinning threads cost far more than they gain (measured: 425 ms a query against 11).
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    os.environ["ANONYMIZED_TELEMETRY"] = "False"
    os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
    if not download_configured():
        os.environ["HF_HUB_OFFLINE"] = "1"
    if (shipped := shipped_data()) is not None:
        os.environ["TIKTOKEN_CACHE_DIR"] = str(shipped / "tiktoken_cache")
        os.environ["NLTK_DATA"] = str(shipped / "nltk_cache")


def shipped_data() -> Path | None:
    """Locate the tokenizer and sentence data that llama-index-core ships, without importing it.

    Returns:
        The folder, or None where llama-index-core is not installed.
    """
    found = find_spec("llama_index")
    for root in (found.submodule_search_locations or ()) if found else ():
        if (folder := Path(root) / _SHIPPED).is_dir():
            return folder
    return None


def download_configured() -> bool:
    """Tell whether the settings allow the download of a model, the environment before the file.

    Returns:
        False as well where the file can't be read: reading the settings names that fault later.
    """
    for name, value in os.environ.items():
        if name.lower() == f"assistant_{_DOWNLOAD}":
            return value.strip().lower() in _YES
    try:
        content = tomllib.loads(_SETTINGS_FILE.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return str(content.get(_DOWNLOAD)).lower() in _YES
