"""A parser that hangs, eats memory, crashes, lies or reaches out is stopped, and the pool goes on."""

import json
import os
import sys
import time
from pathlib import Path

import pytest

from ingest.isolation import WORKER, Job, Limits, ParserPool, Worker
from ingest.verdicts import MEANINGS, Code, Refusal

LIMITS = Limits(timeout_seconds=20, memory_mib=1024)
BAD_INPUTS = Path("/work/shared/bad-inputs/generate.py")
CONTROL = b"# Fine\n\nThis is a sentence of a document that can be read.\n"

STAND_IN = """
import sys
from ingest import worker
from ingest.parsed import ParsedText

def misbehave(data, *, name):
    {body}
    return ParsedText(text="it went through: " + str(locals().get("result", "")))

worker.read_or_refuse = misbehave
worker.main()
"""


def stand_in(body):
    """A worker whose parser runs a line of ours after the process was confined."""
    return (sys.executable, "-c", STAND_IN.format(body=body.replace("\n", "\n    ")))


@pytest.fixture(scope="module")
def obedient():
    """A worker that runs the Python it is given, after it was confined."""
    worker = Worker(LIMITS, command=stand_in("scope = {}; exec(data.decode(), scope); result = scope.get('result')"))
    yield lambda code: worker.parse(code.encode(), name="a.md")
    worker.close()


def test_a_file_is_parsed_in_another_process(obedient):
    result = obedient("import os; result = os.getpid()")
    assert int(result.text.split(": ")[1]) != os.getpid()


def test_a_parser_that_hangs_is_killed_and_the_next_file_is_parsed():
    limits = Limits(timeout_seconds=1, memory_mib=1024)
    worker = Worker(limits, command=stand_in("import time\nif data == b'hang': time.sleep(60)"))
    try:
        began = time.monotonic()
        result = worker.parse(b"hang", name="a.md")
        assert isinstance(result, Refusal) and result.code is Code.TIMEOUT
        assert time.monotonic() - began < 15
        assert not isinstance(worker.parse(b"fine", name="a.md"), Refusal)
    finally:
        worker.close()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no address space limit")
def test_memory_beyond_the_limit_is_refused(obedient):
    result = obedient("result = len(bytearray(1_500_000_000))")
    assert isinstance(result, Refusal)
    assert obedient("result = len(bytearray(10_000_000))").text == "it went through: 10000000"


def test_a_crash_is_a_verdict_and_the_worker_is_refilled(obedient):
    result = obedient("import ctypes; ctypes.string_at(0)")
    assert isinstance(result, Refusal) and result.code is Code.PARSER_CRASHED
    assert obedient("result = 'fine'").text == "it went through: fine"


@pytest.mark.parametrize(
    "attempt",
    [
        "import socket; socket.socket()",
        "import socket; socket.create_connection(('127.0.0.1', 9))",
        "import subprocess; subprocess.run(['true'])",
        "import os; os.system('true')",
        "import os; os.fork()",
        "open('/etc/passwd').read()",
        "from pathlib import Path; Path.home().joinpath('.ssh', 'id_rsa').read_bytes()",
        "open('written', 'w')",
        "import os; os.open('written', os.O_CREAT | os.O_WRONLY)",
        "import os; os.remove('/tmp/nothing')",
    ],
)
def test_what_no_parser_needs_is_refused(attempt, tmp_path, obedient):
    body = (
        f"try:\n    {attempt}\nexcept OSError as error:\n    result = type(error).__name__\nelse:\n    result = 'done'"
    )
    assert obedient(body).text == "it went through: ConfinementError"
    assert not (tmp_path / "written").exists()


def test_secrets_of_the_environment_do_not_reach_the_parser(monkeypatch):
    monkeypatch.setenv("ASSISTANT_TOKEN", "secret")
    worker = Worker(LIMITS, command=stand_in("import os; result = dict(os.environ)"))
    try:
        assert "secret" not in worker.parse(b"x", name="a.md").text
    finally:
        worker.close()


@pytest.mark.parametrize(
    "forged",
    [
        b"\x00\x00\x00\x02\x00\x00\x00\x00[]",
        b"\xff\xff\xff\xff\xff\xff\xff\xff",
        b'\x00\x00\x00\x0e\x00\x00\x00\x00{"parsed": {}}',
        b'\x00\x00\x00\x0f\x00\x00\x00\x00{"code": "nice"}',
        b"\x80\x04cos\nsystem\n(S'touch owned'\ntR.",
    ],
)
def test_a_forged_result_is_refused(forged, obedient):
    writing = f"for fd in range(3, 20):\n    try: os.write(fd, {forged!r})\n    except OSError: pass"
    result = obedient(f"import os\n{writing}\nos._exit(0)")
    assert isinstance(result, Refusal) and result.code is Code.PARSER_CRASHED


def test_a_pool_keeps_the_order_and_survives_its_workers():
    body = "if data == b'die': sys.exit(3)\nresult = data.decode()"
    files = [b"die" if number % 4 == 1 else str(number).encode() for number in range(12)]
    with ParserPool(LIMITS, workers=2, command=stand_in(body)) as pool:
        outcomes = list(pool.parse_all((Job(key=n, name="a.md", data=data) for n, data in enumerate(files)), ahead=4))
    assert [outcome.key for outcome in outcomes] == list(range(12))
    for outcome, data in zip(outcomes, files, strict=True):
        if data == b"die":
            assert isinstance(outcome.result, Refusal) and outcome.result.code is Code.PARSER_CRASHED
        else:
            assert outcome.result.text == f"it went through: {data.decode()}"


def test_closing_a_pool_ends_its_processes():
    with ParserPool(LIMITS, workers=1, command=stand_in("import os; result = os.getpid()")) as pool:
        outcome = next(pool.parse_all([Job(key=0, name="a.md", data=b"x")], ahead=1))
    with pytest.raises(ProcessLookupError):
        os.kill(int(outcome.result.text.split(": ")[1]), 0)


def test_the_real_worker_reads_a_document():
    worker = Worker(LIMITS, command=WORKER)
    try:
        result = worker.parse(CONTROL, name="a.md")
        assert result.text == "Fine\n\nThis is a sentence of a document that can be read."
    finally:
        worker.close()


def test_the_list_of_codes_is_closed_and_each_says_what_to_do():
    assert len(Code) <= 25
    assert set(MEANINGS) == set(Code)
    assert all(meaning.reason.endswith(".") and meaning.action.endswith(".") for meaning in MEANINGS.values())


@pytest.mark.slow
@pytest.mark.skipif(not BAD_INPUTS.exists(), reason="the generator of hostile files is not on this machine")
def test_hostile_files_end_with_the_right_verdict(tmp_path):
    import subprocess

    subprocess.run([sys.executable, str(BAD_INPUTS), str(tmp_path / "bad")], check=True, capture_output=True)
    labels = json.loads((tmp_path / "bad" / "labels.json").read_text())["files"]
    sample = [name for n, name in enumerate(labels) if n % 4 == 0 or labels[name]["expect"] == "reject"]
    disagreeing = []
    with ParserPool(LIMITS, workers=2) as pool:
        jobs = (Job(key=name, name=name, data=(tmp_path / "bad" / name).read_bytes()) for name in sample)
        for outcome in pool.parse_all(jobs, ahead=4):
            label, result = labels[outcome.key], outcome.result
            refused = isinstance(result, Refusal)
            unread = refused and result.code is Code.UNSUPPORTED_TYPE
            if (label["expect"] == "ingest" and refused and not unread) or (
                label["expect"] == "reject" and not refused
            ):
                disagreeing.append((outcome.key, label["why"], result))
            elif not refused and any(banned in result.text for banned in label["must_not"]):
                disagreeing.append((outcome.key, "holds a forbidden string", label["must_not"]))
    assert disagreeing == []
