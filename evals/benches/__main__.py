"""`python -m evals.benches [startup | scale | ask | kill | coverage | variants | hostile | passages]`."""

import sys

from evals.benches.cli import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
