"""What the core remembers, as scripts and several faces see it: settings, search, deleting, explaining."""
import json
import os
import stat

import pytest

import rig
import rpc


@pytest.fixture
def session(place, confab):
    """session(): one on the core's socket."""
    return lambda **more: place.keep(rpc.Rpc(confab, **more))


def event(session, kind, what, **fields):
    def fits(line):
        params = line.get("params", {})
        return line.get("method") == "event" and params.get("type") == kind and \
            all(params.get(k) == v for k, v in fields.items())
    return session.wait(fits, what)["params"]


def test_a_setting_reaches_every_face_and_the_file(confab, session):
    confab.start()
    config = confab.home / "config" / "config"
    real = confab.home / "elsewhere"
    real.write_text("# mine\n[ui]\nsigns = ascii\n")
    if config.exists():
        config.unlink()
    config.parent.mkdir(parents=True, exist_ok=True)
    config.symlink_to(real)
    confab.do("/reload")
    one, two = session(), session()
    two.call("subscribe", types=["setting"])
    listed = {s["name"]: s for s in one.call("settings")["settings"]}
    assert listed["ui.signs"]["value"] == "ascii" and listed["ui.signs"]["standard"] == "auto"
    assert listed["ui.sender_width"]["value"] == 12 and listed["notify.bell"]["value"] is True
    one.run("/set notify.bell off")
    told = event(two, "setting", "the other face is told", name="notify.bell")
    assert told["value"] is False and told["rev"] > listed["notify.bell"]["rev"]
    assert config.is_symlink() and "bell=false" in real.read_text() and "# mine" in real.read_text()
    assert stat.S_IMODE(os.stat(real).st_mode) == 0o600
    with pytest.raises(rpc.Refused, match="It stays 12"):
        one.run("/set ui.sender_width 99")


def test_said_found_explained_and_deleted(confab, people, peer, server, session):
    mira, alice = people(2)
    friend = peer(alice, server=server)
    confab.account("home", server, mira).start()
    confab.wait_state("home")
    you = f"{alice}@localhost"
    friend.send(f"{mira}@localhost", "the unmistakable heron")
    watch = session(tz="Asia/Tokyo")
    watch.call("subscribe", types=["message"])
    rig.until(lambda: any(m["body"] == "the unmistakable heron" for m in confab.history("home", you)),
              "the message is here")
    number = watch.run("and one heron of mine", account="home", chat=you)["message"]
    rig.until(lambda: watch.call("message", id=number)["message"]["state"] in ("stored", "delivered", "displayed"),
              "it is on the server")

    found = watch.call("search", words="heron")
    assert [m["body"] for m in found["messages"]] == ["and one heron of mine", "the unmistakable heron"]
    assert found["messages"][0]["previous"] == found["messages"][1]["id"]
    assert not found["more"] and not found["partial"]
    page = watch.call("search", words="heron", limit=1)
    assert page["more"] and page["messages"][0]["id"] == number
    page = watch.call("search", words="heron", limit=1, before=number)
    assert not page["more"] and page["messages"][0]["body"] == "the unmistakable heron"
    assert watch.call("search", words="heron", account="home", chat=you)["searched"]["chat"] == you
    for wrong in ({"words": "heron", "chat": you}, {"words": "heron", "account": "nobody"}, {"words": ""},
                  {"words": "heron", "before": 10 ** 9}):
        with pytest.raises(rpc.Refused):
            watch.call("search", **wrong)
    # Many at once: each is answered, or refused in words.
    numbers = [watch.send("search", words="heron") for _ in range(100)]
    for one in numbers:
        line = watch.wait(lambda one_line: one_line.get("id") == one and "method" not in one_line, "an answer")
        assert len(line["result"]["messages"]) == 2 if "result" in line else "wait already" in line["error"]["message"]
    # Who asks and goes hurts nobody.
    gone = session()
    gone.send("search", words="heron")
    gone.socket.close()

    told = json.loads(confab.do(f"/explain {number}", account="home", chat=you, json=True))
    assert [s["state"] for s in told["states"]][:3] == ["queued", "sent", "stored"]
    assert "and one heron of mine" in told["stanza"]

    assert "Delete message" in confab.do(f"/history delete {number}", account="home", chat=you, ok=False)
    confab.do(f"/history delete {number}", account="home", chat=you, yes=True)
    assert event(watch, "message", "it is gone", id=number, gone=True)
    assert len(watch.call("search", words="heron")["messages"]) == 1
    # Whoever comes back with an older revision starts anew.
    late = session()
    late.call("subscribe", since=1)
    assert event(late, "reset", "forget what you hold") is not None
    confab.stop()
    confab.start()
    confab.wait_state("home")
    assert [m["body"] for m in confab.history("home", you)] == ["the unmistakable heron"]


def test_typed_lines_are_kept_but_no_secrets(confab, session):
    confab.start()
    one = session()
    for line in ("/help", " /forget this", "/answer 3 hunter2", "/status", "/status", "x" * 70000):
        one.call("typed", line=line)
    assert one.call("typed")["lines"] == ["/help", "/status"]
    for wrong in ({"chat": "a@b"}, {"account": "nobody", "chat": "a@b"}):
        with pytest.raises(rpc.Refused):
            one.call("typed", **wrong)
    confab.kill()
    confab.start()
    assert session().call("typed")["lines"] == ["/help", "/status"]
