"""hall.py: a component (XEP-0114) that plays rooms: as many occupants, and lines from before, as somebody asks for.

Whatever room is entered there is; what is said in it comes back.  No more than a client needs to believe it.
"""
import contextlib
import hashlib
import re
import socket
import threading
from xml.etree import ElementTree
from xml.sax.saxutils import escape, quoteattr

import rig

MUC = "http://jabber.org/protocol/muc"
LAST = "77 the last of it 77"
INFO = "http://jabber.org/protocol/disco#info"
NS = "{jabber:component:accept}"


def occupant(room, n, show="", role="participant"):
    show = f"<show>{show}</show>" if show else ""
    return (f"<presence from='{room}/occupant {n}' to='{{to}}'>{show}<status>number {n}</status>"
            f"<x xmlns='{MUC}#user'><item affiliation='none' role='{role}'/></x></presence>")


class Hall(threading.Thread):
    def __init__(self, port, domain, secret="secret", occupants=3, lines=0):
        super().__init__(daemon=True)
        self.domain, self.occupants, self.lines = domain, occupants, lines
        self.entered = {}       # room → (nick, full address), as they came
        self.left = []
        self._lock = threading.Lock()
        rig.until(lambda: rig.listens(port), "no port for components")
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.sendall(f"<stream:stream to='{domain}' xmlns='jabber:component:accept' "
                            "xmlns:stream='http://etherx.jabber.org/streams'>".encode())
        self._parser = ElementTree.XMLPullParser(("start", "end"))
        head = b""
        while not re.search(rb"<stream:stream[^>]*>", head):
            head += self._receive()
        stream_id = re.search(rb"""<stream:stream[^>]*\bid=['"]([^'"]*)""", head).group(1)
        self._parser.feed(head)
        self._send("<handshake>" + hashlib.sha1(stream_id + secret.encode()).hexdigest() + "</handshake>")
        self.start()

    def _receive(self):
        data = self.socket.recv(65536)
        if not data:
            raise OSError("the server hung up")
        return data

    def _send(self, text):
        with self._lock:
            self.socket.sendall(text.encode())

    def run(self):
        depth = 0
        with contextlib.suppress(OSError):
            while True:
                for event, element in self._parser.read_events():
                    depth += 1 if event == "start" else -1
                    if event == "end" and depth == 1:
                        self._take(element)
                        element.clear()
                self._parser.feed(self._receive())

    def _take(self, stanza):
        to, sender = stanza.get("to", ""), stanza.get("from", "")
        room, _, nick = to.partition("/")
        kind = stanza.tag.removeprefix(NS)
        if kind == "iq" and stanza.find(f"{{{INFO}}}query") is not None:
            self._send(f"<iq type='result' id={quoteattr(stanza.get('id'))} from='{to}' to='{sender}'><query xmlns='{INFO}'>"
                       f"<identity category='conference' type='text' name='Hall'/><feature var='{MUC}'/></query></iq>")
        elif kind == "iq" and stanza.get("type") == "get":
            self._send(f"<iq type='result' id={quoteattr(stanza.get('id'))} from='{to}' to='{sender}'/>")
        elif kind == "presence" and stanza.get("type") == "unavailable":
            self.left.append(room)
            self._send(f"<presence type='unavailable' from='{to}' to='{sender}'><x xmlns='{MUC}#user'><item affiliation='none' "
                       "role='none'/><status code='110'/></x></presence>")
        elif kind == "presence" and stanza.find(f"{{{MUC}}}x") is not None:
            self._enter(room, nick, sender)
        elif kind == "message" and stanza.get("type") == "groupchat":
            body = escape(stanza.findtext(f"{NS}body") or "")
            self.say(room, f"<message type='groupchat' id={quoteattr(stanza.get('id'))} from='{room}/{self.entered[room][0]}' "
                           f"to='{{to}}'><body>{body}</body></message>")

    def _enter(self, room, nick, sender):
        self.entered[room] = (nick, sender)
        parts = [occupant(room, n) for n in range(self.occupants)]
        parts.append(f"<presence from='{room}/{nick}' to='{{to}}'><x xmlns='{MUC}#user'><item affiliation='none' "
                     "role='participant'/><status code='110'/></x></presence>")
        parts += [f"<message type='groupchat' id='line-{n}' from='{room}/occupant {n % max(self.occupants, 1)}' to='{{to}}'>"
                  f"<body>{LAST if n == self.lines - 1 else f'line {n} of what was said before somebody came'}</body>"
                  f"<delay xmlns='urn:xmpp:delay' from='{room}' stamp='2026-01-01T10:{n // 60:02}:{n % 60:02}Z'/></message>"
                  for n in range(self.lines)]
        parts.append(f"<message type='groupchat' from='{room}' to='{{to}}'><subject>the hall</subject></message>")
        self.say(room, "".join(parts))

    def say(self, room, xml):
        """To who is in the room; {to} stands for their address."""
        self._send(xml.replace("{to}", self.entered[room][1]))

    def change(self, room, count, show):
        """So many presences change, and a last word after them."""
        self.say(room, "".join(occupant(room, n, show) for n in range(count)) +
                 f"<message type='groupchat' id='{show}' from='{room}/occupant 0' to='{{to}}'><body>99 {show} now 99</body></message>")

    def close(self):
        with contextlib.suppress(OSError):
            self._send("</stream:stream>")
        self.join(5)
        self.socket.close()
