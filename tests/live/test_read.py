"""How far one has read: the same on all devices, told to others only for what stood in front of somebody."""
import pytest

import rig
import rpc

MARKABLE = "<markable xmlns='urn:xmpp:chat-markers:0'/>"


def chat_of(confab, chat):
    return next((c for c in confab.call("chats")["chats"] if c["chat"] == chat), None)


def unread(confab, chat):
    return (chat_of(confab, chat) or {}).get("unread")


def wait_unread(confab, chat, n):
    rig.until(lambda: unread(confab, chat) == n, lambda: f"unread: {unread(confab, chat)}\n{confab.tail()}")


@pytest.fixture(params=["server", "ejabberd"])
def where(request):
    return request.getfixturevalue(request.param)


@pytest.fixture
def two(confabs, where, people, place):
    """Two cores on one account, both on line, and a friend."""
    mira, alice = people(2, on=where)
    cores = [confabs(name).account("home", where, mira).start() for name in ("desk", "sofa")]
    for core in cores:
        core.wait_state("home")
        # Some servers tell nothing of it to whom nobody looks at.
        place.keep(rpc.Rpc(core, interactive=True)).call("active", focused=True, idle_s=0)
    return *cores, f"{alice}@{where.domain}", alice, f"{mira}@{where.domain}"


def see(confab, chat, body):
    message = next(m for m in confab.history("home", chat) if m["body"] == body)
    confab.call("seen", account="home", chat=chat, id=message["id"])


def test_read_on_one_device_is_read_on_the_other(two, peer, where):
    desk, sofa, chat, alice, mira = two
    other = peer(alice, server=where)
    for body in ("one", "two", "three"):
        other.send(mira, body)
    for core in (desk, sofa):
        wait_unread(core, chat, 3)
    see(desk, chat, "two")
    wait_unread(sofa, chat, 1)
    see(sofa, chat, "three")
    wait_unread(desk, chat, 0)
    assert unread(sofa, chat) == 0


def test_unread_is_right_after_the_catch_up(two, peer, where):
    desk, sofa, chat, alice, mira = two
    other = peer(alice, server=where)
    other.send(mira, "early")
    wait_unread(sofa, chat, 1)
    sofa.stop()
    for body in ("one", "two", "three"):
        other.send(mira, body)
    wait_unread(desk, chat, 4)
    watch = peer(mira.partition("@")[0], server=where, resource="watch", plain_presence=False)
    see(desk, chat, "two")

    def has_it():
        watch.raw("<iq type='get' id='items'><pubsub xmlns='http://jabber.org/protocol/pubsub'>"
                  "<items node='urn:xmpp:mds:displayed:0'/></pubsub></iq>")
        answer = watch.expect(ev="iq", id="items")
        return chat in answer["xml"]
    # The server has it when it tells it.
    rig.until(has_it, "the position is not on the server")
    sofa.start()
    sofa.wait_state("home")
    rig.until(lambda: [m["body"] for m in sofa.history("home", chat)] == ["early", "one", "two", "three"], sofa.tail)
    wait_unread(sofa, chat, 1)


def test_a_terminal_that_nobody_touches_tells_nobody(confab, server, people, peer, tmux):
    """Nobody pressed a key in it, and it says nothing of a focus: as when it stands in a tmux that was left."""
    mira, alice = people(2)
    chat, me = f"{alice}@{server.domain}", f"{mira}@{server.domain}"
    confab.account("home", server, mira).start()
    confab.wait_state("home")
    other = peer(alice)
    confab.do("hello", chat=chat, wait="stored")
    other.message("hello")
    # Left in front of that chat, with one that somebody used.
    first = tmux(100, 24).confab(confab)
    first.wait_for(f"2 .* {alice}")
    first.line("/win 2")
    first.wait_for(f"^{alice}>")
    first.line("/detach")
    assert first.exit_code() == 0
    terminal = tmux(100, 24).confab(confab)
    terminal.wait_for(f"^{alice}>")
    other.send(me, "look", id="k1", extra=MARKABLE)
    terminal.wait_for("look")
    confab.do("not seen", chat=chat)
    other.message("not seen")
    assert not [e for e in other.seen if "<displayed" in e.get("xml", "")]
    terminal.keys("Left")
    other.expect(ev="message", _condition=lambda e: "<displayed" in e["xml"] and "k1" in e["xml"])
    wait_unread(confab, chat, 0)
