"""/on: rules that run commands: with what they are given, in order, and never more of them than is good."""
import json
import pathlib
import time

import pytest

import rig


@pytest.fixture
def told(place):
    """told(): what rules wrote, each line as JSON; they write by appending one line to a file."""
    path = place.path / "told"
    path.touch()

    class Told:
        append = f"cat >> {path}"

        def __call__(self):
            return [json.loads(line) for line in path.read_text().splitlines() if line.endswith("}")]

        def wait(self, n):
            return rig.until(lambda: (lambda all: all if len(all) >= n else None)(self()),
                             lambda: f"not {n}: {self()}")
    Told.path = path
    return Told()


def test_what_happens_is_data_and_never_text(server, people, peer, confab, told):
    mira, alice = people(2)
    there = peer(alice)
    confab.account("home", server, mira).start()
    confab.wait_state("home")
    hostile = "$(touch /tmp/x) `id` '; touch x; \" \\ %s\n-rf $HOME"
    confab.do(f"/on message direction=in {told.append}")
    env = pathlib.Path(told.path.parent / "env")
    confab.do("/on message body~RF printf '%s|%s|%s|%s|%s' \"$CONFAB_EVENT\" \"$CONFAB_EVENT_BODY\" \"$CONFAB_CHAT\" "
              f"\"$CONFAB_NICK\" \"$CONFAB_EVENT_STATE\" > {env}.new; mv {env}.new {env}")
    confab.do("/on message body=other touch " + str(env) + ".never")
    there.send(f"{mira}@{server.domain}", hostile)
    (event,) = told.wait(1)
    assert (event["body"], event["chat"]) == (hostile, f"{alice}@{server.domain}")
    rig.until(env.exists, "the second rule did not run")
    assert env.read_text() == f"message|{hostile}|{alice}@{server.domain}|{mira}|received"
    # In order, each once, though each changes later (it is read); and of ours nothing.
    for n in range(5):
        there.send(f"{mira}@{server.domain}", f"n{n}")
    got = told.wait(6)
    chat = f"{alice}@{server.domain}"
    confab.call("seen", account="home", chat=chat, id=confab.history("home", chat)[-1]["id"])
    confab.do("mine", chat=chat, wait="stored")
    there.send(f"{mira}@{server.domain}", "last")
    assert [e["body"] for e in told.wait(7)[1:]] == ["n0", "n1", "n2", "n3", "n4", "last"] and len(got) == 6
    assert not pathlib.Path(f"{env}.never").exists()
    # Gone and replaced, in force at once, also by hand.
    confab.do("/on remove 1", "/on remove 2", f"/on message-changed state=stored {told.append}")
    confab.do("again", chat=chat, wait="stored")
    assert told.wait(8)[-1]["body"] == "again"


def test_one_that_answers_itself_is_no_storm_and_failures_are_told(server, people, confab, told):
    mira, alice = people(2)
    confab.account("home", server, mira).start()
    confab.wait_state("home")
    watch = confab.watch("notice")
    chat = f"{alice}@{server.domain}"
    begun = time.monotonic()
    confab.do(f"/on message direction=out {told.append}; {confab.program} do --account home --chat {chat} again")
    confab.do("first", chat=chat)
    told.wait(20)
    # Meanwhile it would go on, a hundred times in a second.
    for _ in range(5):
        confab.do("/on")
    n = len(told())
    assert n <= 20 * ((time.monotonic() - begun) // 10 + 1), "more than 20 in ten seconds"
    confab.do("/on remove 1")
    confab.do("/on message body=now echo no such thing >&2; exit 7")
    confab.do("now", chat=chat)
    assert watch.expect(type="notice")["text"] == "Rule 1 of /on ended with status 7: no such thing."
    confab.do("/on remove 1")
    # More than waits is passed over, and told once. The first one holds until the flood is there.
    gate = pathlib.Path(told.path.parent / "gate")
    confab.do(f"/on message body~flood while [ ! -e {gate} ]; do sleep 0.05; done; {told.append}")
    confab.do(*[f"flood {n}" for n in range(130)], chat=chat)
    watch.expect(lambda e: "Rule 1 of /on is behind" in e["text"], type="notice")
    before = len(told())
    gate.touch()
    after = told.wait(before + 15)[before:]
    assert [e["body"] for e in after[:10]] == [f"flood {n}" for n in range(10)]
    confab.do("/on remove 1")
