"""The configurations of a sweep: the settings as they are, and every combination of a grid."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

from assistant.errors import SettingsError

DEFAULT = "default"
MOST_CONFIGURATIONS = 500

Grid = Mapping[str, tuple[str, ...]]
"""Values by the setting's name, as a command line would give them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """Changes of settings; none of them is the default."""

    changes: tuple[tuple[str, str], ...] = ()

    @property
    def name(self) -> str:
        """Say the changes in one word, which is also the folder's name."""
        return ",".join(f"{name}={value.replace('/', '_')}" for name, value in self.changes) or DEFAULT


def parse_grid(options: Iterable[str]) -> Grid:
    """Read `NAME=VALUE,VALUE` grids from a command line.

    Args:
        options: Each as `dense_weight=0.3,0.5`; of one name, the last counts.

    Raises:
        SettingsError: If one of them is not of that form.
    """
    grid: dict[str, tuple[str, ...]] = {}
    for option in options:
        name, _, values = option.partition("=")
        found = tuple(dict.fromkeys(value.strip() for value in values.split(",") if value.strip()))
        if not (name.strip() and found):
            raise SettingsError(f"{option!r} is not of the form NAME=VALUE,VALUE, as in dense_weight=0.3,0.5.")
        grid[name.strip()] = found
    return grid


def load_grid(path: Path) -> Grid:
    """Read a grid from a TOML file with a table `grid`, as `[grid]` and `dense_weight = [0.3, 0.5]`.

    Raises:
        SettingsError: If the file can't be read or is not of that form.
    """
    try:
        table: Any = tomllib.loads(path.read_text(encoding="utf-8")).get("grid")
    except (OSError, ValueError) as error:
        raise SettingsError(f"The grid {str(path)!r} can't be read: {error}. Mend it and run again.") from error
    if not isinstance(table, dict) or not table:
        raise SettingsError(f"{str(path)!r} has no table [grid]. Write one, with lines as dense_weight = [0.3, 0.5].")
    return {name: tuple(_values(path, name, values)) for name, values in table.items()}


def _values(path: Path, name: str, values: Any) -> Iterator[str]:
    if not isinstance(values, list) or not values:
        raise SettingsError(f"{name} in {str(path)!r} is no list of values, as in {name} = [0.3, 0.5].")
    for value in dict.fromkeys(map(str, values)):
        if isinstance(value, str) and value.strip():
            yield value


def expand(grid: Grid) -> tuple[Configuration, ...]:
    """List the default and every combination of a grid.

    Args:
        grid: Values by setting.

    Returns:
        The default first, then the combinations, the last setting changing fastest.

    Raises:
        SettingsError: If there is nothing to vary, or far too much.
    """
    names: Sequence[str] = list(grid)
    combinations = [Configuration(changes=tuple(zip(names, values, strict=True))) for values in product(*grid.values())]
    if not names:
        raise SettingsError("A sweep needs something to vary, as in --grid dense_weight=0.3,0.5.")
    if len(combinations) > MOST_CONFIGURATIONS:
        raise SettingsError(f"The grid has {len(combinations)} configurations, more than {MOST_CONFIGURATIONS}.")
    return (Configuration(), *combinations)
