"""Files: up to Prosody's http_file_share and down again; a slot service and a web server of our own that do what they must
not; and what of a name, a length or an address of theirs never counts."""
import contextlib
import os
import pathlib
import re
import socket
import ssl
import threading

import pytest

import rig
from rpc import Refused, Rpc

LIMIT = 3 << 20
SIGN = bytes(range(256)) * 40


@pytest.fixture(scope="module")
def sharing(shared, authority):
    """A Prosody that takes files."""
    (port,) = rig.free_ports(1)
    crt, key = authority.certificate("sharing")
    server = shared.keep(rig.Prosody(shared.path / "sharing", authority, host_extra=f"""
Component "upload.localhost" "http_file_share"
  http_host = "localhost"
  http_external_url = "https://localhost:{port}/"
  http_file_share_access = {{ "localhost" }}
  http_file_share_size_limit = {LIMIT}
""", extra=f"""
https_ports = {{ {port} }}
https_interfaces = {{ "127.0.0.1" }}
https_ssl = {{ certificate = "{crt}"; key = "{key}" }}
"""))
    return server.start()


@pytest.fixture
def two(sharing, people, peer, confab):
    """A confab on line at the server that takes files, and a contact's peer and chat."""
    mira, alice = people(2, on=sharing)
    there = peer(alice, server=sharing)
    confab.account("home", sharing, mira).start()
    confab.wait_state("home")
    there.me = f"{mira}@{sharing.domain}"
    there.jid_of_chat = f"{alice}@{sharing.domain}"
    return there


class Web:
    """A web server on loopback with a certificate of the authority; answers: path → bytes, or a function of the socket."""

    def __init__(self, certificate):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
        self.answers, self.requests, self.context = {}, [], context
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.open = threading.Event()
        self._sockets = []
        threading.Thread(target=self._accept, daemon=True).start()

    def url(self, path, host="localhost"):
        return f"https://{host}:{self.port}{path}"

    def _accept(self):
        while True:
            try:
                s, _ = self._listener.accept()
            except OSError:
                return
            self._sockets.append(s)
            threading.Thread(target=self._serve, args=(s,), daemon=True).start()

    def _serve(self, s):
        with contextlib.suppress(OSError, ValueError):
            s = self.context.wrap_socket(s, server_side=True)
            self._sockets.append(s)
            head = b""
            while b"\r\n\r\n" not in head:
                more = s.recv(65536)
                if not more:
                    return
                head += more
            head, _, rest = head.partition(b"\r\n\r\n")
            text = head.decode("latin-1")
            self.requests.append(text)
            answer = self.answers.get(text.split(" ")[1], b"HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n")
            if callable(answer):
                answer(s, text, rest)
            else:
                s.sendall(answer)
            # With its end told, else what was sent could be cut off.
            s.unwrap()

    def close(self):
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.open.set()
        for s in self._sockets:
            with contextlib.suppress(OSError):
                s.close()


def reply(body, status="200 OK", **headers):
    fields = {"Content-Length": len(body), **{k.replace("_", "-"): v for k, v in headers.items()}}
    lines = [f"HTTP/1.1 {status}", *(f"{k}: {v}" for k, v in fields.items())]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


@pytest.fixture
def web(place, authority):
    return place.keep(Web(authority.certificate("web")))


def parts(folder):
    return [p.name for p in folder.iterdir() if p.name.endswith(".part")] if folder.exists() else []


def test_up_and_down_again(confab, two, place, sharing):
    watch = confab.watch("transfer")
    data = SIGN * 100
    path = place.path / "a file, höher.bin"
    path.write_bytes(data)
    confab.do(f"/upload '{path}' and a word", chat=two.jid_of_chat)
    link = two.expect(ev="message")
    assert link["body"].startswith("https://localhost:") and f"<url>{link['body']}</url>" in link["xml"].replace("ns0:", "")
    two.message("and a word")
    states = []
    while "done" not in states:
        event = watch.expect(type="transfer")
        states.append(event["state"])
    assert states[0] == "waiting" and states[-2] == "running" and (event["size"], event["done"]) == (len(data), len(data))
    assert event["url"] == link["body"] and event["direction"] == "out" and event["chat"] == two.jid_of_chat
    # Down: under its own name, twice, never over another, and to a place that was named.
    said = confab.do("/download", chat=two.jid_of_chat).strip()
    assert pathlib.Path(said) == confab.home / "data" / "downloads" / path.name and pathlib.Path(said).read_bytes() == data
    assert os.stat(said).st_mode & 0o777 == 0o600
    assert confab.do("/save", chat=two.jid_of_chat).strip().endswith("/a file, höher (2).bin")
    target = place.path / "target"
    number = confab.history("home", two.jid_of_chat)[0]["id"]
    confab.do(f"/download {number} {target}")
    assert target.read_bytes() == data
    assert "is there already" in confab.do(f"/download {number} {target}", ok=False)
    assert parts(place.path) == parts(confab.home / "data" / "downloads") == []
    assert re.search(r"to fetch a file.*done, .* of ", confab.do("/transfers"))
    # Another message with that link says it is a file too, and one with more in it does not.
    confab.do(link["body"], chat=two.jid_of_chat)
    assert "jabber:x:oob" in two.expect(ev="message", body=link["body"])["xml"]
    confab.do(link["body"] + " look", chat=two.jid_of_chat)
    assert "jabber:x:oob" not in two.expect(ev="message", body=link["body"] + " look")["xml"]


def test_from_a_pipe(confab, two, place):
    done = confab.run("do", "--chat", two.jid_of_chat, "--name", "boot.log", "/upload -", input="line\n" * 1000)
    assert done.returncode == 0, done.stderr
    assert two.expect(ev="message")["body"].endswith("/boot.log")
    said = confab.do("/download", chat=two.jid_of_chat).strip()
    assert pathlib.Path(said).read_text() == "line\n" * 1000
    assert "there is none" in confab.run("do", "--name", "x", "/account").stderr


def test_what_cannot_be_sent_is_said(confab, two, place):
    upload = lambda what: confab.do(f"/upload {what}", chat=two.jid_of_chat, ok=False)
    (place.path / "empty").touch()
    os.mkfifo(place.path / "fifo")
    large = place.path / "large"
    with open(large, "wb") as f:
        f.truncate(LIMIT + 1)
    assert "is empty" in upload(place.path / "empty")
    assert "is no file" in upload(place.path / "fifo") and "is no file" in upload(place.path) and "no file" in upload("/dev/zero")
    assert "cannot be opened: No such file" in upload(place.path / "none")
    assert "upload.localhost takes files up to 3.0 MiB; large has 3.0 MiB. Nothing was sent." in upload(large)
    assert "standard input" in confab.run("call", "run", '{"line": "/upload -", "account": "home", "chat": "x@localhost"}').stderr
    # Where what is said must be encrypted, a file that is not is no way around it.
    (place.path / "small").write_bytes(SIGN)
    confab.do("/omemo on", chat=two.jid_of_chat, yes=True)
    assert "files are not encrypted by this version" in upload(place.path / "small")
    assert confab.history("home", two.jid_of_chat) == []


def test_a_link_that_breaks_meanwhile_delays_it(sharing, people, peer, confab, place, proxy):
    mira, alice = people(2, on=sharing)
    there = peer(alice, server=sharing)
    wire = proxy(sharing.port)
    confab.account("home", sharing, mira, port=wire.port).start()
    confab.wait_state("home")
    path = place.path / "file"
    path.write_bytes(SIGN)
    session = place.keep(Rpc(confab))
    # What is asked does not arrive, and then the link is gone.
    wire.stall()
    number = session.send("run", line=f"/upload {path}", account="home", chat=f"{alice}@{sharing.domain}")
    rig.until(lambda: confab.call("transfers")["transfers"], "nothing is under way")
    wire.cut()
    wire.go_on()
    session.answer(number)
    assert there.expect(ev="message")["body"].endswith("/file")


def gives(confab, two, place, text):
    """A message with this link comes; its number."""
    before = {m["id"] for m in confab.history("home", two.jid_of_chat)}
    two.send(two.me, text)
    return rig.until(lambda: [m["id"] for m in confab.history("home", two.jid_of_chat) if m["id"] not in before],
                     "the link does not come")[0]


def test_names_are_wishes(confab, two, web, place):
    folder = confab.home / "data" / "downloads"
    folder.mkdir(parents=True)
    (folder / "taken").symlink_to(place.path / "victim")
    names = {"/%2e%2e": "file", "/..%2f..%2fetc%2fpasswd": "_.._etc_passwd", "/.bashrc": "bashrc", "/-rf": "rf", "/": "file",
             "/a%00b": "a%00b", "/x%0a%1b%5B31m": "x [31m", "/a%5C..%5Cb": "a_.._b", "/%E2%80%AEtxt.exe": "txt.exe",
             "/" + "%C3%A9" * 300: "é" * 100, "/taken": "taken (2)", "/q.txt?x=../../a": "q.txt"}
    for path, wanted in names.items():
        web.answers[path] = reply(b"x" * 10, Content_Disposition='attachment; filename="../../evil"')
        number = gives(confab, two, place, web.url(path))
        wanted = "file (2)" if wanted == "file" and (folder / "file").exists() else wanted
        said = pathlib.Path(confab.do(f"/download {number}").strip())
        assert (said.parent, said.name) == (folder, wanted), path
    assert not (place.path / "victim").exists()
    assert not [p for p in folder.iterdir() if p.name not in {*names.values(), "taken", "file (2)"}]


def endless(chunked):
    def answer(s, head, rest):
        s.sendall(b"HTTP/1.1 200 OK\r\n" + (b"Transfer-Encoding: chunked\r\n\r\n" if chunked else b"\r\n"))
        piece = b"x" * 65536
        while True:
            s.sendall(b"10000\r\n" + piece + b"\r\n" if chunked else piece)
    return answer


def many_headers(s, head, rest):
    s.sendall(b"HTTP/1.1 200 OK\r\n")
    while True:
        s.sendall(b"X-Y: " + b"z" * 8000 + b"\r\n")


def cut_short(s, head, rest):
    s.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nonly this")


@pytest.mark.parametrize("name, answer, why", [
    ("endless", endless(False), "longer than 1048576 bytes"),
    ("chunked", endless(True), "longer than 1048576 bytes"),
    ("claims", reply(b"x", Content_Length=1 << 40), "longer than 1048576 bytes"),
    ("headers", many_headers, "says too much"),
    ("short", cut_short, "hung up before"),
    ("gone", reply(b"no " * 100, "410 Gone"), "answered 410"),
    ("nothing", lambda s, head, rest: None, ""),
    ("garbage", b"220 smtp ready\r\n\r\n", ""),
    ("file", reply(b"", "302 Found", Location="file:///etc/passwd"), "not https"),
    ("gopher", reply(b"", "302 Found", Location="gopher://localhost/x"), "not https"),
    ("plain", reply(b"", "302 Found", Location="http://localhost/x"), "not https"),
    ("secret", reply(b"", "302 Found", Location="https://a:b@localhost/x"), "not https"),
    ("loop", reply(b"", "302 Found", Location="/loop"), "without an end"),
    ("private", reply(b"", "302 Found", Location="https://127.0.0.1:1/x"), "private network"),
    ("private6", reply(b"", "302 Found", Location="https://[::ffff:127.0.0.1]:1/x"), "private network"),
    ("local", reply(b"", "302 Found", Location="https://[::1]:1/x"), "private network"),
], ids=lambda v: v if isinstance(v, str) and v.isalnum() else "")
def test_a_web_server_that_lies(name, answer, why, lied_to):
    confab, two, web, place = lied_to
    web.answers[f"/{name}"] = answer
    number = gives(confab, two, place, web.url(f"/{name}"))
    said = confab.do(f"/download {number}", ok=False)
    assert "Nothing was kept." in said and why in said
    folder = confab.home / "data" / "downloads"
    assert list(folder.iterdir()) == [], "something was kept"


@pytest.fixture(scope="module")
def lied_to(sharing, shared, authority):
    """One confab for all of the lies."""
    with rig.Place() as place:
        for name in ("liarmira", "liaralice"):
            sharing.user(name)
        sharing.friends("liarmira", "liaralice")
        confab = place.keep(rig.Confab(place.path / "home"))
        confab.account("home", sharing, "liarmira").start()
        confab.do("/set download.limit 1")
        confab.wait_state("home")
        two = place.keep(rig.Peer(sharing, "liaralice"))
        two.me, two.jid_of_chat = f"liarmira@{sharing.domain}", f"liaralice@{sharing.domain}"
        yield confab, two, place.keep(Web(authority.certificate("liar"))), place


def test_a_redirection_is_followed_to_where_it_may_go(lied_to):
    confab, two, web, place = lied_to
    web.answers["/here"] = reply(b"", "302 Found", Location="there?x")
    web.answers["/there?x"] = reply(b"found")
    assert pathlib.Path(confab.do(f"/download {gives(confab, two, place, web.url('/here'))} {place.path}/found").strip()).read_text() == "found"
    # A private host that is not our server's: only when a person named it. Nothing of it, and of all links, was asked by itself.
    number = gives(confab, two, place, web.url("/there?x", host="127.0.0.1"))
    assert "download.private" in confab.do(f"/download {number} {place.path}/b", ok=False)
    confab.do("/set download.private 127.0.0.1")
    # It is asked now; its certificate is for another name.
    assert "download.private" not in confab.do(f"/download {number} {place.path}/b", ok=False)
    confab.do("/set download.private nothing")
    asked = len(web.requests)
    gives(confab, two, place, web.url("/never"))
    confab.do("/transfers")
    assert len(web.requests) == asked
    assert "no link of https" in confab.do(f"/download {gives(confab, two, place, 'http://localhost/x ftp://x/y')}", ok=False)


def test_open_gives_it_to_the_opener_of_the_terminal(lied_to, tmux):
    confab, two, web, place = lied_to
    opened = place.path / "opened"
    program = place.path / "opener"
    program.write_text(f'#!/bin/sh\nprintf %s "$1" > {opened}.new\nmv {opened}.new {opened}\n')
    program.chmod(0o755)
    web.answers["/picture.png"] = reply(b"picture")
    confab.do(f"/set ui.opener {program}")
    gives(confab, two, place, web.url("/picture.png"))
    screen = tmux(80, 24).confab(confab)
    screen.wait_for("console>|liaralice")
    screen.line(f"/msg {two.jid_of_chat}")
    screen.wait_for("^liaralice")
    screen.line("/open")
    rig.until(opened.exists, "nothing was opened")
    assert pathlib.Path(opened.read_text()).read_bytes() == b"picture"
    screen.keys("C-c")


def test_a_certificate_that_is_wrong(lied_to, authority):
    confab, two, web, place = lied_to
    other = place.keep(Web(authority.certificate("selfmade", self_signed=True)))
    other.answers["/x"] = reply(b"x")
    said = confab.do(f"/download {gives(confab, two, place, other.url('/x'))} {place.path}/c", ok=False)
    assert "certificate" in said.lower() and other.requests == []


def test_it_can_be_ended_and_four_go_at_a_time(lied_to):
    confab, two, web, place = lied_to

    def slow(s, head, rest):
        s.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + b"x" * 50000)
        web.open.wait(rig.PATIENCE)
    web.answers["/slow"] = slow
    number = gives(confab, two, place, web.url("/slow"))
    session = place.keep(Rpc(confab))
    before = len(web.requests)
    ids = [session.send("run", line=f"/download {number} {place.path}/slow{n}") for n in range(6)]
    running = lambda: [t for t in confab.call("transfers")["transfers"] if t["state"] == "running"]
    waiting = lambda: [t for t in confab.call("transfers")["transfers"] if t["state"] == "waiting"]
    rig.until(lambda: len(web.requests) - before == 4 and len(running()) == 4 and len(waiting()) == 2, "not four of six")
    first = running()[0]["id"]
    confab.do(f"/transfers cancel {first}")
    with pytest.raises(Refused, match="nothing was kept"):
        session.answer(ids[0])
    # The next one begins; the others end as their session cancels them.
    rig.until(lambda: len(web.requests) - before == 5, "nobody took its turn")
    for number in ids[1:]:
        session.call("cancel", request=number)
        with pytest.raises(Refused, match="nothing was kept"):
            session.answer(number)
    assert running() == waiting() == [] and parts(place.path) == []
    web.open.set()


# A service whose slots are what a file says.
SLOTS = """
local st, xml = require "util.stanza", require "util.xml";
module:depends("disco");
module:add_feature("urn:xmpp:http:upload:0");
module:hook("iq-get/host/urn:xmpp:http:upload:0:request", function (event)
	local file = assert(io.open(module:get_option_string("rogue_slot")));
	event.origin.send(st.reply(event.stanza):add_child(assert(xml.parse(file:read("*a")))));
	file:close();
	return true;
end);
"""


@pytest.fixture(scope="module")
def rogue(shared, authority):
    """put(headers, answer): a file goes to a server of ours, that answers so; confab's exit, what it said, the request."""
    folder = shared.path / "rogue"
    folder.mkdir()
    (folder / "mod_rogue_slots.lua").write_text(SLOTS)
    slot = folder / "slot.xml"
    server = shared.keep(rig.Prosody(folder / "prosody", authority, extra=f'plugin_paths = {{ "{folder}" }}\n',
                                     host_extra=f'\nComponent "upload.localhost" "rogue_slots"\n  rogue_slot = "{slot}"\n'))
    server.start()
    for name in ("roguemira", "roguealice"):
        server.user(name)
    with rig.Place() as place:
        web = place.keep(Web(authority.certificate("rogueweb")))
        confab = place.keep(rig.Confab(place.path / "home"))
        confab.account("home", server, "roguemira").start()
        confab.wait_state("home")
        (place.path / "file").write_bytes(SIGN * 20)

        def put(answer, headers="", whole=True):
            def serve(s, head, rest):
                size = int(re.search(r"Content-Length: (\d+)", head).group(1))
                got = len(rest)
                while whole and got < size:
                    got += len(s.recv(65536)) or size
                s.sendall(answer)
            web.answers["/put"] = serve
            web.requests.clear()
            slot.write_text(f"<slot xmlns='urn:xmpp:http:upload:0'><put url='{web.url('/put')}'>{headers}</put>"
                            f"<get url='https://elsewhere.example/file'/></slot>")
            chat = f"roguealice@{server.domain}"
            before = len(confab.history("home", chat))
            done = confab.do(f"/upload {place.path}/file", chat=chat, ok=None)
            said = confab.history("home", chat)
            assert len(said) - before == (done.returncode == 0)
            assert done.returncode != 0 or said[-1]["body"] == "https://elsewhere.example/file"
            return done, web.requests
        yield put


def test_a_slot_may_name_three_headers(rogue):
    field = lambda name, value: f"<header name='{name}'>{value}</header>"
    done, (request,) = rogue(reply(b"", "201 Created"), "".join((
        field("Host", "evil.example"), field("Content-Length", "1"), field("X-Evil", "1"), field("authorization", "Bearer abc"),
        field("Cookie", "a=b&#10;X-Evil: 2"), field("Expires", "x" * 5000), field("Authorization", "c&#13;&#10;X-Evil: 3"),
        "<other name='Cookie'>no</other>", "<header>no</header>", field("Expires", ""))))
    assert done.returncode == 0, done.stderr
    names = [line.split(":")[0] for line in request.split("\r\n")[1:]]
    assert sorted(names) == ["Accept", "Authorization", "Content-Length", "Content-Type", "Host", "User-Agent"]
    assert "\r\nAuthorization: Bearer abc\r\n" in request + "\r\n" and f"Content-Length: {len(SIGN) * 20}" in request
    assert "Host: localhost" in request and "User-Agent: confab\r\n" in request
    done, (request,) = rogue(reply(b"", "201 Created"), field("Cookie", "x=y") * 1000)
    assert done.returncode == 0 and request.count("Cookie") == 10


@pytest.mark.parametrize("answer, whole, why", [
    (reply(b"", "200 OK"), True, None), (b"HTTP/1.1 204 No Content\r\n\r\n", True, None),
    (reply(b"", "302 Found", Location="https://localhost/x"), True, "answered 302"),
    (reply(b"", "307 Again", Location="http://localhost/x"), True, "answered 307"),
    (reply(b"no", "403 Forbidden"), True, "answered 403"), (reply(b"no", "413 Too large"), False, ""),
    (reply(b"no", "500 Broken"), True, "answered 500"), (b"", True, ""), (b"", False, ""),
    (b"220 smtp\r\n\r\n", True, ""), (b"HTTP/1.1 100 Go on\r\n\r\n" * 100 + reply(b"", "201 Created"), True, None),
], ids=range(11))
def test_what_is_not_stored_is_not_said(rogue, answer, whole, why):
    done, requests = rogue(answer, whole=whole)
    assert (done.returncode == 0) == (why is None), done.stderr
    assert why is None or (why in done.stderr and "Nothing was sent." in done.stderr)
    assert len(requests) == 1, "a redirection was followed"
