"""wire.py: raw ends of an XMPP stream for run.py: as little as a client can be, so that what is measured is the other side.

    wire.py flood OPTIONS    a process that logs in, prints "ready", and at a line on standard input sends what it was told
"""
import base64
import contextlib
import hashlib
import json
import socket
import ssl
import sys
import threading
from xml.sax.saxutils import quoteattr

END = "77 the end of it 77"


def count(reader, mark, last):
    """How often the mark came from the socket until last did; marks that are cut in two are counted once."""
    n, tail = 0, b""
    while True:
        data = reader.recv(65536)
        if not data:
            raise OSError("the other side hung up")
        n += (tail + data).count(mark) - tail.count(mark)
        tail = (tail + data)[-256:]
        if last in tail:
            return n


class Stream:
    """Logged in over direct TLS; reads bytes, not XML."""

    def __init__(self, port, domain, user, resource, ca):
        context = ssl.create_default_context(cafile=ca)
        self.socket = context.wrap_socket(socket.create_connection(("127.0.0.1", port)), server_hostname=domain)
        self.pending = b""
        secret = base64.b64encode(f"\0{user}\0secret-{user}".encode()).decode()
        self._open(domain)
        self.send(f"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>{secret}</auth>")
        self.read_past(b"<success")
        self._open(domain)
        self.send(f"<iq type='set' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>{resource}</resource>"
                  "</bind></iq>")
        self.read_past(b"</jid>")

    def _open(self, domain):
        self.send(f"<?xml version='1.0'?><stream:stream to='{domain}' version='1.0' xmlns='jabber:client' "
                  "xmlns:stream='http://etherx.jabber.org/streams'>")
        self.read_past(b"</stream:features>")

    def send(self, text):
        self.socket.sendall(text.encode() if isinstance(text, str) else text)

    def read_past(self, mark):
        """Reads until the mark came, and forgets what was before it."""
        while mark not in self.pending:
            data = self.socket.recv(65536)
            if not data:
                raise OSError("the server hung up")
            self.pending = self.pending[-4096:] + data
        self.pending = self.pending[self.pending.index(mark) + len(mark):]

    def close(self):
        self.socket.close()


class Crowd(threading.Thread):
    """A component (XEP-0114): so many contacts, of whom some are on line; they answer a probe and nothing else."""

    def __init__(self, port, domain, contacts, online):
        super().__init__(daemon=True)
        self.domain, self.contacts, self.online = domain, contacts, online
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.pending = b""
        self.socket.sendall(f"<stream:stream to='{domain}' xmlns='jabber:component:accept' "
                            "xmlns:stream='http://etherx.jabber.org/streams'>".encode())
        head = self._read(b"<stream:stream", b">")
        stream_id = head.split(b"id='")[1].split(b"'")[0]
        self.socket.sendall(b"<handshake>" + hashlib.sha1(stream_id + b"secret").hexdigest().encode() + b"</handshake>")
        self._read(b"<handshake", b">")
        self.answered = threading.Event()

    def _read(self, begin, end):
        while begin not in self.pending or end not in self.pending.split(begin, 1)[1]:
            data = self.socket.recv(65536)
            if not data:
                raise OSError("the server refuses the component")
            self.pending += data
        found, self.pending = self.pending.split(begin, 1)[1].split(end, 1)
        return found

    def run(self):
        """All probes have come: the presences go out, and behind them a question, whose answer proves they were read."""
        self.asked = 0
        try:
            while True:
                data = self.socket.recv(65536)
                if not data:
                    return
                self.pending = self.pending[-256:] + data
                self.asked += data.count(b"probe")
                if self.asked >= self.contacts - 1 and self.asked < 10 ** 8:
                    self.asked = 10 ** 9
                    self._answer()
                if b"id='last'" in self.pending or b'id="last"' in self.pending:
                    self.answered.set()
        except OSError:
            pass

    def _answer(self):
        to = quoteattr(self.to)
        say = "".join(f"<presence from='c{n}@{self.domain}/home' to={to}><show>away</show><status>status of {n}</status>"
                      "<priority>5</priority></presence>" for n in range(self.online))
        say += f"<iq type='get' id='last' from='c0@{self.domain}/home' to={quoteattr(self.full)}>" \
               "<ping xmlns='urn:xmpp:ping'/></iq>"
        self.socket.sendall(say.encode())

    def close(self):
        """Until the server knows: it lets no second component in."""
        with contextlib.suppress(OSError):
            self.socket.sendall(b"</stream:stream>")
        self.join(5)
        self.socket.close()


def flood(port, domain, user, ca, to, count):
    stream = Stream(port, domain, user, "flood", ca)
    to = quoteattr(to)

    def data(turn):
        # With one id twice it would be a copy.
        text = "".join(f"<message to={to} type='chat' id='flood-{turn}-{n}'><body>{n} is the number of this one, which is as "
                       "long as what people write to each other</body></message>" for n in range(1, count))
        return (text + f"<message to={to} type='chat' id='flood-{turn}-end'><body>{END}</body></message>").encode()

    turn, ready = 0, data(0)
    stream.send("<presence/>")
    print("ready", flush=True)
    for _ in sys.stdin:
        stream.send(ready)
        print("sent", flush=True)
        turn += 1
        ready = data(turn)
    stream.close()


if __name__ == "__main__" and sys.argv[1:2] == ["flood"]:
    flood(**json.loads(sys.argv[2]))
