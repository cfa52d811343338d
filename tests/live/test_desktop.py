"""confab xmpp:LINK, as a desktop starts it: a line in the console, and nothing by itself."""
import rig


def start(tmux, confab, *words):
    return tmux(100, 24).start(confab.program, "--home", confab.home, *words, env=confab.env)


def test_a_link_is_a_line_to_be_sent(server, people, confab, tmux):
    mira, alice = people(2)
    jid = f"{alice}@{server.domain}"
    confab.account("home", server, mira)
    confab.start()
    confab.wait_state("home")
    terminal = start(tmux, confab, f"xmpp:{jid}?message;body=good%20day%0A/quit")
    terminal.wait_for(rf"^console> /msg {jid} good day /quit")
    # It stands there, and nothing of it has happened.
    assert jid not in [c["chat"] for c in confab.call("chats")["chats"]]
    terminal.keys("Enter")
    rig.until(lambda: jid in [c["chat"] for c in confab.call("chats")["chats"]] and
              [m["body"] for m in confab.history("home", jid)] == ["good day /quit"], "it was not sent")


def test_without_an_account_it_is_told(confab, tmux):
    terminal = start(tmux, confab, "xmpp:r@c.example?join")
    terminal.wait_for("confab has no account yet")
    terminal.keys("Escape")
    terminal.wait_for("When there is an account: /join r@c.example")


def test_it_is_no_address(confab):
    done = confab.run("xmpp:a@b.example", "xmpp:c@d.example")
    assert done.returncode == 1 and 'One link at a time: "xmpp:c@d.example"' in done.stderr
    done = confab.run("xmpp:a@b.example", "stop")
    assert done.returncode == 1 and 'One link at a time: "stop"' in done.stderr
    done = confab.run("xmpp:a@b.example")
    assert done.returncode == 1 and "There is no terminal here" in done.stderr
