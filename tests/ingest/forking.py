"""Runs the command `assistant` in a forked process, again and again, with its imports done once.

Started as a program. Each line on standard input is a JSON list of arguments; the answer is the process id of the fork
that runs them, and after that its exit status as the system gives it.
"""

import json
import os
import sys


def main():
    import chromadb  # noqa: F401
    import openvino  # noqa: F401

    import ingest.storing
    from assistant.cli import main as command
    from assistant.sentences import split_sentences

    split_sentences("Loads the splitter. Only once.")
    ingest.storing.BATCH_TEXTS = 40  # A small corpus takes many writes.
    for line in sys.stdin:
        sys.stdout.flush()
        pid = os.fork()
        if pid == 0:
            null = os.open(os.devnull, os.O_RDWR)
            for descriptor in (0, 1, 2):
                os.dup2(null, descriptor)
            sys.argv = ["assistant", *json.loads(line)]
            command()
        sys.stdout.write(f"{pid}\n")
        sys.stdout.flush()
        sys.stdout.write(f"{os.waitpid(pid, 0)[1]}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    from assistant.environment import prepare_environment

    prepare_environment()
    main()
