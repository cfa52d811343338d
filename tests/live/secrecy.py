"""secrecy.py: every password of these tests begins with "secret-"; this finds where one has got to.

Looked through: all files below a confab's home but the accounts file, and the words and environment of its processes.
"""
import base64
import contextlib
import os
import pathlib

MARK = b"secret-"


def _forms():
    """As it is, in hexadecimal, and inside BASE64 (SASL PLAIN) at any of three places."""
    yield MARK
    yield MARK.hex().encode()
    for shift in range(3):
        # What is shared with neighbours at the ends differs with them.
        encoded = base64.b64encode(b"\0" * shift + MARK)
        yield encoded[{0: 0, 1: 2, 2: 3}[shift]:(len(MARK) + shift) // 3 * 4]


FORMS = tuple(_forms())


def children(pid):
    """This process and all below it."""
    found = [pid]
    for task in pathlib.Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # A thread that ended meanwhile.
            for child in task.read_text().split():
                found += children(int(child))
    return found


def _holds(path):
    try:
        data = path.read_bytes()
    except OSError:      # it went meanwhile, or is a socket
        return False
    return any(form in data for form in FORMS)


def leaks(confab):
    """Paths that hold a password and must not."""
    found = [str(p) for p in confab.home.rglob("*") if p.is_file() and p != confab.accounts_file and _holds(p)]
    if confab.process is not None and confab.process.poll() is None:
        for pid in children(confab.process.pid):
            found += [str(p) for p in (pathlib.Path(f"/proc/{pid}/cmdline"), pathlib.Path(f"/proc/{pid}/environ")) if _holds(p)]
    return found


def check(confab):
    # One that never looks at anything finds nothing either.
    assert any(form in b"x" + base64.b64encode(b"\0mira\0" + MARK + b"mira") for form in FORMS)
    if confab.accounts_file.exists():
        mode = os.stat(confab.accounts_file).st_mode & 0o777
        assert mode == 0o600, f"the accounts file has mode {mode:o}"
    assert leaks(confab) == []
