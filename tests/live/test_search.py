"""Looking for what was said: what the core answers, and the search view as somebody uses it."""
import itertools
import re

import pytest

import rig
import rpc


@pytest.fixture
def session(place, confab):
    return lambda **more: place.keep(rpc.Rpc(confab, **more))


@pytest.fixture
def talked(server, people, peer, confab):
    """(alice's chat, numbers of the messages that we said to her, contact)."""
    mira, alice = people(2)
    contact = peer(alice)
    confab.account("home", server, mira).start()
    confab.wait_state("home")
    chat = f"{alice}@{server.domain}"
    numbers = []
    for text in ("before it", "the old NAS hums", "after it", "nothing", "Köln and the NAS, a nas again", "last word"):
        numbers.append(confab.call("run", line=text, account="home", chat=chat)["message"])
        contact.message(text)
    return chat, numbers, contact


def test_what_is_found_comes_with_its_neighbours_and_places(talked, session):
    chat, numbers, _ = talked
    me = session()
    found = me.call("search", words="nas", context=True)
    assert [m["id"] for m in found["messages"]] == [numbers[4], numbers[1]]
    for m in found["messages"]:
        body = m["body"].encode()
        assert [body[a:b].decode().lower() for a, b in m["found"]] == ["nas"] * len(m["found"])
    assert [len(m["found"]) for m in found["messages"]] == [2, 1]
    assert sorted(m["id"] for m in found["context"]) == [numbers[0], numbers[2], numbers[3], numbers[5]]
    assert found["searched"]["gaps"] == len(found["searched"]["holes"])
    # Neighbours that are hits themselves are not told twice, and without words nothing is found in a body.
    all_of_it = me.call("search", words="from:me", context=True)
    assert len(all_of_it["messages"]) == 6 and all_of_it["context"] == [] and "found" not in all_of_it["messages"][0]
    assert "context" not in me.call("search", words="nas")


def test_a_search_that_nobody_waits_for_ends(talked, session):
    me = session()
    asked = [me.send("search", words=f"nas {'x' * i}*") for i in range(1, 6)]
    for number in asked:
        me.send("cancel", request=number)
    me.send("cancel", request=asked[0])
    for number in asked:
        # Which of the two it is depends on who was faster; that it is answered, and once, does not.
        try:
            assert me.answer(number)["messages"] == []
        except rpc.Refused as refused:
            assert refused.code == "cancelled"
    assert len(me.call("search", words="nas")["messages"]) == 2
    # Another session's are not mine to end.
    other = session()
    number = other.send("search", words="nas")
    me.call("cancel", request=number)
    assert len(other.answer(number)["messages"]) == 2


def test_places(talked, session):
    chat, numbers, _ = talked
    me = session()
    here = {"account": "home", "chat": chat}
    assert me.call("place", where=str(numbers[3]), **here) == {**here, "id": numbers[3]}
    assert me.call("place", where=str(numbers[3])) == {**here, "id": numbers[3]}
    assert me.call("place", where="-2", **here)["id"] == numbers[4]
    assert me.call("place", where="2020-01", **here)["id"] == numbers[0]
    assert me.call("place", where="yesterday", **here)["id"] == numbers[0]
    for where, params, code in (("2020-01", {}, "context"), ("2999-01-01", here, "not_found"), ("2020-77", here, "usage"),
                                ("99999999", here, "not_found"), ("soon", here, "usage"), ("-99", here, "not_found"),
                                ("today", {"account": "nobody", "chat": chat}, "not_found")):
        with pytest.raises(rpc.Refused) as refused:
            me.call("place", where=where, **params)
        assert refused.value.code == code and refused.value.message.endswith("."), (where, refused.value.message)


# --- at a terminal ---

def test_somebody_looks_for_something(talked, confab, tmux):
    chat, numbers, contact = talked
    alice = chat.split("@")[0]
    confab.call("active", focused=False, account="home", chat=chat)
    terminal = tmux(80, 24).confab(confab)
    terminal.wait_for(rf"^{alice}>")
    terminal.type("half a thought")
    terminal.keys("C-s")
    terminal.type("nas")
    screen = terminal.wait_for(r"the old \[NAS\] hums")
    assert re.search(r"Köln and the \[NAS\], a \[nas\] again", screen) and "2 found in" in screen
    assert screen.index("[nas] again") < screen.index("[NAS] hums"), "newest first"
    assert "before it" in screen and "after it" in screen and "Searched: this machine" in screen
    terminal.keys("Enter")
    terminal.wait_for("n next  N back")
    terminal.keys("n")
    terminal.wait_for(r">\S+ .*the old \[NAS\] hums")
    terminal.keys("Enter")
    # In the chat, at that place; the line is as it was.
    terminal.wait_for(r">\S+ .*the old NAS hums")
    terminal.wait_for("SELECT")
    terminal.keys("N")
    terminal.wait_for(r">\S+ .*Köln and the NAS")
    terminal.keys("Escape")
    terminal.wait_gone("SELECT")
    assert re.search(rf"^{alice}> half a thought", terminal.capture(), re.M)
    # Everywhere, and nothing found.
    terminal.keys("C-x", "s")
    terminal.type("wombat")
    terminal.wait_for("0 found in")
    terminal.keys("Escape")
    terminal.wait_for(rf"^{alice}> half a thought")


def whole(terminal, last):
    """The numbers on the screen, from top to bottom, once it is drawn whole and shows one behind the last."""
    polls = itertools.count(1)

    def look():
        numbers = [int(n) for n in re.findall(r"number (\d+)", terminal.capture())]
        if numbers and numbers == list(range(numbers[0], numbers[-1] + 1)) and numbers[-1] > last:
            return numbers
        # What stands below was not here yet when the key came: one row more, so that nothing is passed over.
        if next(polls) in (100, 200):
            terminal.keys("M-Down")
        return None

    return rig.until(look, lambda: f"nothing behind {last} is shown:\n{terminal.capture()}", 60)


def test_far_back_and_both_ways_from_there(server, people, peer, confab, tmux):
    """A chat longer than what a face holds: to a date, on to the end row by row, and straight back."""
    mira, alice = people(2)
    contact = peer(alice)
    confab.account("home", server, mira).start()
    confab.wait_state("home")
    chat = f"{alice}@{server.domain}"
    first = confab.call("run", line="the needle, number 0", account="home", chat=chat)["message"]
    # It has its place: others come after it.
    rig.until(lambda: [m["state"] for m in confab.history("home", chat) if m["id"] == first][0] in ("stored", "delivered"),
              "the first one is not stored")
    for i in range(1, 700):
        contact.send(f"{mira}@{server.domain}", f"number {i}")
    rig.until(lambda: confab.call("history", account="home", chat=chat, limit=1)["messages"][0]["body"] == "number 699",
              "not all messages came", 60)
    confab.call("active", focused=False, account="home", chat=chat)
    terminal = tmux(80, 24).confab(confab)
    # It opens where the reading was left.
    terminal.wait_for("scrolled back: ")
    terminal.keys("End")
    terminal.wait_for("number 699")
    terminal.line(f"/goto {first}")
    terminal.wait_for("the needle, number 0")
    terminal.wait_for("scrolled back: ")
    terminal.keys("Escape")
    terminal.wait_gone("SELECT")
    # Pages on, without a hole, until the end is reached.
    seen, shown = set(), whole(terminal, -1)
    while shown[-1] != 699:
        seen |= set(shown)
        terminal.keys("PageDown")
        shown = whole(terminal, shown[-1])
    assert seen | set(shown) == set(range(700))
    # A word in it, from the end.
    terminal.keys("C-s")
    terminal.type("needle")
    terminal.wait_for(r"\[needle\]")
    terminal.keys("Enter")
    terminal.wait_for("n next")
    terminal.keys("Enter")
    terminal.wait_for(r">\S+ .*the needle, number 0")
    terminal.keys("Escape")
    terminal.wait_gone("SELECT")
    terminal.keys("End")
    terminal.wait_for("number 699")
    terminal.wait_gone("scrolled back")
