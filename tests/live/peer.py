#!/usr/bin/python3
"""peer.py OPTIONS: a contact by slixmpp: what it receives goes out as JSON lines, what it is told comes in as such.

An implementation that is not ours, so that agreement means something.  Used through rig.Peer and by make demo.
"""
import asyncio
import json
import sys
from xml.sax.saxutils import escape, quoteattr

import slixmpp
from slixmpp.xmlstream import tostring
from slixmpp.xmlstream.handler import Callback
from slixmpp.xmlstream.matcher import MatchXPath

RECEIPTS = "urn:xmpp:receipts"


def say(**event):
    print(json.dumps(event, ensure_ascii=False), flush=True)


class Peer(slixmpp.ClientXMPP):
    def __init__(self, options):
        super().__init__(options["jid"], options["password"])
        self.options = options
        self.ca_certs = options["ca"]
        # Subscriptions are the test's business.
        self.auto_authorize, self.auto_subscribe = None, False
        self.register_plugin("xep_0030")
        self.register_plugin("xep_0199")
        for kind in ("message", "presence", "iq"):
            self.register_handler(Callback(f"all {kind}", MatchXPath(f"{{jabber:client}}{kind}"),
                                           lambda stanza, kind=kind: self.on_stanza(kind, stanza)))
        self.add_event_handler("session_start", self.on_start)
        self.add_event_handler("failed_all_auth", lambda _: self.fail("the log-in was refused"))
        self.add_event_handler("disconnected", lambda _: self.fail("disconnected"))
        self.reader = None

    def fail(self, why):
        say(ev="end", why=why)
        self.loop.stop()

    async def on_start(self, _):
        await self.get_roster()
        if self.options["presence"]:
            self.send_presence()
        say(ev="online", jid=str(self.boundjid))
        self.reader = asyncio.ensure_future(self.read())

    def on_stanza(self, kind, stanza):
        xml = stanza.xml
        event = {"ev": kind, "from": xml.get("from"), "to": xml.get("to"), "type": xml.get("type"), "id": xml.get("id"),
                 "xml": tostring(xml)}
        for name in ("body", "show", "status", "priority"):
            child = xml.find(f"{{jabber:client}}{name}")
            if child is not None:
                event[name] = child.text or ""
        if xml.find(f"{{{RECEIPTS}}}received") is not None:
            event["received"] = xml.find(f"{{{RECEIPTS}}}received").get("id")
        say(**event)
        if kind == "message" and self.options["receipts"] and xml.find(f"{{{RECEIPTS}}}request") is not None:
            self.send_raw(f"<message type='chat' to={quoteattr(xml.get('from'))}>"
                          f"<received xmlns='{RECEIPTS}' id={quoteattr(xml.get('id') or '')}/></message>")

    async def read(self):
        reader = asyncio.StreamReader(limit=2 ** 24)
        await self.loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
        while line := await reader.readline():
            command = json.loads(line)
            try:
                if not await self.obey(command.pop("do"), **command):
                    break
            except Exception as error:      # the test must hear of it, whatever it was
                say(ev="error", why=repr(error))
        self.loop.stop()

    async def obey(self, do, **c):
        if do == "send":
            head = f"<message to={quoteattr(c['to'])} type={quoteattr(c['type'])}"
            head += f" id={quoteattr(c['id'])}>" if c.get("id") else ">"
            self.send_raw(f"{head}<body>{escape(c['body'])}</body>{c.get('extra', '')}</message>")
        elif do == "raw":
            self.send_raw(c["xml"])
        elif do == "presence":
            attributes = {k: c.get(v) for k, v in (("pto", "to"), ("ptype", "type"), ("pshow", "show"), ("pstatus", "status"),
                                                   ("ppriority", "priority"))}
            self.send_presence(**attributes)
        elif do == "drop":
            self.transport.abort()
            return False
        elif do == "quit":
            await self.disconnect(wait=1)
            return False
        return True


def main():
    options = json.loads(sys.argv[1])
    peer = Peer(options)
    peer.connect(("127.0.0.1", options["port"]))
    peer.loop.run_forever()


if __name__ == "__main__":
    main()
