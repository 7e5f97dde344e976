"""Runs a command in a terminal of its own, as a person would see it.

    screen.py 30x160 EXPECTED KEYS [EXPECTED KEYS]... -- COMMAND...

Waits until the screen shows the text EXPECTED (a regular expression), then types KEYS, and so on; then waits for the
command's end. Prints what each of these screens showed, and ends as the command did; with 99 if a text never came.
"""
import codecs
import fcntl
import os
import pty
import re
import select
import signal
import struct
import sys
import termios
import time

PATIENCE = 30  # seconds for any one text, and for the end
HOME = "\x1b[H"  # every drawing of the whole screen begins so


def main():
    size, *rest = sys.argv[1:]
    steps, command = rest[: rest.index("--")], rest[rest.index("--") + 1 :]
    pid, terminal = pty.fork()
    if pid == 0:
        os.environ["TERM"] = "xterm-256color"
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # a script in the background ignores it
        os.execvp(command[0], command)
    rows, columns = map(int, size.split("x"))
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    screen = Screen(terminal)
    for expected, keys in zip(steps[::2], steps[1::2]):
        if not screen.shows(expected):
            print(f"never shown: {expected}; the screen was\n{screen.text()}")
            os.kill(pid, signal.SIGKILL)
            sys.exit(99)
        print(screen.text() + "\n----", flush=True)
        os.write(terminal, codecs.decode(keys, "unicode_escape").encode())
    if not screen.ends():
        print(f"it did not end; the screen was\n{screen.text()}")
        os.kill(pid, signal.SIGKILL)
        sys.exit(99)
    print("restored" if screen.all.rstrip().endswith("\x1b[?1049l") else "----\n" + screen.text())
    sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))


class Screen:
    def __init__(self, terminal):
        self.terminal, self.all = terminal, ""

    def text(self):
        """What was drawn last, without its colours."""
        return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[=>]|\r", "", self.all.rsplit(HOME, 1)[-1])

    def shows(self, expected):
        end = time.monotonic() + PATIENCE
        while not re.search(expected, self.text()):
            if time.monotonic() > end or not self.read():
                return False
        return True

    def ends(self):
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            if not self.read():
                return True
        return False

    def read(self):
        """False when the command has ended."""
        try:
            if select.select([self.terminal], [], [], 0.1)[0]:
                more = os.read(self.terminal, 65536)
                self.all += more.decode(errors="replace")
                return bool(more)
            return True
        except OSError:
            return False


main()
