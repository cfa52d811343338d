"""A room at a terminal: who is in it, who comes and goes, what is for us."""
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
