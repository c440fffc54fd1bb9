"""Ties a background process to the one that started it."""

import os
import signal
import sys
import threading

FLAG = "--until-stdin-closes"


def watch(arguments):
    """With the flag, ends this process's whole group as soon as its standard input closes.

    The other end of that pipe is held by `cargo xtask test`. The system closes it however xtask ends, so that a
    test run that was interrupted or killed leaves nothing running.
    """
    if FLAG not in arguments:
        return

    def wait():
        while sys.stdin.buffer.raw.read(1024):
            pass
        os.killpg(os.getpgrp(), signal.SIGKILL)

    threading.Thread(target=wait, daemon=True, name="until-stdin-closes").start()
