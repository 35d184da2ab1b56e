"""The command line as outside programs see it: the real command in its own process."""

import json
import os
import shutil
import subprocess
import sys
from importlib.metadata import EntryPoint, distribution
from pathlib import Path

import pytest
from typer.main import get_command

from assistant.cli import build_app, own_entry_points, run

COMMANDS = {"ask", "backup", "doctor", "documents", "eval", "ingest", "restore", "search", "ui"}
HEAVY = ("torch", "transformers", "sentence_transformers", "gradio", "chromadb", "llama_index")
WITHOUT_RIGHTS = ["setpriv", "--bounding-set=-all"] if os.geteuid() == 0 else []
"""Nothing is forbidden to root: the command is run without its rights."""
STUB = "import sys\nfrom assistant import asking_cli, cli\nsys.argv = ['assistant', *sys.argv[1:]]\n"


def python(source, *arguments, cwd):
    return subprocess.run(
        [sys.executable, "-c", source, *arguments], cwd=cwd, capture_output=True, timeout=120, check=False
    )


# The list of commands

EVAL_COMMANDS = {
    "new", "confirm", "check", "run", "compare", "report", "accept", "bench", "calibrate", "peers", "sweep",
}  # fmt: skip


def test_the_commands_are_exactly_these():
    root = get_command(build_app(own_entry_points()))
    assert set(root.commands) == COMMANDS
    assert set(root.commands["documents"].commands) == {"list", "show", "remove", "tag"}
    assert set(root.commands["eval"].commands) == EVAL_COMMANDS


def test_no_command_is_unavailable():
    root = get_command(build_app(own_entry_points()))
    assert [name for name, command in root.commands.items() if "Unavailable" in (command.help or "")] == []


def test_the_options_are_those_of_the_contract():
    root = get_command(build_app(()))
    options = {opt for parameter in root.commands["ask"].params for opt in parameter.opts}
    assert options == {
        "question",
        "--json",
        "--explain",
        "--document",
        "--tag",
        "--folder",
        "--top-k",
        "--history",
        "--data-dir",
        "--corpus",
    }


def test_a_search_has_the_options_of_ask_that_choose_passages():
    root = get_command(build_app(()))
    asked, searched = ({p.name: p for p in root.commands[name].params} for name in ("ask", "search"))
    assert set(asked) - set(searched) == {"explain", "history"}
    for name, parameter in searched.items():
        assert (parameter.opts, parameter.help) == (asked[name].opts, asked[name].help)


def test_help_imports_nothing_heavy(imported_by, tmp_path):
    assert imported_by("--help", cwd=tmp_path).isdisjoint((*HEAVY, "numpy", "openvino", "rich"))


def test_the_version_is_one_line(assistant, tmp_path):
    assert assistant("--version", cwd=tmp_path).stdout.decode().startswith("assistant 0.")


# Broken packages


def entry(name, value):
    return EntryPoint(name=name, value=value, group="assistant.commands")


def test_a_broken_command_does_not_spoil_the_others(capsys):
    broken = [entry("eval", "no_such_package.cli:app"), entry("ui", "json:dumps")]
    assert run(["--help"], entry_points=broken) == 0
    shown = capsys.readouterr().out
    assert "Unavailable: its package can't be loaded." in shown
    assert "ask" in shown


@pytest.mark.parametrize("arguments", [["eval"], ["eval", "run", "gold.jsonl", "--out", "here"], ["eval", "--help"]])
def test_a_broken_command_says_why(capsys, arguments):
    assert run(arguments, entry_points=[entry("eval", "no_such_package.cli:app")]) == 1
    written = capsys.readouterr()
    assert written.err.startswith("error[CommandUnavailable]: `assistant eval` can't be loaded: ModuleNotFoundError")
    assert written.out == ""


# Exit codes


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"],
        ["ask"],
        ["ask", " "],
        ["ask", "a", "--top-k", "0"],
        ["ask", "a", "--history", "x"],
        ["search"],
        ["search", " "],
        ["search", "a", "--top-k", "51"],
    ],
)
def test_wrong_usage_ends_with_2(capsys, arguments):
    assert run(arguments, entry_points=()) == 2
    written = capsys.readouterr()
    assert written.out == ""
    assert "Usage:" in written.err


@pytest.mark.parametrize(
    "arguments",
    [["ask", "Who?", "--json"], ["search", "Who?", "--json"], ["documents", "list"], ["documents", "show", "a.md"]],
)
def test_a_named_error_is_one_line_and_ends_with_1(assistant, tmp_path, arguments):
    done = assistant(*arguments, "--data-dir", "nowhere", cwd=tmp_path, code=1)
    assert done.stdout == b""
    assert done.stderr.decode().startswith("error[EmptyCorpus]: No documents in 'nowhere' yet. Run ")
    assert done.stderr.count(b"\n") == 1


@pytest.mark.parametrize(
    "arguments", [["ask", "Who?"], ["documents", "list"], ["doctor"], ["ui", "--port", "0"], ["ingest"]]
)
@pytest.mark.parametrize("place", ["store", "store/inside"])
def test_a_data_directory_that_is_a_file_is_named(assistant, tmp_path, arguments, place):
    (tmp_path / "store").write_text("no folder", encoding="utf-8")
    (tmp_path / "corpus").mkdir()
    done = assistant(*arguments, "--data-dir", place, cwd=tmp_path, code=1)
    assert done.stderr.decode().startswith(f"error[DataDirDenied]: '{place}' can't be used: it, or a folder above it, ")


@pytest.mark.skipif(bool(WITHOUT_RIGHTS) and shutil.which("setpriv") is None, reason="root without setpriv")
@pytest.mark.parametrize("arguments", [["ask", "Who?"], ["documents", "list"], ["ingest"]])
def test_a_data_directory_that_may_not_be_read_is_named(tmp_path, arguments):
    (tmp_path / "corpus").mkdir()
    (tmp_path / "store").mkdir(mode=0o000)
    command = [Path(sys.executable).with_name("assistant"), *arguments, "--data-dir", "store"]
    done = subprocess.run([*WITHOUT_RIGHTS, *command], cwd=tmp_path, capture_output=True, timeout=60, check=False)
    assert done.returncode == 1
    assert done.stderr.decode().startswith("error[DataDirDenied]: 'store' can't be used: ")


def test_a_bug_keeps_its_traceback_and_ends_with_70(tmp_path):
    done = python(f"{STUB}asking_cli.ask = None\ncli.build_app = lambda _: 1 / 0\ncli.main()", cwd=tmp_path)
    assert done.returncode == 70
    assert done.stdout == b""
    assert b"ZeroDivisionError" in done.stderr
    assert b"This is a bug in the assistant" in done.stderr


@pytest.mark.parametrize("interruption", ["KeyboardInterrupt", "typer.Abort"])
def test_an_interruption_ends_with_130(tmp_path, interruption):
    source = f"{STUB}import typer\ndef ask():\n    raise {interruption}\nasking_cli.ask = ask\ncli.main()"
    done = python(source, "ask", cwd=tmp_path)
    assert done.returncode == 130
    assert b"Traceback" not in done.stderr


def test_an_interruption_while_the_program_is_loaded_ends_with_130(tmp_path):
    source = """
import os, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore it
class Interrupting:
    def find_spec(self, name, path=None, target=None):
        if name == "typer":
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Interrupting())
from assistant.start import main
main()
"""
    done = python(source, "--help", cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (130, b"", b"")


def test_the_command_begins_where_an_interruption_is_heard():
    (script,) = distribution("assistant").entry_points.select(group="console_scripts", name="assistant")
    assert script.value == "assistant.start:main"


def test_a_code_that_a_command_asks_for_is_kept(tmp_path):
    source = f"{STUB}import typer\ndef ask():\n    raise typer.Exit(3)\nasking_cli.ask = ask\ncli.main()"
    assert python(source, "ask", cwd=tmp_path).returncode == 3


def test_a_reader_that_leaves_early_is_no_error(tmp_path):
    command = "def ask():\n    [typer.echo('x' * 1000) for _ in range(1000)]"
    source = f"{STUB}import typer\n{command}\nasking_cli.ask = ask\ncli.main()"
    with subprocess.Popen(
        [sys.executable, "-c", source, "ask"], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(timeout=60) == 0


def test_control_characters_do_not_reach_the_terminal_through_an_error(assistant, tmp_path):
    done = assistant("documents", "list", "--data-dir", "a\x1b[31m", cwd=tmp_path, code=1)
    assert b"\x1b" not in done.stderr


# The doctor


def test_the_doctor_names_each_settings_origin(assistant, tmp_path):
    (tmp_path / "assistant.toml").write_text("top_k = 7\nport = 1234\n", encoding="utf-8")
    done = assistant("doctor", "--json", "--data-dir", "store", cwd=tmp_path, ASSISTANT_PORT="4321")
    report = json.loads(done.stdout)
    settings = {row["name"]: (row["value"], row["origin"]) for row in report["settings"]}
    assert settings["data_dir"] == ("store", "command line")
    assert settings["port"] == ("4321", "environment")
    assert settings["top_k"] == ("7", "file")
    assert settings["corpus"] == ("corpus", "default")
    assert report["schema"] == 1
    assert report["store"] is None
    assert report["versions"]["chromadb"]


def test_the_doctor_names_variables_that_are_no_setting(assistant, tmp_path):
    done = assistant("doctor", "--json", cwd=tmp_path, ASSISTANT_TOPK="3", assistant_top_k="4")
    report = json.loads(done.stdout)
    assert report["unknown_variables"] == ["ASSISTANT_TOPK"]
    assert {"name": "top_k", "value": "4", "origin": "environment"} in report["settings"]


def test_the_doctor_shows_settings_that_are_not_usable(assistant, tmp_path):
    done = assistant("doctor", cwd=tmp_path, code=1, ASSISTANT_TOP_K="many")
    shown = done.stderr.decode()
    assert done.stdout == b""
    assert ["top_k", "many", "environment"] in [line.split() for line in shown.splitlines()]
    assert shown.splitlines()[-1].startswith("error[SettingsError]: ")
