"""Runs many commands in one process of their own, as `guanxi` would each: JSON lists in, JSON results out."""

import io
import json
import sys
from contextlib import redirect_stderr, redirect_stdout

from guanxi.project.cli import main


def run(arguments: list[str]) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of one command."""
    out, err = io.StringIO(), io.StringIO()
    sys.argv = ["guanxi", *arguments]
    code: object = 0
    with redirect_stdout(out), redirect_stderr(err):
        try:
            main()
        except SystemExit as left:
            code = left.code
    return int(str(code or 0)), out.getvalue(), err.getvalue()


if __name__ == "__main__":
    print(json.dumps([run(arguments) for arguments in json.load(sys.stdin)]))
