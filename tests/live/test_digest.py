"""What came while nobody was attached, at a terminal that comes back."""
import rig


def test_welcome_back(server, people, peer, confab, tmux):
    mira, alice = people(2)
    contact = peer(alice)
    confab.account("home", server, mira).start()
    confab.wait_state("home")
    chat = f"{alice}@{server.domain}"
    confab.do(f"/msg {chat}", account="home")
    confab.call("active", focused=False, account="home", chat=chat)
    one = tmux(80, 24).confab(confab)
    one.wait_for(rf"^{alice}>")
    rig.until(lambda: [f for f in confab.call("faces")["faces"] if f["client"] == "tui"], "the face is not there")
    one.type("half a thought")
    one.keys("C-x", "d")
    assert one.exit_code() == 0
    rig.until(lambda: not [f for f in confab.call("faces")["faces"] if f["client"] == "tui"], "the face is still there")
    contact.send(f"{mira}@{server.domain}", "while you were away")
    rig.until(lambda: confab.call("history", account="home", chat=chat)["messages"], "it did not come")
    # A moment is no absence: nothing stands before the chat.
    one.confab(confab)
    screen = one.wait_for(rf"^{alice}> half a thought")
    assert "welcome back" not in screen
    one.keys("C-x", "a")
    screen = one.wait_for("While nobody was attached")
    assert "while you were away" in screen and "for you" in screen
    one.keys("Enter")
    one.wait_for(rf"^{alice}> half a thought")
    one.wait_gone("inbox")
