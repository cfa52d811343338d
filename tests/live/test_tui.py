"""The terminal face, under tmux: keys go into the real program, the screen is read; core and server are real."""
import fcntl
import os
import pathlib
import re
import signal
import time

import rig


def talk(server, people, peer, confab, tmux, columns=80, rows=24):
    """Somebody at a terminal, in the chat of a contact."""
    mira, alice = people(2)
    contact = peer(alice, receipts=True)
    confab.account("home", server, mira)
    confab.start()
    confab.wait_state("home")
    chat = f"{alice}@{server.domain}"
    confab.do(f"/msg {chat}", account="home")
    confab.call("active", focused=False, account="home", chat=chat)
    terminal = tmux(columns, rows).confab(confab)
    terminal.wait_for(rf"^{alice}")
    return terminal, contact, alice, f"{mira}@{server.domain}", chat


def idle_counts(pid):
    """Context switches so far, both kinds, of all threads."""
    total = 0
    for status in pathlib.Path(f"/proc/{pid}/task").glob("*/status"):
        total += sum(map(int, re.findall(r"voluntary_ctxt_switches:\s+(\d+)", status.read_text())))
    return total


def test_a_conversation(server, people, peer, confab, tmux):
    terminal, contact, alice, mira, _ = talk(server, people, peer, confab, tmux)
    assert "TLS only" in terminal.wait_for(alice).splitlines()[0]
    terminal.line("grüße 漢字 👍")
    contact.message("grüße 漢字 👍")
    terminal.wait_for(r"✓  grüße 漢字 👍")
    contact.send(mira, "and back\nin two rows")
    terminal.wait_for(r"and back\n {18}in two rows")
    terminal.line("//starts with a slash")
    contact.message("/starts with a slash")
    terminal.keys("M-Enter")
    terminal.type("/me in the second row")
    terminal.keys("Enter")
    contact.message("\n/me in the second row")
    terminal.line("/me waves")
    terminal.wait_for(r"\* +\S+ +mira.* waves|\* +.*waves")


def test_an_unknown_command_stays_in_the_line(server, people, peer, confab, tmux):
    terminal, contact, alice, mira, _ = talk(server, people, peer, confab, tmux)
    terminal.line("/invte somebody")
    terminal.wait_for(r"!!.*/invte")
    assert terminal.wait_for(rf"^{alice}> /invte somebody")


def test_completion_and_help(server, people, peer, confab, tmux):
    terminal, contact, alice, mira, _ = talk(server, people, peer, confab, tmux)
    terminal.type("/r")
    terminal.keys("Tab")
    first = terminal.wait_for(r"^ > /r\w+ ")
    terminal.keys("Tab")
    second = terminal.wait_for(rf"^ > /(?!{re.search('^ > /([a-z]+)', first, re.M)[1]} )r\w+ ")
    assert re.search("^ > /r", second, re.M)
    terminal.keys("Escape")
    terminal.wait_for(rf"^{alice}> /r$")
    terminal.keys("C-u")
    terminal.line("/help msg")
    terminal.wait_for("opens the chat with somebody")
    terminal.line("/keys")
    terminal.wait_for("toggle-chat-list")


def test_a_paste_is_asked_about_and_never_a_command(server, people, peer, confab, tmux):
    terminal, contact, alice, mira, _ = talk(server, people, peer, confab, tmux)
    terminal.paste("/quit")
    terminal.keys("Enter")
    contact.message("/quit")
    terminal.paste("one\ntwo\nthree\nfour\n/quit")
    terminal.wait_for("pasted: 5 lines")
    terminal.keys("Enter")
    terminal.type("s")
    contact.message("one\ntwo\nthree\nfour\n/quit")
    terminal.wait_gone("pasted:")


def test_detach_and_attach(server, people, peer, confab, tmux):
    terminal, contact, alice, mira, chat = talk(server, people, peer, confab, tmux)
    terminal.line("before")
    contact.message("before")
    terminal.type("half a thought")
    rig.until(lambda: [c for c in confab.call("chats")["chats"] if c.get("draft") == "half a thought"], "no draft")
    terminal.keys("C-x", "d")
    assert terminal.exit_code() == 0
    contact.send(mira, "while you were away")
    rig.until(lambda: any(m.get("body") == "while you were away" for m in confab.history("home", chat)), "it did not come")
    terminal.confab(confab)
    screen = terminal.wait_for(rf"^{alice}> half a thought")
    assert "while you were away" in screen and "1 new" in screen
    # A closed terminal ends the face only; SIGHUP is what it gets.
    os.kill(terminal.pid(), signal.SIGHUP)
    assert terminal.exit_code() == 0
    assert confab.accounts()


def test_seen_only_in_front_of_somebody(server, people, peer, confab, tmux):
    terminal, contact, alice, mira, chat = talk(server, people, peer, confab, tmux)
    contact.send(mira, "look at me")
    terminal.wait_for("look at me")

    def unread():
        return [c.get("unread", 0) for c in confab.call("chats")["chats"] if c["chat"] == chat][0]

    rig.until(lambda: unread() == 1, "it is not unread")
    terminal.keys("C-l")
    rig.until(lambda: unread() == 0, "a key was pressed, and it is still unread")


def test_walking_between_chats(server, people, peer, confab, tmux):
    mira, alice, bob = people(3)
    a, b = peer(alice), peer(bob)
    confab.account("home", server, mira)
    confab.start()
    confab.wait_state("home")
    for name in (alice, bob):
        confab.do(f"/msg {name}@{server.domain}", account="home")
    terminal = tmux(100, 24).confab(confab)
    terminal.wait_for("^console>|^alice|^bob")
    terminal.keys("M-1")
    terminal.wait_for("^console>")
    b.send(f"{mira}@{server.domain}", "knock")
    terminal.wait_for(rf"Act 3:{bob}\(1\)")
    terminal.keys("M-a")
    terminal.wait_for("knock")
    terminal.type("for bob")
    terminal.keys("M-2")
    terminal.wait_for(rf"^{alice}>$")
    terminal.type("for alice")
    terminal.keys("M-3")
    terminal.wait_for(rf"^{bob}> for bob")
    terminal.keys("Enter")
    b.message("for bob")
    terminal.keys("M-/", "Enter")
    a.message("for alice")
    terminal.keys("C-x", "k")
    terminal.wait_gone(rf"2[ >]. {alice}")


def test_paging_through_everything(server, people, peer, confab, tmux):
    terminal, contact, alice, mira, chat = talk(server, people, peer, confab, tmux)
    for k in range(1, 601, 100):
        confab.do(*[f"/say number {n}." for n in range(k, k + 100)], account="home", chat=chat)
    terminal.wait_for(r"number 600\.")
    for _ in range(60):
        terminal.keys("PPage")
        if "number 1." in terminal.capture():
            break
    screen = terminal.wait_for(r"number 1\.\n")
    assert "scrolled back" in screen and "End returns" in screen
    terminal.keys("End")
    terminal.wait_for(r"number 600\.")
    terminal.wait_gone("scrolled back")


def test_resizing(server, people, peer, confab, tmux):
    terminal, contact, alice, mira, _ = talk(server, people, peer, confab, tmux)
    contact.send(mira, "a sentence that is long enough to be broken into rows wherever the screen is narrow")
    terminal.wait_for("a sentence")
    for columns, rows in ((120, 40), (20, 5), (10, 3), (40, 12), (100, 30), (80, 24)):
        terminal.resize(columns, rows)
    terminal.wait_for(r"^.{18}\S* ?wherever|wherever")
    assert terminal.wait_for("TLS only").splitlines()[0].startswith(" 2")
    terminal.resize(100, 30)
    terminal.wait_for(r"^  2>")


def test_a_password_is_asked_for_and_never_shown(server, people, peer, confab, tmux):
    mira, = people(1)
    confab.account("home", server, mira, password=None)
    text = confab.accounts_file.read_text()
    confab.accounts_file.write_text("".join(l for l in text.splitlines(True) if not l.startswith("password")))
    confab.start()
    terminal = tmux().confab(confab)
    terminal.wait_for("Req 1")
    terminal.keys("C-x", "q")
    terminal.wait_for("^password for home>")
    terminal.type(f"secret-{mira}")
    screen = terminal.wait_for(r"> \*{8}")
    assert "secret" not in screen
    terminal.keys("Enter")
    terminal.wait_for("^keep it")
    terminal.line("n")
    terminal.wait_for("home ●")
    terminal.keys("Up")
    assert "secret-" not in terminal.capture()
    assert f"secret-{mira}" not in confab.accounts_file.read_text()


def test_the_first_start(server, people, confab, tmux):
    mira, = people(1)
    confab.start()
    terminal = tmux().confab(confab)
    terminal.wait_for("Three questions")
    terminal.line(f" xmpp:{mira.upper()}@{server.domain} ")
    terminal.wait_for("^name>")
    terminal.keys("C-u")
    terminal.line("home")
    # The rig's server is nowhere in the DNS: what matters is that the account is made and the password asked for.
    terminal.wait_for("^password for home>")
    terminal.line("whatever")
    rig.until(lambda: [a for a in confab.call("accounts")["accounts"] if a["jid"] == f"{mira}@{server.domain}"],
              "there is no account")
    assert "whatever" not in terminal.capture()


def test_the_first_start_lets_commands_through(confab, tmux):
    confab.start()
    terminal = tmux().confab(confab)
    terminal.wait_for("first start")
    terminal.wait_for("^address>")
    terminal.keys("C-u")
    terminal.line("/help connect")
    terminal.wait_for(r"/connect \[ACCOUNT\]")
    terminal.line("/detach")
    assert terminal.exit_code() == 0


def test_the_first_start_ends_when_the_server_is_not_there(confab, tmux):
    confab.start()
    terminal = tmux().confab(confab)
    terminal.wait_for("^address>")
    terminal.line("mira@localhost")
    terminal.wait_for("^name>")
    terminal.line("")
    terminal.wait_for("^password for localhost>")
    # Nobody listens on the usual port of this machine.
    terminal.line("not-a-real-password")
    terminal.wait_for("^console>")
    terminal.wait_for("Connection refused|could not be reached")
    terminal.line(f"/account set localhost port {rig.free_ports(1)[0]}")
    terminal.wait_for(r"!!\s+/\S+")


def test_quit_asks_where_something_would_be_lost(server, people, peer, confab, tmux):
    terminal, contact, alice, mira, chat = talk(server, people, peer, confab, tmux)
    confab.do("/disconnect home")
    confab.wait_state("home", "offline")
    terminal.line("not sent yet")
    terminal.wait_for("…  not sent yet")
    terminal.line("/quit")
    terminal.wait_for(r"end the core \(no, yes\)>")
    terminal.line("no")
    terminal.wait_for("The core goes on")
    terminal.line("/quit")
    terminal.wait_for(r"end the core \(no, yes\)>")
    terminal.line("yes")
    assert terminal.exit_code() == 0


def test_a_face_outlives_its_core(server, people, peer, confab, tmux):
    terminal, contact, alice, mira, chat = talk(server, people, peer, confab, tmux)
    terminal.line("before")
    contact.message("before")
    terminal.type("half a line")
    terminal.wait_for(rf"^{alice}> half a line")
    confab.kill()
    assert "home ○" in terminal.wait_for("The core ended")
    terminal.wait_for("no core: /restart")
    terminal.type(" goes on")
    terminal.keys("Enter")
    terminal.wait_for("There is no core now")
    terminal.wait_for(rf"^{alice}> half a line goes on$")
    confab.start()
    terminal.wait_for("The core is here again")
    screen = terminal.wait_for("home ●")
    assert re.search(rf"^{alice}> half a line goes on$", screen, re.M) and re.search("✓? +before", screen)
    # The draft is the new core's too, before anything is sent.
    rig.until(lambda: [c for c in confab.call("chats")["chats"] if c.get("draft") == "half a line goes on"], "no draft")
    terminal.keys("Enter")
    contact.message("half a line goes on")
    # And once more, by its own wish.
    terminal.type("kept")
    confab.stop()
    terminal.wait_for("no core: /restart")
    confab.start()
    terminal.wait_gone("no core: /restart")
    terminal.wait_for(rf"^{alice}> kept$")


def test_restart_takes_the_program_on_disk(server, people, peer, confab, tmux):
    terminal, contact, alice, mira, chat = talk(server, people, peer, confab, tmux)
    pid, epoch = confab.process.pid, confab.call("hello", client="test", protocol=1)["epoch"]
    terminal.line("/restart")
    terminal.wait_for("The core is here again")
    terminal.wait_for("home ●")
    assert confab.process.poll() is None and confab.call("hello", client="test", protocol=1)["pid"] == pid
    assert confab.call("hello", client="test", protocol=1)["epoch"] != epoch
    terminal.line("after it")
    contact.message("after it")


def test_restart_starts_a_core_that_is_gone(server, people, peer, confab, tmux):
    terminal, contact, alice, mira, chat = talk(server, people, peer, confab, tmux)
    confab.kill()
    terminal.wait_for("The core ended")
    try:
        terminal.line("/restart")
        terminal.wait_for("The core is here again")
        terminal.line("from the new one")
        contact.message("from the new one")
    finally:
        confab.run("stop")
    terminal.wait_for("no core: /restart")
    terminal.line("/quit")
    assert terminal.exit_code() == 0


def test_at_rest_nobody_is_woken(server, people, peer, confab, tmux):
    terminal, contact, alice, mira, chat = talk(server, people, peer, confab, tmux)
    pid = terminal.pid()
    last, since = idle_counts(pid), time.monotonic()

    def quiet():
        nonlocal last, since
        now = idle_counts(pid)
        if now != last:
            last, since = now, time.monotonic()
        return time.monotonic() - since > 3

    # Three seconds in which nothing at all happens, within the first minute.
    rig.until(quiet, "the face is woken all the time", 60)
    rss = int(re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text())[1])
    assert rss < 10 * 1024 or rig.SANITIZED


def test_somebody_asks_to_be_a_contact(server, people, peer, confab, tmux):
    terminal, contact, alice, mira, chat = talk(server, people, peer, confab, tmux)
    stranger = f"dave{alice}"
    server.user(stranger)
    terminal.type("half a sentence")
    peer(stranger).presence(to=mira, type="subscribe")
    # A mark, and nothing that takes the keyboard.
    terminal.wait_for("Req 1")
    terminal.type(" goes on")
    terminal.wait_for(rf"^{alice}> half a sentence goes on")
    terminal.keys("C-x", "q")
    screen = terminal.wait_for("to be answered")
    assert stranger in screen and "/answer" in screen
    terminal.line("allow")
    terminal.wait_gone("Req 1")
    terminal.keys("M-2")
    terminal.wait_for(rf"^{alice}> half a sentence goes on")
    rig.until(lambda: any(c["jid"].startswith(stranger) and c["subscription"] in ("from", "both")
                          for c in confab.call("roster")["contacts"]), "the answer did not reach the server")


def test_two_faces_show_the_same(server, people, peer, confab, tmux):
    one, contact, alice, mira, chat = talk(server, people, peer, confab, tmux)
    other = tmux(60, 20).confab(confab)
    other.wait_for(rf"^{alice}>")
    one.line("from the first")
    other.wait_for("from the first")
    one.type("typed in the first")
    other.wait_for(rf"^{alice}> typed in the first")
    other.keys("C-u")
    one.wait_for(rf"^{alice}>$")


def test_the_frame_is_there_before_the_core(confab, tmux):
    """A core that takes long to start holds up neither the frame nor what is typed, and nothing of it is lost."""
    state = confab.home / "state"
    state.mkdir(parents=True, mode=0o700)
    folder = os.open(state, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)    # whoever starts a core waits for this
        terminal = tmux(80, 24)
        terminal.confab(confab)
        terminal.wait_for("console>")
        terminal.type("/he")
        terminal.wait_for(r"Starting the core\.")
        terminal.wait_for("console> /he$")
        assert not confab.answers()
    finally:
        os.close(folder)
    rig.until(confab.answers, "no core was started")
    terminal.wait_for("first start")
    terminal.keys("Escape")
    terminal.wait_for("No account was made")
    terminal.wait_for("console> /he$")
    terminal.keys("C-u")
    terminal.line("/detach")
    assert terminal.exit_code() == 0
