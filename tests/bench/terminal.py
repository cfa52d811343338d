"""terminal.py: a program on a pseudo-terminal for run.py: what it writes, and when, and how long a key takes to be seen.

It is no terminal emulator: it looks for text in what is written, with the escape sequences taken out.
"""
import contextlib
import fcntl
import os
import pathlib
import pty
import re
import select
import signal
import struct
import termios
import time

ESCAPES = re.compile(rb"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[()][0-9A-B]|[=>78DEHMc]|P[^\x1b]*\x1b\\)")
# What a plain terminal says when it is asked what it is.
ANSWERS = ((b"\x1b[c", b"\x1b[?62;22c"), (b"\x1b[>c", b"\x1b[>0;10;1c"))
# Keys that the flood's words and the clients' own signs do not hold.
KEYS = b"QXZJ"


class Late(Exception):
    """What was waited for did not come."""


class Terminal:
    def __init__(self, words, env, columns=100, rows=30):
        clock_read, clock_write = os.pipe()
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            # The clock starts at the last moment before the program does.
            os.write(clock_write, str(time.monotonic_ns()).encode())
            try:
                os.execvpe(words[0], words, env)
            finally:
                os._exit(127)
        os.close(clock_write)
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        os.set_blocking(self.fd, False)
        self.start = int(os.read(clock_read, 64)) / 1e9
        os.close(clock_read)
        self.text, self.first, self.total, self._raw = b"", None, 0, b""
        self.ended = False

    def pump(self, timeout):
        """Reads what is there, or comes within the timeout; true when something did."""
        if self.ended:
            return False
        ready, _, _ = select.select([self.fd], [], [], max(0.0, timeout))
        if not ready:
            return False
        try:
            data = os.read(self.fd, 1 << 18)
        except BlockingIOError:
            return False
        except OSError:
            data = b""
        if not data:
            self.ended = True
            return False
        now = time.monotonic()
        self.total += len(data)
        for question, answer in ANSWERS:
            if question in data:
                self.press(answer)
        raw = self._raw + data
        # A sequence that is cut in two waits for its other half.
        cut = raw.rfind(b"\x1b", len(raw) - 32)
        whole, self._raw = (raw[:cut], raw[cut:]) if cut != -1 and not ESCAPES.match(raw, cut) else (raw, b"")
        plain = ESCAPES.sub(b"", whole)
        if self.first is None and plain.strip():
            self.first = now
        self.text = (self.text + plain)[-(1 << 17):]
        return True

    def press(self, keys):
        with contextlib.suppress(OSError):
            os.write(self.fd, keys.encode() if isinstance(keys, str) else keys)

    def until(self, condition, what, timeout=30):
        deadline = time.monotonic() + timeout
        while not condition():
            if self.ended or time.monotonic() > deadline:
                raise Late(f"{what}; the last it wrote: {self.text[-300:].decode(errors='replace')!r}")
            self.pump(0.05)
        return time.monotonic()

    def wait_for(self, text, timeout=30):
        """The time at which this was written since forget()."""
        return self.until(lambda: text.encode() in self.text, f"{text!r} was not written", timeout)

    def wait_quiet(self, seconds=0.3, timeout=30):
        deadline = time.monotonic() + timeout
        while self.pump(seconds):
            if time.monotonic() > deadline:
                raise Late("it does not stop writing")

    def forget(self):
        self.text = b""

    def type_line(self, line):
        self.press(line)
        self.wait_quiet()
        self.press("\r")
        self.wait_quiet()

    def echo(self, n, give_up=10):
        """Milliseconds from key to screen, one key after the other."""
        times = []
        for i in range(n):
            took = self.one_echo(i, give_up)
            times.append(took)
            if i % 20 == 19:
                self.press(b"\x15")
                self.wait_quiet(0.05)
        self.press(b"\x15")
        self.wait_quiet(0.05)
        return times

    def one_echo(self, i, give_up=10):
        key = KEYS[i % len(KEYS):][:1]
        self.forget()
        began = time.monotonic()
        self.press(key)
        self.until(lambda: key in self.text, "a key was not seen", give_up)
        return (time.monotonic() - began) * 1000

    def close(self):
        for number in (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)
            deadline = time.monotonic() + 3
            while time.monotonic() < deadline:
                self.pump(0.02)
                if os.waitpid(self.pid, os.WNOHANG)[0] == self.pid:
                    os.close(self.fd)
                    return


def processes(pid):
    """What /proc says: MiB resident, MiB that nobody shares, voluntary context switches of all threads, seconds of processor.
    """
    rss = int(re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text())[1]) / 1024
    own = sum(map(int, re.findall(r"Private_\w+:\s+(\d+)", pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()))) / 1024
    switches = cpu = 0
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        with contextlib.suppress(FileNotFoundError):
            switches += int(re.search(r"\nvoluntary_ctxt_switches:\s+(\d+)", (task / "status").read_text())[1])
            cpu += int((task / "schedstat").read_text().split()[0]) / 1e9
    return {"rss": rss, "own": own, "switches": switches, "cpu": cpu}
