"""The processes that `serve` looks after: started, watched, started again when they die, stopped together."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from guanxi.project.lifeline import die_with_parent

FIRST_PAUSE, LONGEST_PAUSE = 0.2, 15.0
# A child that lived this long was healthy: its next death starts again with the shortest pause.
HEALTHY = 20.0
PATIENCE = 10.0


@dataclass
class Child:
    """One process: a Python module with its arguments, writing to a log file or, without one, to our own output."""

    name: str
    module: str
    arguments: list[str]
    environment: Mapping[str, str]
    log: Path | None = None
    process: subprocess.Popen[bytes] | None = None
    born: float = 0.0
    due: float = 0.0
    pause: float = field(default=FIRST_PAUSE)

    def start(self) -> None:
        """Start the process in a group of its own, killed with us if we are killed."""
        command = [sys.executable, "-P", "-m", self.module, *self.arguments]
        output = self.log.open("ab") if self.log else None
        try:
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=os.environ | dict(self.environment),
                start_new_session=True,
                preexec_fn=die_with_parent(signal.SIGKILL),
            )
        finally:
            if output:
                output.close()
        self.born = time.monotonic()

    def watch(self) -> None:
        """Start the process again when it died and its pause is over. Call often."""
        now = time.monotonic()
        if self.process is None:
            if now >= self.due:
                self.start()
        elif self.process.poll() is not None:
            self._kill_group(signal.SIGKILL)
            self.pause = FIRST_PAUSE if now - self.born > HEALTHY else min(LONGEST_PAUSE, self.pause * 2)
            print(
                f"guanxi: {self.name} ended with {self.process.returncode}; again in {self.pause:.1f} s",
                file=sys.stderr,
            )
            self.process = None
            self.due = now + self.pause

    def ask_to_stop(self) -> None:
        """Send SIGTERM."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()

    def make_stop(self, deadline: float) -> None:
        """Wait until `deadline`, then kill what is left of the group."""
        if self.process is None:
            return
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(timeout=max(0.0, deadline - time.monotonic()))
        self._kill_group(signal.SIGKILL)
        self.process.wait()

    def _kill_group(self, number: signal.Signals) -> None:
        if self.process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, number)


def stop_all(children: list[Child]) -> None:
    """Stop every child: politely, together, within `PATIENCE` seconds."""
    for child in children:
        child.ask_to_stop()
    deadline = time.monotonic() + PATIENCE
    for child in children:
        child.make_stop(deadline)
