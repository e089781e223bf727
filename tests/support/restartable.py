"""A process that a test starts, kills and starts again."""

import subprocess
from pathlib import Path


class Restartable:
    """One process; used as a context manager it is gone afterwards whatever happened.

    Args:
        command: program and arguments.
        log: file that its output is added to.
        environment: the whole of it.
    """

    def __init__(self, command, log, environment):
        self._command, self._log, self._environment = command, Path(log), environment
        self._process = None

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.kill()
            raise
        return self

    def __exit__(self, *_):
        self.kill()

    def start(self):
        """Start it and wait until it works, if it has a way to say so."""
        self.launch()

    def launch(self):
        """Start it and wait for nothing."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, env=self._environment
            )

    def kill(self):
        """Send SIGKILL."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def restart(self):
        """Kill it and start it again."""
        self.kill()
        self.start()

    @property
    def pid(self):
        """Return its process ID."""
        return self._process.pid

    @property
    def running(self):
        """Return whether the process lives."""
        return self._process is not None and self._process.poll() is None
