"""Questions in the console, answered by a key at one of two terminals."""
import re

import rig


def test_a_request_is_answered_by_key_at_one_of_two_terminals(server, people, peer, confab, tmux):
    (mira,) = people(1)
    strangers = [f"{name}{mira}" for name in ("dave", "erin")]
    confab.account("home", server, mira).start()
    confab.wait_state("home")
    one, other = tmux(80, 24).confab(confab), tmux(60, 20).confab(confab, "--as", "other")
    for terminal in (one, other):
        terminal.wait_for("^console>")
    for n, stranger in enumerate(strangers):
        server.user(stranger)
        peer(stranger).presence(to=f"{mira}@{server.domain}", type="subscribe")
        # In this order, so that the first is the upper one.
        for terminal in (one, other):
            terminal.wait_for(f"Req {n + 1}")
    for terminal in (one, other):
        terminal.wait_for("M-s selects")
        terminal.keys("M-s", "k")
        terminal.wait_for(rf"\d\d:\d\d>home.*{strangers[0]}|home:.*{strangers[0]}")
        terminal.wait_for(r"o  /answer \d+ allow")
    one.keys("o")
    one.wait_for("Req 1")
    # The other terminal's question is gone under its hand: the key answers nothing and is typed nowhere.
    other.wait_for("Req 1")
    other.wait_for("that one is gone")
    other.keys("d")
    other.wait_gone("SELECT")
    assert re.search("^console>$", other.capture(), re.M)
    standing = lambda who: [c["subscription"] for c in confab.call("roster")["contacts"] if c["jid"].startswith(who)]
    rig.until(lambda: standing(strangers[0]) == ["from"], "the answer did not reach the server")
    assert len(confab.call("prompts")["prompts"]) == 1
    # The first terminal went on to the next question by itself.
    one.wait_for(r"a  /answer \d+ add")
    one.keys("a")
    for terminal in (one, other):
        terminal.wait_gone("Req")
    rig.until(lambda: standing(strangers[1]) in (["from"], ["both"]), "the second answer did not reach the server")
