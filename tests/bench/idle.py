#!/usr/bin/python3
"""idle.py: how often a core wakes that is on line with one account and has nothing to do, and its terminal.

Counted are voluntary context switches of all threads, over SECONDS (30); the contract allows a core two a minute.
"""
import os
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "live"))
import rig  # noqa: E402


def switches(pid):
    """{thread: (name, voluntary switches)}"""
    found = {}
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        rows = dict(line.split(":\t", 1) for line in (task / "status").read_text().splitlines() if ":\t" in line)
        found[task.name] = (rows["Name"], int(rows["voluntary_ctxt_switches"]))
    return found


def at_rest(pid):
    """Waits until what follows a log-in is over: no switch for two seconds."""
    last, since = None, time.monotonic()
    while time.monotonic() - since < 2:
        now = switches(pid)
        if now != last:
            last, since = now, time.monotonic()
        time.sleep(0.2)


def measure(what, pid, seconds):
    before = switches(pid)
    time.sleep(seconds)
    after = switches(pid)
    total = 0
    for task, (name, n) in after.items():
        n -= before.get(task, (name, 0))[1]
        total += n
        if n:
            print(f"  {what}: thread {name}: {n}")
    print(f"{what}: {total} voluntary context switches in {seconds:g} s, {total * 60 / seconds:.1f} a minute")


def main():
    seconds = float(os.environ.get("SECONDS", "30"))
    with rig.Place() as place:
        server = place.keep(rig.Prosody(place.path / "prosody", rig.Authority(place.path / "tls")))
        server.user("mira")
        server.start()
        confab = place.keep(rig.Confab(place.path / "home"))
        confab.account("home", server, "mira").start(log="notice")
        confab.wait_state("home")
        at_rest(confab.process.pid)
        measure("core", confab.process.pid, seconds)
        terminal = place.keep(rig.Tmux())
        terminal.confab(confab)
        terminal.wait_for("home")
        at_rest(terminal.pid())
        at_rest(confab.process.pid)
        core = switches(confab.process.pid)
        measure("face", terminal.pid(), seconds)
        now = switches(confab.process.pid)
        print(f"core meanwhile: {sum(n for _, n in now.values()) - sum(n for _, n in core.values())}")


if __name__ == "__main__":
    main()
