"""The examples of confab-scripts(7), run as they stand there; and that do, watch and call stand much of it."""
import json
import os
import pathlib
import re
import signal
import subprocess
import time

import pytest

import rig
from rpc import Rpc

MANUAL = rig.TOP / "man" / "confab-scripts.7"


@pytest.fixture
def script(place, confab):
    """script("ask", "word"): the example of that name, begun."""
    text = MANUAL.read_text()
    folder = place.path / "bin"
    folder.mkdir()
    (folder / "confab").write_text(f'#!/bin/sh\nexec {confab.program} --home {confab.home} "$@"\n')
    (folder / "confab").chmod(0o755)

    def begin(name, *words):
        body = re.search(rf'^\.\\" EXAMPLE {re.escape(name)}\n\.Bd -literal\n(.*?)^\.Ed', text, re.M | re.S).group(1)
        path = folder / name
        path.write_text(body.replace(r"\e", "\\"))
        path.chmod(0o755)
        env = {**confab.env, "PATH": f"{folder}:{confab.env['PATH']}"}
        process = subprocess.Popen([str(path), *words], env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True, start_new_session=True)

        class Stop:
            def close(self):
                # All of its pipe; it may have ended.
                try:
                    os.killpg(process.pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
                process.communicate()
        place.keep(Stop())
        return process
    return begin


@pytest.fixture
def two(server, people, peer, confab):
    """A confab on line, and a contact: its peer, and what its chat is called."""
    mira, alice = people(2)
    there = peer(alice)
    confab.account("home", server, mira).start()
    confab.wait_state("home")
    there.me = f"{mira}@{server.domain}"
    return there, f"{alice}@{server.domain}"


def watchers(confab, n):
    rig.until(lambda: sum(f["client"] == "watch" and f["subscribed"] for f in confab.call("faces")["faces"]) >= n,
              "the script does not watch")


def test_every_example_is_run_here():
    names = re.findall(r'^\.\\" EXAMPLE (.*)$', MANUAL.read_text(), re.M)
    here = pathlib.Path(__file__).read_text()
    assert names and [n for n in names if f'script("{n}"' not in here] == []
    assert all(len(block.splitlines()) <= 12 for block in re.findall(r"^\.Bd -literal\n(.*?)^\.Ed", MANUAL.read_text(), re.M | re.S))


def test_ask(confab, two, script):
    there, chat = two
    there.send(there.me, "said before")
    rig.until(lambda: confab.history("home", chat), "what was said before does not come")
    asking = script("ask", chat, "/why?")
    there.message("/why?")
    there.send(there.me, "because\nof it")
    assert asking.communicate(timeout=rig.PATIENCE)[0] == "because\nof it\n" and asking.returncode == 0
    late = script("ask", chat, "again?", "0.1")
    assert late.communicate(timeout=rig.PATIENCE)[0] == "" and late.returncode != 0


def test_post(confab, two, script, place):
    there, chat = two
    log = place.path / "log"
    log.write_text("old\n")
    posting = script("post", chat, str(log))
    tail = rig.until(lambda: [p for t in pathlib.Path(f"/proc/{posting.pid}/task").iterdir()
                              for p in (t / "children").read_text().split()], "no tail")
    # It is behind the old line once it holds the file open and stands at its end.
    rig.until(lambda: any(str(log) == os.readlink(fd) and "pos:\t4" in
                          (fd.parent.parent / "fdinfo" / fd.name).read_text()
                          for p in tail for fd in links(p)), "tail does not read the log")
    with open(log, "a") as f:
        f.write("-rf first\n/quit second\n")
    there.message("-rf first")
    there.message("/quit second")


def links(pid):
    try:
        return [fd for fd in pathlib.Path(f"/proc/{pid}/fd").iterdir() if fd.is_symlink() and os.path.lexists(fd)]
    except FileNotFoundError:
        return []


def test_bots(confab, two, script):
    there, chat = two
    script("bot")
    script("bot.py")
    watchers(confab, 2)
    there.send(there.me, "uptime")
    there.expect(lambda e: "load average" in e["body"], ev="message")
    there.send(there.me, "count abc")
    there.message("3 letters")
    there.send(there.me, "disk")
    there.expect(lambda e: "Filesystem" in e["body"], ev="message")


def test_unread(confab, two, script):
    there, chat = two
    bar = script("unread")
    assert bar.stdout.readline() == "unread 0\n"
    there.send(there.me, "one")
    line = ""
    while line != "unread 1\n":
        line = bar.stdout.readline()
        assert line in ("unread 0\n", "unread 1\n")


def test_since_is_for_what_was_asked(confab, two):
    there, chat = two
    rev = confab.call("subscribe")["rev"]
    confab.do("one", chat=chat, wait="stored")
    other = confab.watch("message", "chat", chat="nobody@localhost")
    watch = subprocess.Popen([confab.program, "--home", str(confab.home), "watch", "--since", str(rev), "--chat", chat,
                              "message"], env=confab.env, stdout=subprocess.PIPE, text=True)
    assert json.loads(watch.stdout.readline())["body"] == "one"
    watch.stdout.close()
    assert watch.wait(rig.PATIENCE) == 0
    assert confab.run("watch", "--since", "x").stderr == 'confab: --since takes a revision, a number, not "x".\n'
    other.close()


def test_a_hundred_watchers_of_which_one_never_reads(confab, two, place):
    there, chat = two
    deaf = place.keep(Rpc(confab, read=False))
    deaf.send("subscribe")
    hearing = [place.keep(Rpc(confab)) for _ in range(99)]
    for one in hearing:
        one.call("subscribe", types=["message"])
    rpc = place.keep(Rpc(confab))
    big = "x" * 10000
    # In waves, so that nobody who reads, however slowly, is ever a megabyte behind.
    for wave in range(6):
        for n in range(10 * wave, 10 * wave + 10):
            rpc.run(f"{n} {big}", account="home", chat=chat)
        for one in hearing:
            one.event("message", lambda e: e["body"].startswith(f"{n} ") and e["state"] in ("stored", "delivered"))
    for one in hearing:
        got = list(dict.fromkeys(e["body"].split()[0] for e in one.events("message")))
        assert got == [str(n) for n in range(60)], "an event was lost, or out of order"
    # The deaf one was dropped from, and is told so when it reads.
    deaf.read_on()
    deaf.event("reset")
