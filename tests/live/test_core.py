"""The core's life as seen from the command line: start, one per profile, end; and what do, watch and call say of it."""
import json
import os
import signal
import subprocess

import pytest

import rig


@pytest.fixture
def home(confab, server, people):
    """confab with one account "home", on line, and its friend's name."""
    mira, alice = people(2)
    confab.account("home", server, mira).start()
    confab.wait_state("home")
    return confab, f"{alice}@{server.domain}", alice


def test_version_names_the_libraries_of_both_halves(confab):
    done = confab.run("--version")
    assert done.returncode == 0 and done.stderr == ""
    for name in ("confab 0", "GLib", "Jansson", "ncurses", "readline", "libunistring", "strophe", "sqlite", "SASL", "OpenSSL"):
        assert name in done.stdout


def test_do_waits_until_it_is_delivered(home, peer):
    confab, chat, alice = home
    other = peer(alice, receipts=True)
    confab.do("from a shell, grüße", chat=chat, wait="delivered")
    other.message("from a shell, grüße")
    assert [(m["body"], m["state"]) for m in confab.history("home", chat)] == [("from a shell, grüße", "delivered")]


def test_wait_stored_needs_only_the_server(home):
    confab, chat, _ = home
    confab.do(f"/msg {chat} nobody is there", wait="stored")


def test_wait_gives_up_when_nobody_receives(home):
    confab, chat, _ = home
    done = confab.run("do", "--wait", "delivered", "--timeout", "1", f"/msg {chat} hello?")
    assert done.returncode == 1 and "stored" in done.stderr


def test_two_rows_are_one_message(home, peer):
    confab, chat, alice = home
    other = peer(alice)
    confab.do("one\n/quit", chat=chat)
    other.message("one\n/quit")


def test_an_unknown_command_is_1_and_says_so(home):
    confab, _, _ = home
    assert "/invte" in confab.do("/invte x", ok=False)


def test_watch_sees_what_comes(home, peer):
    confab, chat, alice = home
    watch = confab.watch("message", account="home")
    peer(alice).send(f"{confab.accounts()['home']['jid']}", "psst")
    event = watch.expect(type="message", body="psst")
    assert (event["direction"], event["chat"], event["account"]) == ("in", chat, "home")
    assert event["rev"] > 0 and event["time"].endswith("Z")


def test_call_speaks_the_protocol(home):
    confab, chat, _ = home
    assert confab.call("accounts")["accounts"][0]["account"] == "home"
    done = confab.run("call", "history", json.dumps({"account": "home", "chat": chat, "limti": 3}))
    assert done.returncode == 1 and '"limti"' in done.stderr
    done = confab.run("call", "nonsense")
    assert done.returncode == 1 and "confab: " in done.stderr


def test_stop_returns_when_the_next_core_can_start(confab):
    for _ in range(5):
        confab.start()
        confab.stop()
        assert not confab.answers()
    assert confab.run("stop").returncode == 2


def test_a_second_core_says_who_has_the_profile_and_is_3(confab):
    confab.start()
    done = confab.run("core")
    assert done.returncode == 3
    assert str(confab.process.pid) in done.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_it_within_3_s(home, number):
    confab, _, _ = home
    confab.process.send_signal(number)
    assert confab.process.wait(rig.PATIENCE if os.environ.get("SLOW") else 3) == 0
    confab.process = None
    assert not confab.answers()


def test_core_is_the_same_process(confab):
    """confab core becomes the core: systemd and tmux know its number."""
    confab.start()
    assert os.readlink(f"/proc/{confab.process.pid}/exe").endswith("confab-core")
    assert confab.run("call", "hello", "{}").returncode in (0, 1)


def test_kill_9_leaves_nothing_in_the_way(home):
    confab, chat, _ = home
    confab.do("kept", chat=chat)
    confab.kill()
    assert confab.run("do", "x").returncode == 2
    confab.start()
    assert [m["body"] for m in confab.history("home", chat)] == ["kept"]


def test_the_files_are_private(home):
    confab, chat, _ = home
    confab.do("secret", chat=chat)
    modes = {p.name: p.stat().st_mode & 0o777 for p in confab.home.rglob("*") if p.name != "core.stderr"}
    assert modes["socket"] == 0o600 and modes["state"] == 0o700 and modes["confab.db"] == 0o600 and modes["accounts"] == 0o600
    log = confab.tail(10 ** 6)
    assert "secret" not in log and "secret-mira" not in log


def test_a_terminal_starts_the_core_and_the_core_stays(confab, server, people, tmux):
    mira, _ = people(2)
    confab.account("home", server, mira)
    terminal = tmux(80, 24).confab(confab)
    rig.until(confab.answers, terminal.capture)
    confab.wait_state("home")
    terminal.wait_for("home ")
    core = confab.run("call", "faces").stdout
    assert '"tui"' in core
    terminal.line("/detach")
    assert terminal.exit_code() == 0
    assert confab.answers()
    again = tmux(80, 24).confab(confab)
    again.wait_for("home")
    again.line("/quit")
    assert again.exit_code() == 0
    rig.until(lambda: not confab.answers(), "/quit left the core")


def test_terminals_that_open_at_once_start_one_core(confab, server, people, tmux):
    confab.account("home", server, people(1)[0])
    terminals = [tmux(80, 24).confab(confab) for _ in range(3)]
    rig.until(lambda: len(json.loads(confab.run("call", "faces").stdout or '{"faces":[]}')["faces"]) >= 3,
              lambda: "\n".join(t.capture() for t in terminals))
    for terminal in terminals:
        terminal.line("/detach")
        assert terminal.exit_code() == 0


def test_a_core_that_cannot_start_is_one_sentence_in_the_terminal(confab, tmux):
    confab.accounts_file.parent.mkdir(parents=True)
    confab.accounts_file.write_text("[home]\njid = mira@localhost\nnonsense = 1\n")
    confab.accounts_file.chmod(0o600)
    terminal = tmux(100, 24).confab(confab)
    assert terminal.exit_code() == 1
    screen = terminal.wait_for("^confab: ")
    assert "accounts" in screen and "nonsense" in screen and "3" in screen
    assert not confab.answers()


@pytest.mark.parametrize("words", [[], ["do", "x"]])
def test_an_unreadable_home(place, words):
    path = place.path / "file"
    path.write_text("no folder")
    confab = rig.Confab(place.path / "unused")
    done = subprocess.run([confab.program, "--home", str(path), *words, *([] if words else ["core"])], env=confab.env,
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=rig.PATIENCE)
    assert done.returncode in (1, 2) and str(path) in done.stderr


def test_crons_environment(home):
    """HOME alone: no PATH, no LANG, no terminal."""
    confab, chat, _ = home
    env = {"HOME": "/nonexistent", **{k: v for k, v in confab.env.items() if "SAN" in k}}
    assert confab.run("do", "--chat", chat, "--wait", "stored", "von cron: größer", env=env).returncode == 0
    assert confab.history("home", chat)[-1]["body"] == "von cron: größer"


def test_a_core_below_a_long_path(place):
    deep = place.keep(rig.Confab(place.path / ("x" * 100) / ("y" * 100)))
    deep.start()
    assert deep.call("accounts") == {"accounts": []}


def test_an_end_in_the_middle_of_a_log_in(place, server, people):
    """Wherever the connection's thread is, the process ends well."""
    mira = people(1)[0]
    for step in range(12):
        confab = rig.Confab(place.path / str(step)).account("home", server, mira).start()
        if step:
            rig.until(lambda: confab.tail().count("debug stream") >= min(step, 4), confab.tail)
        confab.close()
