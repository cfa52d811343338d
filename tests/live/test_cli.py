"""The command line against a core that does what a real one rarely does: exit codes, sentences, what goes where."""
import json
import os
import pty
import signal
import socket
import subprocess

import pytest

import rig
from fakecore import FakeCore, Refusal


@pytest.fixture
def fake(place, confab):
    return lambda **answers: place.keep(FakeCore(confab.home, **answers))


def result(**fields):
    """A function that answers run with these fields."""
    return {"output": [], **fields}


def message(id, state, rev, **more):
    return {"type": "message", "time": "2026-01-01T00:00:00.000Z", "account": "a", "chat": "b@localhost", "id": id,
            "rev": rev, "direction": "out", "state": state, **more}


@pytest.mark.parametrize("words, sentence", [
    (["do"], "needs more"),
    (["nonsense"], 'no sub-command "nonsense"'),
    (["import"], "not part of this version"),
    (["--nonsense", "stop"], 'no option "--nonsense"'),
    (["do", "-x"], "stands after --"),
    (["stop", "x"], 'takes no "x"'),
    (["watch", "weather"], 'no event type "weather"'),
    (["call", "accounts", "{"], "not JSON"),
    (["call", "accounts", "[]"], "not an object"),
    (["--log", "loud", "core"], "not \"loud\""),
    (["--profile", "../x", "stop"], "profile's name"),
    (["do", "--wait", "soon", "x"], "sent, stored or delivered"),
    (["do", "--timeout", "-1", "x"], "number"),
    (["do", "--json=yes", "x"], "takes no value"),
    (["stop", "--json"], "means nothing"),
    (["--profile"], "needs a value"),
    ([], "no terminal here"),
    (["--linear"], "no terminal here"),
])
def test_a_wrong_command_line_is_one_sentence_and_1(confab, words, sentence):
    done = confab.run(*words)
    assert (done.returncode, done.stdout) == (1, "")
    assert sentence in done.stderr and done.stderr.count("\n") == 1 and done.stderr.startswith("confab: ")


def test_a_line_that_is_not_utf8_is_refused(confab):
    done = subprocess.run([confab.program, "--home", confab.home, "do", b"\xff"], env=confab.env, capture_output=True)
    assert done.returncode == 1 and b"not UTF-8" in done.stderr


@pytest.mark.parametrize("words", [["do", "x"], ["watch"], ["call", "accounts"], ["stop"]])
def test_without_a_core_it_is_2(confab, words):
    done = confab.run(*words)
    assert (done.returncode, done.stdout) == (2, "") and "No core is running" in done.stderr


def test_a_socket_that_nobody_serves_is_2(confab):
    state = confab.home / "state"
    state.mkdir(parents=True)
    with socket.socket(socket.AF_UNIX) as s:
        s.bind(str(state / "socket"))
    assert confab.run("do", "x").returncode == 2


@pytest.mark.parametrize("answer", [{**FakeCore.HELLO, "protocol": 2}, Refusal("protocol", "This core speaks 2.")])
@pytest.mark.parametrize("words", [["do", "x"], ["watch"], ["call", "accounts"], ["stop"]])
def test_another_protocol_is_4(confab, fake, answer, words):
    core = fake(hello=answer)
    assert confab.run(*words).returncode == 4
    assert [m for m, _ in core.asked] == ["hello"]


def test_a_core_that_is_silent_is_2_and_not_for_ever(confab, fake):
    fake(hello=lambda session, request: None)
    done = confab.run("do", "x", timeout=30)
    assert done.returncode == 2 and "does not answer" in done.stderr


def test_a_core_that_dies_in_the_middle_is_2(confab, fake):
    fake(run=lambda session, request: session.hang_up())
    done = confab.run("do", "x")
    assert done.returncode == 2 and "gone" in done.stderr


def test_lines_run_in_order_and_the_first_failure_ends_it(confab, fake):
    def run(session, request):
        line = request["params"]["line"]
        if line == "bad":
            session.say(id=request["id"], error={"code": "failed", "message": "It did not work."})
        else:
            session.event("output", request=request["id"], lines=[f"{line} early"])
            session.say(id=request["id"], result=result(output=[f"{line} late", "second"]))
    core = fake(run=run)
    done = confab.run("do", "--account", "a", "--chat", "b@c", "one", "two\nrows", "bad", "never")
    assert done.returncode == 1
    assert done.stdout == "one early\none late\nsecond\ntwo\nrows early\ntwo\nrows late\nsecond\n"
    assert done.stderr == "confab: It did not work.\n"
    runs = [p for m, p in core.asked if m == "run"]
    assert [p["line"] for p in runs] == ["one", "two\nrows", "bad"]
    assert all(p["account"] == "a" and p["chat"] == "b@c" for p in runs)


def test_json_prints_data_alone(confab, fake):
    fake(run=result(output=["for people"], data={"ü": [1, None]}))
    done = confab.run("do", "--json", "x", "y")
    assert [json.loads(line) for line in done.stdout.splitlines()] == [{"ü": [1, None]}] * 2
    assert "for people" not in done.stdout


def sends(*states, first="queued"):
    """run makes message 5; once it was asked for, these states follow as events."""
    def ask(session, request):
        session.say(id=request["id"], result={"message": message(5, first, 10)})
        for rev, (state, more) in enumerate(states, 11):
            session.event("message", **{k: v for k, v in message(5, state, rev, **more).items() if k not in ("type", "time")})
    return {"run": result(message=5), "message": ask}


def test_wait_ends_when_the_state_came(confab, fake):
    fake(**sends(("sent", {}), ("stored", {}), ("delivered", {})))
    assert confab.run("do", "--wait", "delivered", "hello").returncode == 0


def test_wait_takes_more_than_was_asked(confab, fake):
    fake(**sends(first="displayed"))
    assert confab.run("do", "--wait", "sent", "hello").returncode == 0


def test_wait_fails_with_the_reason(confab, fake):
    fake(**sends(("sent", {}), ("failed", {"reason": 'example.net: "no such user" (item-not-found)'})))
    done = confab.run("do", "--wait", "stored", "hello", "never")
    assert done.returncode == 1 and '"no such user"' in done.stderr


def test_wait_gives_up(confab, fake):
    fake(**sends(("unknown", {"reason": "the link broke"})))
    done = confab.run("do", "--wait", "stored", "--timeout", "1", "hello")
    assert done.returncode == 1 and "unknown" in done.stderr and "the link broke" in done.stderr


def test_wait_asks_again_when_events_were_dropped(confab, fake):
    asked = []

    def ask(session, request):
        asked.append(1)
        session.say(id=request["id"], result={"message": message(5, "sent" if len(asked) == 1 else "stored", 10 + len(asked))})
        if len(asked) == 1:
            session.event("reset", rev=30)
    fake(run=result(message=5), message=ask)
    assert confab.run("do", "--wait", "stored", "--timeout", "60", "hello", timeout=30).returncode == 0


def test_wait_without_a_message_is_1(confab, fake):
    fake(run=result())
    done = confab.run("do", "--wait", "sent", "/status away")
    assert done.returncode == 1 and "nothing to wait for" in done.stderr


def asks(**prompt):
    """run opens a question of this session and ends with what was answered."""
    def run(session, request):
        session.pending = request["id"]
        session.event("prompt", rev=3, id=9, scope="session", **prompt)

    def answer(session, request):
        session.say(id=request["id"], result={})
        if "value" in request["params"]:
            session.say(id=session.pending, result=result(output=["got " + request["params"]["value"]]))
        else:
            session.say(id=session.pending, error={"code": "cancelled", "message": "Nobody answered."})
    return {"run": run, "answer": answer}


def test_yes_answers_a_confirmation_and_nothing_else(confab, fake):
    fake(**asks(kind="confirm", title="Sure?"))
    assert confab.run("do", "--yes", "/quit").stdout == "got yes\n"


def test_yes_is_no_password(confab, fake):
    core = fake(**asks(kind="password", secret=True, title="Password"))
    done = confab.run("do", "--yes", "/password")
    assert done.returncode == 1 and done.stderr == "confab: Nobody answered.\n"
    assert ("answer", {"id": 9, "cancel": True}) in core.asked


def test_a_secret_comes_from_its_descriptor_alone(confab, fake):
    fake(**asks(kind="password", secret=True, title="Password"))
    read, write = os.pipe()
    os.write(write, "hüsh\nnext".encode())
    os.close(write)
    done = confab.run("do", "--secret-fd", str(read), "/password", pass_fds=[read])
    os.close(read)
    assert done.stdout == "got hüsh\n"


def test_an_empty_descriptor_is_no_secret(confab, fake):
    fake(**asks(kind="password", secret=True, title="Password"))
    done = confab.run("do", "--secret-fd", "0", "/password", input="")
    assert done.returncode == 1 and "no line" in done.stderr


def test_without_anybody_the_core_is_told_so(confab, fake):
    core = fake(run=Refusal("needs_answer", "Which account?"))
    done = confab.run("do", "x")
    assert done.returncode == 1 and done.stderr == "confab: Which account?\n"
    assert [m for m, _ in core.asked] == ["hello", "run"] and core.asked[0][1]["interactive"] is False


def test_watch_prints_each_event_on_a_line(confab, fake):
    def subscribe(session, request):
        session.say(id=request["id"], result={"rev": 1})
        session.event("notice", severity="info", text="ü\u009b\u001b[2J\n")
        session.event("weather", wind=3)
    core = fake(subscribe=subscribe)
    process = subprocess.Popen([confab.program, "--home", confab.home, "watch", "notice", "account", "--account", "a"],
                               env=confab.env, stdout=subprocess.PIPE)
    lines = rig.Lines(process, "watch")
    assert lines.expect(type="notice")["text"] == "ü\u009b\u001b[2J\n"
    assert lines.expect(type="weather")["wind"] == 3
    assert core.asked[1] == ("subscribe", {"types": ["notice", "account"], "account": "a"})
    lines.close()


def test_watch_ends_when_its_reader_leaves(confab, fake):
    fake()
    process = subprocess.Popen([confab.program, "--home", confab.home, "watch"], env=confab.env, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE)
    process.stdout.close()
    assert process.wait(rig.PATIENCE) == 0
    assert process.stderr.read() == b""
    process.stderr.close()


def test_watch_of_a_core_that_goes_is_2(confab, fake):
    def subscribe(session, request):
        session.say(id=request["id"], result={"rev": 1})
        session.hang_up()
    fake(subscribe=subscribe)
    assert confab.run("watch").returncode == 2


def test_a_full_disk_is_said(confab, fake):
    fake(run=result(output=["x"]))
    with open("/dev/full", "w") as full:
        done = subprocess.run([confab.program, "--home", confab.home, "do", "x"], env=confab.env, stdout=full,
                              stderr=subprocess.PIPE, text=True)
    assert done.returncode == 1 and "No space left" in done.stderr


def test_a_closed_output_is_no_signal(confab, fake):
    fake(run=result(output=["x"] * 10000))
    process = subprocess.Popen([confab.program, "--home", confab.home, "do", "x"], env=confab.env, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE)
    process.stdout.close()
    assert process.wait(rig.PATIENCE) == 1
    process.stderr.close()


def test_a_terminal_gets_no_escapes_and_a_pipe_gets_all(confab, fake):
    fake(run=result(output=["\x1b]0;owned\x07 \u009b2J ok"]))
    assert confab.run("do", "x").stdout == "\x1b]0;owned\x07 \u009b2J ok\n"
    near, far = pty.openpty()
    subprocess.run([confab.program, "--home", confab.home, "do", "x"], env=confab.env, stdout=far, stdin=subprocess.DEVNULL,
                   check=True)
    os.close(far)
    seen = os.read(near, 1000).decode()
    os.close(near)
    assert "ok" in seen and "\x1b" not in seen and "\x07" not in seen and "\u009b" not in seen


def test_stop_waits_for_the_process(confab, fake):
    """The pid that hello names is the one whose end is waited for."""
    other = subprocess.Popen(["sleep", "600"])

    def stop(session, request):
        session.say(id=request["id"], result={})
        session.hang_up()
    fake(hello={**FakeCore.HELLO, "pid": other.pid}, stop=stop)
    stopping = subprocess.Popen([confab.program, "--home", confab.home, "stop"], env=confab.env)
    try:
        with pytest.raises(subprocess.TimeoutExpired):
            stopping.wait(0.5)
        other.terminate()
        assert stopping.wait(rig.PATIENCE) == 0
    finally:
        rig.end(stopping)
        rig.end(other)


def test_a_long_path_to_the_socket(place):
    deep = rig.Confab(place.path / ("x" * 100) / ("y" * 100) / "home")
    core = FakeCore(deep.home, run=result(output=["here"]))
    try:
        assert deep.run("do", "x").stdout == "here\n"
    finally:
        core.close()


@pytest.mark.parametrize("env", [{}, {"LANG": "C"}, {"LANG": "de_XX.UTF-8"}, {"LC_ALL": "tlh"}])
def test_any_locale_and_cron(confab, fake, env):
    fake(run=result(output=["grüße"]))
    done = confab.run("do", "x", env={"HOME": str(confab.home), **{k: v for k, v in confab.env.items() if "SAN" in k}, **env})
    assert (done.returncode, done.stdout) == (0, "grüße\n")


def test_xdg_folders_and_profiles(place):
    home = place.path / "h"
    core = FakeCore(home / ".local")    # makes h/.local/state/socket
    try:
        env = rig.clean_env(HOME=home)
        program = str(rig.BUILD / "confab")
        (home / ".local/state/confab").mkdir()
        os.rename(core.path, home / ".local/state/confab/socket")
        core.path = home / ".local/state/confab/socket"
        assert subprocess.run([program, "call", "subscribe"], env=env, capture_output=True).returncode == 0
        other = subprocess.run([program, "--profile", "work", "call", "subscribe"], env=env, capture_output=True)
        assert other.returncode == 2
        nowhere = subprocess.run([program, "stop"], env={**rig.clean_env(), "HOME": "relative"}, capture_output=True)
        assert nowhere.returncode in (1, 2)
    finally:
        core.close()


def test_help_names_everything(confab):
    done = confab.run("--help")
    assert done.returncode == 0 and done.stderr == ""
    for word in ("call", "core", "do", "stop", "watch", "--home", "--profile", "--log", "--as", "--account", "--chat", "--wait",
                 "--yes", "--secret-fd", "--json", "--version"):
        assert word in done.stdout


def test_an_interrupt_ends_a_wait(confab, fake):
    core = fake(run=lambda session, request: None)
    # Whoever runs the tests in the background ignores interrupts, and children would do the same.
    process = subprocess.Popen([confab.program, "--home", confab.home, "do", "x"], env=confab.env,
                               preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
    rig.until(lambda: "run" in [m for m, _ in core.asked], "run was not asked for")
    process.send_signal(signal.SIGINT)
    assert process.wait(rig.PATIENCE) == -signal.SIGINT
