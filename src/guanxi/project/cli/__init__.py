"""The command line `guanxi`: one module per group of commands; errors are one clear line, never a traceback."""

import sys
import traceback
from importlib import import_module

from guanxi.core.errors import Invalid, Refused
from guanxi.project.failure import Failure


def main() -> None:
    """Run the command in sys.argv and leave with its exit code."""
    debug = "--debug" in sys.argv
    sys.argv = [argument for argument in sys.argv if argument != "--debug"]
    try:
        _run()
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:
        if debug:
            traceback.print_exc()
        else:
            print(f"guanxi: {_one_line(error)}", file=sys.stderr)
        sys.exit(1)


def _run() -> None:
    """The application; `value`, which needs no installation, without the other commands and what they load."""
    if sys.argv[1:2] == ["value"]:
        import_module("guanxi.project.cli.value").values(sys.argv[2:], prog_name="guanxi value")
    else:
        import_module("guanxi.project.cli.app").app(prog_name="guanxi")


def _one_line(error: Exception) -> str:
    if isinstance(error, Invalid):
        # A form shows the sentence at its field; here the field has to be named.
        return "; ".join(f"{name}: {text}" if name else text for name, texts in error.errors.items() for text in texts)
    if isinstance(error, (Failure, Refused)):
        return str(error)
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__ + " (--debug shows where)"
