"""make demo, as somebody at a terminal has it, and what is left when it ended."""
import pathlib
import signal
import os

import pytest

import rig


def processes_of(folder, *programs):
    """Processes that were started with something in this folder, and with one of these words."""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                line = (entry / "cmdline").read_bytes()
            except OSError:
                continue
            if folder.encode() in line and (not programs or any(p in line for p in programs)):
                found.append(int(entry.name))
    return found


@pytest.fixture
def demo(tmux, place):
    """The demo with the greeting on screen; its temporary files are below place, so that only its own are looked at."""
    terminal = tmux(80, 24)
    terminal.start(rig.TOP / "tools/demo/run", rig.BUILD, env=rig.clean_env(HOME=place.path, TMPDIR=place.path))
    terminal.wait_for("Hello! This is confab", rig.PATIENCE * 3)
    assert processes_of(str(place.path)) != [] and list(place.path.glob("confab-demo-*"))
    return terminal


def nothing_is_left(place):
    rig.until(lambda: processes_of(str(place.path)) == [], lambda: f"still there: {processes_of(str(place.path))}")
    rig.until(lambda: not list(place.path.glob("confab-demo-*")), "the folder is still there")


def test_the_contact_greets_and_repeats(demo, place):
    demo.line("grüße 漢字")
    demo.wait_for("You said: grüße 漢字")
    demo.line("/quit")
    assert demo.exit_code() == 0
    nothing_is_left(place)


def test_detach_ends_the_demo_too(demo, place):
    demo.line("/detach")
    assert demo.exit_code() == 0
    nothing_is_left(place)


def test_a_terminal_that_is_closed(demo, place):
    demo.close()
    nothing_is_left(place)


def test_a_demo_that_is_ended_by_a_signal(demo, place):
    os.kill(demo.pid(), signal.SIGTERM)
    nothing_is_left(place)


def test_even_kill_9_leaves_no_server(demo, place):
    os.kill(demo.pid(), signal.SIGKILL)
    servers = lambda: processes_of(str(place.path), b"prosody", b"confab-core")
    rig.until(lambda: servers() == [], lambda: f"still there: {servers()}")


def test_without_a_terminal_it_says_so(place):
    done = rig.subprocess.run([rig.TOP / "tools/demo/run", rig.BUILD], env=rig.clean_env(TMPDIR=place.path),
                              stdin=rig.subprocess.DEVNULL, capture_output=True, text=True)
    assert done.returncode == 1 and "terminal" in done.stderr
    assert not list(place.path.iterdir())
