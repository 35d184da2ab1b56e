"""What the run was made with, for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Facts = tuple[tuple[str, str], ...]


def describe_manifest(manifest: Mapping[str, Any]) -> Facts:
    """List what the figures of a run depend on; what the manifest does not say is left out."""
    gold, fingerprint = manifest.get("gold") or {}, manifest.get("fingerprint") or {}
    machine = manifest.get("machine") or {}
    load = manifest.get("load_average") or {}
    facts = [
        ("Gold set", gold.get("file")),
        ("Selection", _selection(gold)),
        ("Questions", manifest.get("questions")),
        ("Gold set's SHA-256", gold.get("sha256")),
        ("Documents' hash", manifest.get("documents")),
        ("Corpus fingerprint", fingerprint.get("corpus")),
        ("Configuration fingerprint", fingerprint.get("config")),
        ("Commit", manifest.get("commit")),
        ("Started", manifest.get("started")),
        ("Took", _unit(manifest.get("seconds"), "s")),
        ("Machine", machine.get("system")),
        ("Processor", _processor(machine)),
        ("Load before, after", _loads(load)),
        ("Peak memory", _unit(manifest.get("peak_memory_mib"), "MiB")),
        ("Python", machine.get("python")),
        ("Versions", _pairs(manifest.get("versions"))),
        ("Seed and resamples", _pairs(manifest.get("bootstrap"))),
        ("Passages ranked", manifest.get("depth")),
    ]
    return tuple((name, str(value)) for name, value in facts if value not in (None, ""))


def describe_settings(manifest: Mapping[str, Any]) -> Facts:
    """List the settings."""
    return tuple((name, "-" if value is None else str(value)) for name, value in _items(manifest.get("settings")))


def changed_settings(baseline: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[tuple[str, str, str], ...]:
    """List the settings that differ from the baseline's: name, baseline, new."""
    old, newer = dict(_items(baseline.get("settings"))), dict(_items(new.get("settings")))
    names = sorted({*old, *newer})
    return tuple((name, str(old.get(name)), str(newer.get(name))) for name in names if old.get(name) != newer.get(name))


def _items(value: Any) -> list[tuple[str, Any]]:
    return list(value.items()) if isinstance(value, Mapping) else []


def _selection(gold: Mapping[str, Any]) -> str:
    parts = [f"split {gold['split']}"] if gold.get("split") else []
    parts += [f"tag {' or '.join(gold['tags'])}"] if gold.get("tags") else []
    parts.append("confirmed by a person" if gold.get("confirmed_only", True) else "unconfirmed ones too")
    return ", ".join(parts)


def _processor(machine: Mapping[str, Any]) -> str | None:
    if not machine.get("processor"):
        return None
    return f"{machine['processor']}, {machine.get('cores')} cores"


def _loads(load: Mapping[str, Any]) -> str | None:
    both = [load.get("before"), load.get("after")]
    return "; ".join(" ".join(map(str, one)) for one in both if one) or None


def _unit(value: Any, unit: str) -> str | None:
    return None if value is None else f"{value} {unit}"


def _pairs(value: Any) -> str:
    return ", ".join(f"{name} {one}" for name, one in _items(value))
