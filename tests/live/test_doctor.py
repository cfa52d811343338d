"""confab doctor: with and without a core, against a real server and what can be wrong."""
import os
import random
import re
import socket
import sqlite3

import pytest

import rig
from rogue import Rogue


def doctor(confab, *words, code):
    done = confab.run("doctor", *words)
    assert done.returncode == code and not done.stderr, done.stdout + done.stderr
    heads = re.findall(r"^\S.*", done.stdout, re.M)
    assert heads[0] == ("Settings" if "--config" in words else "Terminal") and len(heads) == len(set(heads)), heads
    return done.stdout


def test_nothing_there_yet(confab):
    text = doctor(confab, code=0)
    assert "There is no account yet" in text and "No core runs for profile default." in text
    # It looks, and makes nothing.
    assert not (confab.home / "data").exists()


def test_all_is_well_without_a_core(server, people, confab):
    mira, = people(1)
    confab.account("home", server, mira)
    confab.start()
    confab.wait_state("home")
    confab.do("/msg alice@localhost hello", account="home")
    confab.stop()
    text = doctor(confab, code=0)
    assert "!!" not in text and "No core runs" in text
    assert re.search(r"confab\.db is whole: schema \d+, 1 messages", text)
    assert re.search(r"TLSv1\.3, certificate of .* until \d{4}-\d\d-\d\d, (29|30) days left", text)
    assert re.search(r"offers .*SCRAM-SHA-\S+.*; confab would log in with SCRAM-SHA-", text)
    assert f"secret-{mira}" not in text


def test_no_password_goes_out(place, authority, server, confab):
    """Not even where PLAIN is all there is, and a password is in the file."""
    rogue = place.keep(Rogue(authority, mechanisms=["PLAIN"]))
    confab.account("home", server, "mira", port=rogue.port, password="secret")
    assert "confab would log in with PLAIN" in doctor(confab, code=0)
    assert rogue.said and b"<auth" not in rogue.said and b"secret" not in rogue.said


def test_beside_a_core(server, people, confab):
    mira, = people(1)
    confab.account("home", server, mira)
    confab.start()
    confab.wait_state("home")
    text = doctor(confab, code=0)
    assert "A core runs and answers" in text and "The core says that home is online" in text
    assert "The clock agrees with that of the server of home" in text
    for service in ("stream management", "archive", "carbons", "personal storage", "rooms", "ping"):
        assert f"ok  {service}: in use" in text, text
    assert "--  blocking: offered, and not used by this version" in text
    (confab.home / "state/socket").unlink()
    text = doctor(confab, code=1)
    assert "nothing answers" in text and f"pid {confab.process.pid}" in text and "USR1" in text
    # The core lost nothing by it.
    os.kill(confab.process.pid, 10)
    rig.until(confab.answers, "the socket does not come back")
    assert confab.accounts()["home"]["state"] == "online"


def test_what_the_core_cannot_do(server, people, confab):
    mira, = people(1)
    confab.account("home", server, mira, password="wrong")
    confab.start()
    confab.wait_state("home", "failed")
    text = doctor(confab, code=1)
    assert re.search(r"!!  The core says that home is failed\. .*not-authorized", text) and "/why home" in text
    # The way to the server itself is good.
    assert "confab would log in with" in text
    steps = confab.do("/why home")
    assert "TLSv1.3" in steps and "logging in with SCRAM" in steps and "not-authorized" in steps
    assert "wrong" not in steps


def test_files(server, people, confab):
    mira, = people(1)
    confab.account("home", server, mira, port=rig.free_ports(1)[0])
    confab.accounts_file.chmod(0o644)
    (confab.home / "config/config").write_text("[privacy]\ntyping = perhaps\n")
    text = doctor(confab, code=1)
    assert f"chmod 600 {confab.accounts_file}" in text and "read by others (mode 0644)" in text
    assert f"{confab.home}/config/config:2: " in text
    assert "Connection refused" in text
    confab.accounts_file.write_text("[home]\njid = a@example.org\nprot = 1\n")
    assert f"{confab.accounts_file}:3: " in doctor(confab, code=1)


def test_config_alone(confab):
    """All that is wrong in the files at once; no core, no server."""
    folder = confab.home / "config"
    text = doctor(confab, "--config", code=0)
    assert "Every setting has its default" in text and "Core and database" not in text and "Terminal" not in text
    folder.mkdir(parents=True, exist_ok=True)
    confab.accounts_file.write_text("[home]\njid = mira@localhost\n")
    (folder / "config").write_text("# mine\n[history]\nkeep_days = 30\n[ui]\nmousse = true\nmouse = perhaps\n"
                                   "[alias]\nbad name = x\n[on]\nfirst = x\n[privacy]\ntyping = never\n")
    text = doctor(confab, "--config", code=1)
    wrong = dict(line.split(f"{folder}/config:")[1].split(": ", 1) for line in text.splitlines() if "!!" in line)
    assert sorted(wrong, key=int) == ["5", "6", "8", "10", "12"]
    assert "there is no setting ui.mousse; near to it: ui.mouse." in wrong["5"]
    assert 'mouse is true or false, not "perhaps"' in wrong["6"]
    assert "history.keep_days = 30 (default" in text and "ok  home" in text
    (folder / "config").write_text("[history]\nkeep_days = 30\nnonsense\n")
    assert "config:3: this line is neither" in doctor(confab, "--config", code=1)
    (folder / "config").write_text("[ui]\n" + "".join(f"x{i} = 1\n" for i in range(300)))
    text = doctor(confab, "--config", code=1)
    assert text.count("!!") == 100 and "There may be more" in text
    (folder / "config").unlink()
    confab.accounts_file.write_text("[home]\njid = mira@localhost\nprot = 1\n")
    assert f"{confab.accounts_file}:3: " in doctor(confab, "--config", code=1)


def test_one_account_of_two(server, people, confab):
    mira, alice = people(2)
    confab.account("home", server, mira).account("broken", server, alice, port=rig.free_ports(1)[0])
    text = doctor(confab, "--account", "home", code=0)
    assert "Account home" in text and "broken" not in text
    text = doctor(confab, code=1)
    assert text.index("Account home") < text.index("Account broken") < text.index("Connection refused")
    assert 'There is no account "nobody"' in doctor(confab, "--account", "nobody", code=1)


@pytest.mark.parametrize("options, words", [({"expired": True}, "it ended on"), ({"self_signed": True}, "does not log in with"),
                                            ({"hosts": ("other.example",)}, "other.example")])
def test_certificates(place, authority, people, server, confab, options, words):
    pair = authority.certificate("doctor-" + "-".join(options), **options)
    bad = place.keep(rig.Prosody(place.path / "bad", authority, certificate=pair)).start()
    confab.account("home", bad, "mira")
    assert words in doctor(confab, code=1).split("!!")[1]


@pytest.mark.parametrize("knobs, words", [
    ({"mechanisms": ["DIGEST-MD5"]}, "offers no way to log in"), ({"mechanisms": []}, "offers no way to log in")])
def test_weak_servers(place, authority, server, confab, knobs, words):
    rogue = place.keep(Rogue(authority, **knobs))
    confab.account("home", server, "mira", port=rogue.port)
    text = doctor(confab, code=1)
    assert words in text


def test_a_server_that_says_nothing(confab, server):
    """It is not waited for without end: the deadlines of a stream hold."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        confab.account("home", server, "mira", port=silent.getsockname()[1])
        assert "said nothing for" in doctor(confab, code=1)


def test_a_damaged_database(server, people, confab):
    seed = random.randrange(1 << 30)
    dice = random.Random(seed)
    mira, = people(1)
    confab.account("home", server, mira)
    confab.start()
    confab.do(*[f"/msg alice@localhost {'word ' * 40}{n}" for n in range(60)], account="home")
    confab.stop()
    whole = (confab.home / "data/confab.db").read_bytes()
    for turn in range(5):
        damaged = bytearray(whole)
        for _ in range(40):
            at = dice.randrange(4096, len(damaged) - 64)
            damaged[at:at + 64] = dice.randbytes(64)
        (confab.home / "data/confab.db").write_bytes(damaged)
        text = confab.run("doctor").stdout
        assert re.search(r"!!  .*confab\.db (is damaged|cannot be used)", text), f"seed {seed}, turn {turn}: {text}"
        assert (confab.home / "data/confab.db").read_bytes() == bytes(damaged), f"seed {seed}: it was changed"


def test_the_terminal(confab, tmux):
    terminal = tmux(100, 40).start(confab.program, "--home", confab.home, "doctor", env={**confab.env, "TMUX": ""})
    screen = terminal.wait_for("No core runs")
    assert re.search(r"ok  TERM is tmux-256color: 256 colours", screen) and "ok  The locale is UTF-8" in screen
    assert terminal.exit_code() == 0
    terminal = tmux(100, 40, term="xterm-256color").start(confab.program, "--home", confab.home, "doctor",
                                                          env={**confab.env, "LANG": "tlh_KX.UTF-8"})
    screen = terminal.wait_for("No core runs")
    assert "does not exist on this machine" in screen and "export LANG" in screen
    assert terminal.exit_code() == 1


def test_tmux_settings(confab, tmux):
    terminal = tmux(100, 40)
    terminal.start("cat")
    terminal._tmux("set", "-sg", "escape-time", "500")
    terminal._tmux("set", "-g", "focus-events", "off")
    there = f"{terminal.folder}/s,1,0"
    terminal.start(confab.program, "--home", confab.home, "doctor", env={**confab.env, "TMUX": there})
    screen = terminal.wait_for("No core runs")
    assert "tmux holds Esc back for 500 ms" in screen and "set -sg escape-time 10" in screen
    assert "set -g focus-events on" in screen and terminal.exit_code() == 1


def test_a_server_that_lacks_much(place, authority, confab):
    poor = place.keep(rig.Prosody(place.path / "poor", authority, without=("mam", "carbons", "smacks", "blocklist"))).start()
    poor.user("mira")
    confab.account("home", poor, "mira").start()
    confab.wait_state("home")
    text = doctor(confab, code=0)
    assert "--  archive: not offered; what is said" in text and "--  carbons: not offered; what your other" in text
    assert "--  stream management: not offered; what is under way" in text and "blocking" not in text
    assert "ok  ping: in use" in text


def test_why_a_message_came_back(server, people, peer, confab):
    mira, = people(1)
    confab.account("home", server, mira).start()
    confab.wait_state("home")
    for to, means in (("nobody@localhost", "no such person"), ("localhost", "servers read no messages"),
                      ("a@nowhere.invalid", "talks to no other servers")):
        number = confab.call("run", line=f"/msg {to} are you there", account="home")["message"]
        rig.until(lambda: confab.call("message", id=number)["message"]["state"] == "failed", f"{to} answers with an error")
        assert means in confab.do(f"/why {number}", account="home"), to
