"""/exec and /jobs: real processes of a real core: what they say, what they get, and that nothing of them stays."""
import json
import os
import pathlib
import re
import signal

import pytest

import rig
from rpc import Refused, Rpc


@pytest.fixture
def rpc(place, confab):
    """rpc(): one more session."""
    return lambda **more: place.keep(Rpc(confab, **more))


def group_gone(pid):
    try:
        os.killpg(pid, 0)
    except ProcessLookupError:
        return True
    # A zombie of another's that is not collected yet.
    return False


def gone(pid):
    try:
        state = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return True
    return state == "Z"


def children(pid):
    return [int(p) for t in pathlib.Path(f"/proc/{pid}/task").iterdir() for p in (t / "children").read_text().split()]


def running(session, **fields):
    """The job event of the one that just began."""
    return session.event("job", state="running", **fields)


def test_what_it_says_is_shown_while_it_runs_and_it_takes_input(confab, rpc):
    confab.start()
    session = rpc()
    session.call("subscribe", types=["job"])
    number = session.send("run", line="/exec echo first; cat; echo last >&2; exit 2")
    said = lambda text: session.event("output", lambda e: text in e["lines"], request=number)
    said("first")
    job = running(session)
    assert job["pid"] and confab.call("jobs")["jobs"][0]["id"] == job["id"]
    session.run(f"/jobs input {job['id']} a line of mine")
    said("a line of mine")
    assert re.search(r"1  runs, \d+ s, 2 lines: echo first", confab.do("/jobs"))
    session.run(f"/jobs eof {job['id']}")
    with pytest.raises(Refused, match="ended with status 2") as refused:
        session.answer(number)
    assert refused.value.code == "status" and refused.value.data["status"] == 2
    said("last")
    assert confab.do(f"/jobs {job['id']}").splitlines()[1:] == ["first", "a line of mine", "last"]
    for line in ("/jobs input 1 x", "/jobs eof 1", "/jobs kill 1", "/jobs 2", "/jobs kill x"):
        assert "1" in confab.do(line, ok=False) or "no job" in confab.do(line, ok=False)


def test_its_group_ends_with_it(confab, rpc):
    confab.start()
    session = rpc()
    session.call("subscribe", types=["job"])
    # Killed, cancelled, its session gone, one that does not want to go; and what it left behind when it ended by itself.
    number = session.send("run", line="/exec sleep 1000 & sleep 1000")
    job = running(session)
    session.run(f"/jobs kill {job['id']}")
    with pytest.raises(Refused, match="signal 15"):
        session.answer(number)
    rig.until(lambda: group_gone(job["pid"]), "the group of a job that was killed lives")
    number = session.send("run", line="/exec trap '' TERM; echo on; while :; do sleep 1000; done")
    session.event("output", request=number)
    job = running(session, id=job["id"] + 1)
    session.call("cancel", request=number)
    with pytest.raises(Refused, match="before it was done"):
        session.answer(number)
    rig.until(lambda: group_gone(job["pid"]), "the group of a job that was cancelled lives")
    other = rpc()
    other.send("run", line="/exec sleep 1000 | sleep 1000")
    job = running(session, id=job["id"] + 1)
    other.close()
    rig.until(lambda: group_gone(job["pid"]), "the group of a job whose session is gone lives")
    number = session.send("run", line="/exec sleep 1000 & echo $!")
    session.answer(number)
    left = int(session.event("output", request=number)["lines"][0])
    rig.until(lambda: gone(left), "what a job left behind lives")


def test_a_daemon_of_a_job_does_not_hold_it(confab, rpc, place):
    confab.start()
    session = rpc()
    # It says its number once it has a session of its own.
    said = place.path / "daemon"
    number = session.send("run", line=f"/exec setsid sh -c 'echo $$ > {said}.new; mv {said}.new {said}; exec sleep 1000' & "
                          f"while [ ! -e {said} ]; do sleep 0.05; done; cat {said}")
    session.answer(number)
    daemon = int(session.event("output", request=number)["lines"][0])
    try:
        assert not gone(daemon), "who wants to outlive a job may"
    finally:
        os.kill(daemon, signal.SIGKILL)


@pytest.mark.parametrize("how", ["stop", "kill"])
def test_jobs_end_with_the_core(confab, rpc, how):
    confab.start()
    session = rpc()
    session.call("subscribe", types=["job", "output"])
    session.run("/exec -b exec sleep 1000")
    job = running(session)
    assert not gone(job["pid"])
    getattr(confab, how)()
    rig.until(lambda: gone(job["pid"]), f"a job outlives the core ({how})")


def test_one_in_the_background_tells_everybody(confab, rpc):
    confab.start()
    watch = confab.watch("output", "notice", "job")
    starter = rpc()
    starter.run("/exec -b read x; echo got $x; exit 4")
    starter.close()
    job = watch.expect(type="job", state="running")
    assert job["background"] and job["started"]
    confab.do(f"/jobs input {job['id']} it")
    assert watch.expect(type="output", job=job["id"])["lines"] == ["got it"]
    assert watch.expect(type="job", state="ended", status=4)
    notice = watch.expect(type="notice")
    assert notice["severity"] == "warning" and "Job 1 ended with status 4: read x; echo got $x; exit 4" in notice["text"]


def test_a_flood_waits_for_its_reader_and_disturbs_nobody(confab, rpc):
    confab.start()
    session, deaf = rpc(), rpc(read=False)
    session.call("subscribe", types=["job"])
    deaf.send("run", line="/exec yes")
    job = running(session)
    lines = lambda: [j["lines"] for j in session.call("jobs")["jobs"]][0]
    last = []

    def stands():
        last.append(lines())
        return len(last) > 10 and len(set(last[-10:])) == 1 and last[-1] > 0

    # However fast it is looked at: what was said never exceeds what its reader is let to leave unread, by far.
    rig.until(stands, "a job goes on that nobody reads")
    assert last[-1] < 500000
    deaf.close()
    rig.until(lambda: group_gone(job["pid"]), "it outlives its reader")
    # Binary, long lines, no line at all, and a pipe that is closed early.
    assert confab.do("/exec yes | head -1") == "y\n"
    assert len(confab.do("/exec head -c 300000 /dev/zero | tr '\\0' x").replace("\n", "")) == 300000
    confab.do("/exec head -c 100000 /dev/urandom")
    confab.do("/exec true")
    with pytest.raises(Refused, match="has not read"):
        session.run("/exec -b sleep 1000")
        number = session.call("jobs")["jobs"][-1]["id"]
        for _ in range(3):
            session.run(f"/jobs input {number} {'x' * 50000}")
    session.run(f"/jobs kill {number}")
    rig.until(lambda: all(j["state"] == "ended" for j in session.call("jobs")["jobs"]), "a job does not end")
    rig.until(lambda: not children(confab.process.pid), lambda: f"processes stay: {children(confab.process.pid)}")
    assert "\0" not in json.dumps(session.lines)


def test_more_than_a_message_is_asked_for(server, people, peer, confab):
    mira, alice = people(2)
    there = peer(alice)
    confab.account("home", server, mira).start()
    confab.wait_state("home")
    chat = f"{alice}@{server.domain}"
    assert "21 lines" in confab.do("/exec -o seq 21", chat=chat, ok=False)
    confab.do("/exec -o seq 21; echo aside >&2", chat=chat, yes=True)
    there.message("\n".join(map(str, range(1, 22))))
    assert "too much for a message" in confab.do("/exec -o yes", chat=chat, ok=False)
    assert "20 lines were sent" in confab.do("/exec -l seq 21", chat=chat, ok=False)
    for n in range(1, 21):
        there.message(str(n))
    confab.do("/exec -l seq 41 63; echo; echo end", chat=chat, yes=True)
    for n in [*range(41, 64), "end"]:
        there.message(str(n))


def test_in_a_command_confab_talks_to_its_own_core(server, people, peer, confab):
    mira, alice = people(2)
    there = peer(alice)
    confab.account("home", server, mira).start()
    confab.wait_state("home")
    # No option names the folder.
    line = f"/exec {confab.program} do --account \"$CONFAB_ACCOUNT\" --chat \"$CONFAB_CHAT\" \"it is $CONFAB_NICK\""
    confab.do(line, chat=f"{alice}@{server.domain}")
    there.message(f"it is {mira}")
    assert "No core" in confab.do(f"/exec env -u CONFAB_SOCKET {confab.program} call accounts; true")


def test_a_terminal_shows_it_where_it_was_entered(server, people, confab, tmux):
    mira, alice = people(2)
    confab.account("home", server, mira).start()
    confab.wait_state("home")
    screen = tmux(80, 24).confab(confab)
    screen.wait_for("^console>")
    screen.line(f"/msg {alice}@{server.domain}")
    screen.wait_for(f"^{alice}")
    screen.line("/exec echo one of $CONFAB_CHAT; read x; echo two of $x")
    screen.wait_for(f"one of {alice}")
    screen.line("/win console")
    screen.wait_for("^console>")
    screen.line("/jobs input 1 them")
    screen.wait_gone("two of them")
    screen.line(f"/win {alice}")
    screen.wait_for("two of them")
    # What has a status other than 0 says so.
    screen.line("/exec exit 3")
    screen.wait_for("It ended with status 3")
    screen.wait_gone("/exec exit 3$")
