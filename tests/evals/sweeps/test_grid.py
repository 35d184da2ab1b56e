"""Grids from the command line or a file, and every combination of them."""

import pytest

from assistant.errors import SettingsError
from evals.sweeps.grid import expand, load_grid, parse_grid


def test_every_combination_comes_once_after_the_default():
    configurations = expand(parse_grid(["dense_weight=0.3, 0.5,0.3", "top_k=4,6"]))
    assert [one.name for one in configurations] == [
        "default",
        "dense_weight=0.3,top_k=4",
        "dense_weight=0.3,top_k=6",
        "dense_weight=0.5,top_k=4",
        "dense_weight=0.5,top_k=6",
    ]


def test_a_name_is_always_a_folders_name():
    (_, one) = expand({"embedding_model": ("../models/x",)})
    assert "/" not in one.name


@pytest.mark.parametrize("option", ["dense_weight", "=0.3", "dense_weight=", "dense_weight=,,"])
def test_what_is_no_grid_is_refused_with_an_example(option):
    with pytest.raises(SettingsError, match=r"dense_weight=0\.3,0\.5"):
        parse_grid([option])


def test_a_file_says_the_same_as_options(tmp_path):
    path = tmp_path / "grid.toml"
    path.write_text("[grid]\ndense_weight = [0.3, 0.5]\nembedding_precision = ['f32']\n")
    assert load_grid(path) == {"dense_weight": ("0.3", "0.5"), "embedding_precision": ("f32",)}


@pytest.mark.parametrize(
    "text", ["[grid", "", "grid = 3", "[grid]\ndense_weight = 0.3", "[grid]\ndense_weight = []", b"\xff"]
)
def test_a_malformed_file_is_refused_by_name(tmp_path, text):
    path = tmp_path / "grid.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(SettingsError, match=r"grid\.toml"):
        load_grid(path)


def test_nothing_and_far_too_much_are_refused():
    with pytest.raises(SettingsError, match="something to vary"):
        expand({})
    with pytest.raises(SettingsError, match="has 1000 configurations, more than 500"):
        expand({"top_k": tuple(map(str, range(1000)))})
