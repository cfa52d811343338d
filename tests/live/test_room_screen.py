"""A room at a terminal: who is in it, who comes and goes, what is for us."""
import pytest

import rig

MUC = "http://jabber.org/protocol/muc"


def enter(peer, room, nick):
    peer.raw(f"<presence to='{room}/{nick}'><x xmlns='{MUC}'/></presence>")
    peer.expect(lambda e: e["from"] == f"{room}/{nick}" and 'code="110"' in e["xml"], ev="presence")


def test_a_room_at_a_terminal(server, people, peer, confab, tmux):
    me, owner, other = people(3)
    anna, ben = peer(owner), peer(other)
    name = f"cave-{me}"
    room = f"{name}@conference.{server.domain}"
    enter(anna, room, "anna")
    anna.raw(f"<iq type='set' id='unlock' to='{room}'><query xmlns='{MUC}#owner'><x xmlns='jabber:x:data' type='submit'/></query></iq>")
    anna.expect(ev="iq", id="unlock", type="result")
    confab.account("home", server, me, nick="zoe").start()
    confab.wait_state("home")
    confab.do("/set room.presence all")
    terminal = tmux(120, 30).confab(confab)
    terminal.wait_for("^console>")
    terminal.line(f"/join {room}")
    terminal.wait_for(rf"^#{name}>")
    # Who is there, with us.
    terminal.wait_for(r"│owners 1")
    terminal.wait_for("2 here")
    terminal.wait_for(r"● anna *$")
    terminal.wait_for(r"● zoe you")
    enter(ben, room, "ben")
    terminal.wait_for("3 here")
    terminal.wait_for(r"● ben *$")
    terminal.wait_for(r"-- +1 joined: ben")
    # Said to nobody, and to us.
    anna.send(room, "the build is green", type="groupchat")
    terminal.wait_for(r"anna +the build is green")
    terminal.line("good")
    terminal.wait_for(r"zoe +\S* +good")
    ben.raw(f"<presence to='{room}/ben' type='unavailable'/>")
    terminal.wait_for("2 here")
    terminal.wait_for(r"-- +1 left: ben")
    # The list goes and comes, and is remembered.
    terminal.keys("F8")
    terminal.wait_gone("owners 1")
    terminal.keys("C-x", "d")
    terminal.exit_code()
    terminal.confab(confab)
    terminal.wait_for(rf"^#{name}>")
    terminal.wait_for("the build is green")
    rig.until(lambda: "info.wide hidden" in (confab.call("layout", name="main").get("text") or ""), "F8 is not kept")
    terminal.keys("F8")
    terminal.wait_for(r"│owners 1")
    # Put out of it: nobody is listed, and it is said.
    anna.raw(f"<iq type='set' id='kick' to='{room}'><query xmlns='{MUC}#admin'><item nick='zoe' role='none'/></query></iq>")
    terminal.wait_for("not joined")
    terminal.wait_gone("owners 1")


@pytest.mark.parametrize("kind", ["server", "ejabberd"])
def test_a_room_is_made_and_set_up_on_a_page(request, kind, people, peer, confab, tmux):
    server = request.getfixturevalue(kind)
    me, other = people(2, on=server)
    room = f"den-{me}@conference.{server.domain}"
    confab.account("home", server, me, nick="zoe").start()
    confab.wait_state("home")
    terminal = tmux(120, 60).confab(confab)
    terminal.wait_for("^console>")
    terminal.line(f"/create {room}")
    terminal.wait_for(f"make {room}")
    terminal.wait_for("let nobody else in")
    terminal.wait_for("muc#roomconfig_roomname  text")
    terminal.keys("Enter")
    terminal.wait_for(r"itle>")
    terminal.line("The Den")
    terminal.wait_for(r"\[The Den\]")
    terminal.keys("/")
    terminal.line("ersistent")
    terminal.wait_for(r"muc#roomconfig_persistentroom  yes or no")
    terminal.keys("Space")
    terminal.wait_for(r"\(x\) yes   \( \) no")
    ben = peer(other, server=server)
    if kind == "server":
        # Nobody can come in before it is sent; ejabberd lets anybody.
        ben.raw(f"<presence to='{room}/ben'><x xmlns='{MUC}'/></presence>")
        ben.expect(lambda e: "item-not-found" in e["xml"], ev="presence", type="error")
    terminal.keys("s")
    terminal.wait_for("^#The Den>")
    known = rig.until(lambda: (lambda r: r if r["name"] == "The Den" else None)(
        confab.call("room", account="home", chat=room)["room"]), "it does not know what the room is")
    assert known["state"] == "in" and known["affiliation"] == "owner" and "persistent" in known["features"], known
    enter(ben, room, "ben")
    terminal.wait_for("2 here")
    # Not sent: there is no such room.
    second = f"no-{room}"
    terminal.line(f"/create {second}")
    terminal.wait_for(f"make {second}")
    terminal.keys("d")
    terminal.wait_for("not answered")

    def is_gone():
        return "There is no room" in confab.do(f"/join {second}", account="home", ok=False)
    rig.until(is_gone, "it is still there")
