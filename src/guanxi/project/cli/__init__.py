"""The command line `guanxi`: one module per group of commands; errors are one clear line, never a traceback."""

import sys
import traceback

from guanxi.core.errors import Invalid, Refused
from guanxi.project.cli.app import app
from guanxi.project.failure import Failure


def main() -> None:
    """Run the command in sys.argv and leave with its exit code."""
    debug = "--debug" in sys.argv
    sys.argv = [argument for argument in sys.argv if argument != "--debug"]
    try:
        app(prog_name="guanxi")
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:
        if debug:
            traceback.print_exc()
        else:
            print(f"guanxi: {_one_line(error)}", file=sys.stderr)
        sys.exit(1)


def _one_line(error: Exception) -> str:
    if isinstance(error, Invalid):
        # A form shows the sentence at its field; here the field has to be named.
        return "; ".join(f"{name}: {text}" if name else text for name, texts in error.errors.items() for text in texts)
    if isinstance(error, (Failure, Refused)):
        return str(error)
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__ + " (--debug shows where)"
