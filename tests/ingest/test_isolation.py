"""A parser that hangs, eats memory, crashes, lies or reaches out is stopped, and the pool goes on."""

import errno
import os
import subprocess
import sys
from contextlib import contextmanager

import pytest

from ingest import sandbox
from ingest.forkserver import PARSER, ForkServer
from ingest.isolation import Job, ParserPool, Worker
from ingest.limits import DEFAULT_LIMITS, Limits
from ingest.verdicts import MEANINGS, Code, Refusal

LIMITS = DEFAULT_LIMITS
CONTROL = b"# Fine\n\nThis is a sentence of a document that can be read.\n"

STAND_IN = """
import sys
from ingest import worker
from ingest.parsed import ParsedText

def misbehave(data, *, name, limits):
    {body}
    return ParsedText(text="it went through: " + str(locals().get("result", "")))

worker.read_or_refuse = misbehave
worker.main()
"""


def stand_in(body):
    """A worker whose parser runs a line of ours after the process was confined."""
    return (sys.executable, "-c", STAND_IN.format(body=body.replace("\n", "\n    ")))


@contextmanager
def worker_of(command=PARSER, limits=LIMITS):
    server = ForkServer(limits, command=command)
    worker = Worker(server, limits)
    try:
        yield worker
    finally:
        worker.close()
        server.close()


@pytest.fixture(scope="module")
def obedient():
    """A worker that runs the Python it is given, after it was confined."""
    with worker_of(stand_in("scope = {}; exec(data.decode(), scope); result = scope.get('result')")) as worker:
        yield lambda code: worker.parse(code.encode(), name="a.md")


def test_a_file_is_parsed_in_another_process(obedient):
    result = obedient("import os; result = os.getpid()")
    assert int(result.text.split(": ")[1]) != os.getpid()


def test_a_parser_that_hangs_is_killed_and_the_next_file_is_parsed():
    command = stand_in("import time\nif data == b'hang': time.sleep(3600)")
    with worker_of(command, Limits(timeout_seconds=1)) as worker:
        result = worker.parse(b"hang", name="a.md")
        assert isinstance(result, Refusal) and result.code is Code.TIMEOUT
        assert not isinstance(worker.parse(b"fine", name="a.md"), Refusal)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no address space limit")
def test_memory_beyond_the_limit_is_refused(obedient):
    result = obedient("result = len(bytearray(800_000_000))")
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
        "from pathlib import Path; Path('/root/.ssh/id_rsa').read_bytes()",
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


NATIVE = "import ctypes, os\nlibc = ctypes.CDLL(None, use_errno=True)\nresult = {}, ctypes.get_errno()"
NATIVE_CALLS = {
    "fork": "libc.fork()",
    "clone": "libc.syscall(56, 17, 0, 0, 0, 0)",
    "execve": "libc.execve(b'/bin/true', None, None)",
    "socket": "libc.socket(2, 1, 0)",
    "kill": "libc.kill(os.getppid(), 9)",
    "ptrace": "libc.ptrace(16, os.getppid(), 0, 0)",
}
NATIVE_FILES = {
    "read": "libc.open(b'/etc/passwd', 0)",
    "read a key": "libc.open({key!r}, 0)",
    "write": "libc.open({target!r}, 0o101, 0o600)",
    "unlink": "libc.unlink({key!r})",
    "mkdir": "libc.mkdir({target!r}, 0o700)",
}


@pytest.mark.skipif(not sandbox.filters_calls(), reason="system calls are filtered on Linux with x86-64 alone")
@pytest.mark.parametrize("call", NATIVE_CALLS.values(), ids=NATIVE_CALLS)
def test_native_code_can_not_leave_its_process(call, obedient):
    assert obedient(NATIVE.format(call)).text == f"it went through: (-1, {errno.EPERM})"


@pytest.mark.skipif(sandbox.landlock_version() == 0, reason="the kernel has no Landlock")
@pytest.mark.parametrize("call", NATIVE_FILES.values(), ids=NATIVE_FILES)
def test_native_code_can_not_touch_files(call, tmp_path, obedient):
    key, target = tmp_path / "id_rsa", tmp_path / "written"
    key.write_text("secret")
    result = obedient(NATIVE.format(call.format(key=bytes(key), target=bytes(target))))
    assert result.text == f"it went through: (-1, {errno.EACCES})"
    assert key.exists() and not target.exists()


def test_parsers_die_with_the_process_that_wanted_them():
    """The reader of the pipe sees its end only when the forked parser, which hangs, is gone too."""
    command = stand_in("import time; time.sleep(3600)")
    script = (
        "import os, sys\nfrom ingest.forkserver import ForkServer\nfrom ingest.limits import DEFAULT_LIMITS\n"
        f"server = ForkServer(DEFAULT_LIMITS, command={command!r})\n"
        "ours_in, theirs_out = os.pipe()\ntheirs_in, ours_out = os.pipe()\n"
        "pid = server.fork(theirs_in, int(sys.argv[1]))\n"
        'os.write(ours_out, bytes([0, 0, 0, 15, 0, 0, 0, 1]) + b\'{"name": "a.md"}x\')\nos._exit(0)'
    )
    reading, writing = os.pipe()
    os.set_inheritable(writing, True)
    process = subprocess.Popen([sys.executable, "-c", script, str(writing)], close_fds=False)
    os.close(writing)
    assert process.wait(120) == 0
    with os.fdopen(reading, "rb") as pipe:
        assert pipe.read() == b""


def test_a_dead_fork_server_is_replaced():
    with worker_of() as worker:
        assert not isinstance(worker.parse(CONTROL, name="a.md"), Refusal)
        worker._server._process.kill()
        worker._server._process.wait()
        assert worker.parse(CONTROL, name="a.md").code is Code.PARSER_CRASHED
        assert not isinstance(worker.parse(CONTROL, name="a.md"), Refusal)


def test_parsers_of_a_dead_fork_server_are_not_those_of_the_next():
    server = ForkServer(LIMITS)
    first, second = Worker(server, LIMITS), Worker(server, LIMITS)
    try:
        assert not isinstance(first.parse(CONTROL, name="a.md"), Refusal)
        assert not isinstance(second.parse(CONTROL, name="a.md"), Refusal)
        server._process.kill()
        server._process.wait()
        assert first.parse(CONTROL, name="a.md").code is Code.PARSER_CRASHED
        assert not isinstance(first.parse(CONTROL, name="a.md"), Refusal)
        assert second.parse(CONTROL, name="a.md").code is Code.PARSER_CRASHED
        assert not isinstance(first.parse(CONTROL, name="a.md"), Refusal)
    finally:
        first.close()
        second.close()
        server.close()


def test_secrets_of_the_environment_do_not_reach_the_parser(monkeypatch):
    monkeypatch.setenv("ASSISTANT_TOKEN", "secret")
    with worker_of(stand_in("import os; result = dict(os.environ)")) as worker:
        assert "secret" not in worker.parse(b"x", name="a.md").text


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
    with worker_of() as worker:
        result = worker.parse(CONTROL, name="a.md")
        assert result.text == "Fine\n\nThis is a sentence of a document that can be read."
        assert 0 < worker.peak_mib < 512


def test_the_list_of_codes_is_closed_and_each_says_what_to_do():
    assert len(Code) <= 25
    assert set(MEANINGS) == set(Code)
    assert all(meaning.reason.endswith(".") and meaning.action.endswith(".") for meaning in MEANINGS.values())
