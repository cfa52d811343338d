#!/usr/bin/python3
"""omemo_peer.py OPTIONS: peer.py with OMEMO by python3-omemo and python3-oldmemo, which share no code with libsignal.

It trusts every device.  What it decrypts goes out as {"ev": "omemo", "text", "device", "id"}, text null for a message
that only carries a key; what it cannot decrypt as {"ev": "undecryptable"}.  {"do": "say", "to", "body"} encrypts;
options["state"] is the file where its keys are.
"""
import asyncio
import json
import os
import sys
from xml.etree import ElementTree as ET

import oldmemo
import oldmemo.etree
import omemo
from slixmpp.exceptions import IqError, IqTimeout

import peer

NS = oldmemo.oldmemo.NAMESPACE
LIST = NS + ".devicelist"
PUBSUB = "http://jabber.org/protocol/pubsub"


class Disk(omemo.Storage):
    def __init__(self, path):
        super().__init__()
        self.path = path
        self.data = json.load(open(path, encoding="utf-8")) if os.path.exists(path) else {}

    def save(self):
        with open(self.path + "~", "w", encoding="utf-8") as f:
            json.dump(self.data, f)
        os.replace(self.path + "~", self.path)

    async def _load(self, key):
        return omemo.Just(self.data[key]) if key in self.data else omemo.Nothing()

    async def _store(self, key, value):
        self.data[key] = value
        self.save()

    async def _delete(self, key):
        self.data.pop(key, None)
        self.save()


def manager_of(client):
    async def publish(node, payload):
        iq = client.make_iq_set()
        root = ET.SubElement(iq.xml, f"{{{PUBSUB}}}pubsub")
        wish = ET.SubElement(root, f"{{{PUBSUB}}}publish", node=node)
        ET.SubElement(wish, f"{{{PUBSUB}}}item", id="current").append(payload)
        x = ET.SubElement(ET.SubElement(root, f"{{{PUBSUB}}}publish-options"), "{jabber:x:data}x", type="submit")
        for var, value in (("FORM_TYPE", PUBSUB + "#publish-options"), ("pubsub#persist_items", "true"),
                           ("pubsub#access_model", "open")):
            ET.SubElement(ET.SubElement(x, "{jabber:x:data}field", var=var), "{jabber:x:data}value").text = value
        await iq.send()

    async def fetch(jid, node):
        iq = client.make_iq_get(ito=jid)
        ET.SubElement(ET.SubElement(iq.xml, f"{{{PUBSUB}}}pubsub"), f"{{{PUBSUB}}}items", node=node)
        item = (await iq.send()).xml.find(f".//{{{PUBSUB}}}item")
        return item[0] if item is not None and len(item) else None

    class Manager(omemo.SessionManager):
        @staticmethod
        async def _upload_bundle(bundle):
            await publish(f"{NS}.bundles:{bundle.device_id}", oldmemo.etree.serialize_bundle(bundle))

        @staticmethod
        async def _download_bundle(_namespace, jid, device):
            try:
                payload = await fetch(jid, f"{NS}.bundles:{device}")
            except (IqError, IqTimeout) as error:
                raise omemo.BundleDownloadFailed(str(error)) from error
            if payload is None:
                raise omemo.BundleNotFound("empty")
            return oldmemo.etree.parse_bundle(payload, jid, device)

        @staticmethod
        async def _delete_bundle(_namespace, _device):
            pass

        @staticmethod
        async def _upload_device_list(_namespace, devices):
            await publish(LIST, oldmemo.etree.serialize_device_list(devices))

        @staticmethod
        async def _download_device_list(_namespace, jid):
            try:
                payload = await fetch(jid, LIST)
            except (IqError, IqTimeout) as error:
                if isinstance(error, IqError) and error.condition == "item-not-found":
                    return {}
                raise omemo.DeviceListDownloadFailed(str(error)) from error
            return {} if payload is None else oldmemo.etree.parse_device_list(payload)

        async def _evaluate_custom_trust_level(self, _device):
            return omemo.TrustLevel.TRUSTED

        async def _make_trust_decision(self, undecided, _identifier):
            for device in undecided:
                await self.set_trust(device.bare_jid, device.identity_key, "TRUSTED")

        @staticmethod
        async def _send_message(message, jid):
            stanza = client.make_message(mto=jid, mtype="chat")
            stanza.append(oldmemo.etree.serialize_message(message))
            stanza.append(ET.Element("{urn:xmpp:hints}store"))
            stanza.send()

    return Manager


class OmemoPeer(peer.Peer):
    def __init__(self, options):
        super().__init__(options)
        self.register_plugin("xep_0115")
        self.register_plugin("xep_0163")
        self.register_plugin("xep_0045")
        self.om, self.ready, self.queue = None, asyncio.Event(), asyncio.Queue()
        self.work = None
        self.rooms = {}

    async def on_start(self, _):
        await self.get_roster()
        storage = Disk(self.options["state"])
        self.om = await manager_of(self).create([oldmemo.Oldmemo(storage)], storage, self.boundjid.bare, "peer", "TRUSTED")
        self["xep_0030"].add_feature(LIST + "+notify")
        await self["xep_0115"].update_caps()
        self.om.before_history_sync()
        await self.om.after_history_sync()
        me, _ = await self.om.get_own_device_information()
        # One after the other, as they came: a ratchet is not to be turned by two at once.
        self.work = asyncio.ensure_future(self.worker())
        self.send_presence()
        peer.say(ev="online", jid=str(self.boundjid), device=me.device_id, key=me.identity_key.hex())
        self.reader = asyncio.ensure_future(self.read())

    def on_stanza(self, kind, stanza):
        super().on_stanza(kind, stanza)
        if kind == "message":
            self.queue.put_nowait(stanza)

    async def worker(self):
        while True:
            await self.take(await self.queue.get())

    async def take(self, stanza):
        xml, sender = stanza.xml, stanza["from"]
        event = xml.find("{http://jabber.org/protocol/pubsub#event}event")
        if event is not None:
            payload = event.find(f".//*[@node='{LIST}']/*/*")
            if payload is not None:
                await self.om.update_device_list(NS, sender.bare, oldmemo.etree.parse_device_list(payload))
                peer.say(ev="devices", **{"from": sender.bare})
            return
        encrypted = xml.find(f"{{{NS}}}encrypted")
        if encrypted is None:
            return
        who = sender.bare
        if xml.get("type") == "groupchat":
            who = self.rooms.get((sender.bare, sender.resource), who)
        try:
            message = await oldmemo.etree.parse_message(encrypted, who, self.boundjid.bare, self.om)
            text, device, _ = await self.om.decrypt(message)
            peer.say(ev="omemo", id=xml.get("id"), device=device.device_id, type=xml.get("type"),
                     text=None if text is None else text.decode(), **{"from": str(sender)})
        except Exception as error:      # whatever it was, the test must hear of it
            peer.say(ev="undecryptable", id=xml.get("id"), why=repr(error), **{"from": str(sender)})

    async def obey(self, do, **c):
        if do == "say":
            await self.encrypt(c["to"], c.get("jids") or [c["to"]], c["body"], c.get("type", "chat"), c.get("id"),
                               c.get("extra", []))
        elif do == "enter":
            room = c["room"]

            def came(presence):
                if str(presence["muc"]["jid"]):
                    self.rooms[(room, presence["muc"]["nick"])] = presence["muc"]["jid"].bare

            self.add_event_handler(f"muc::{room}::got_online", came)
            await self["xep_0045"].join_muc_wait(room, c["nick"], maxstanzas=0)
            peer.say(ev="entered", room=room)
        else:
            return await super().obey(do, **c)
        return True

    async def encrypt(self, to, jids, body, kind, ident, extra):
        for jid in jids:
            await self.om.refresh_device_list(NS, jid)
        messages, errors = await self.om.encrypt(frozenset(jids), {NS: body.encode()}, [NS])
        for error in errors:
            peer.say(ev="error", why=repr(error))
        for message in messages:
            stanza = self.make_message(mto=to, mtype=kind)
            if ident:
                stanza["id"] = ident
            stanza["body"] = "(OMEMO)"
            stanza.append(oldmemo.etree.serialize_message(message))
            stanza.append(ET.Element("{urn:xmpp:eme:0}encryption", namespace=NS, name="OMEMO"))
            stanza.append(ET.Element("{urn:xmpp:hints}store"))
            for more in extra:
                stanza.append(ET.fromstring(more))
            stanza.send()


def main():
    options = json.loads(sys.argv[1])
    one = OmemoPeer(options)
    one.connect(("127.0.0.1", options["port"]))
    one.loop.run_forever()


if __name__ == "__main__":
    main()
