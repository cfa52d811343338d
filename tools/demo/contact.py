#!/usr/bin/python3
"""contact.py OPTIONS: the contact of make demo: greets first, then answers each line with a message that repeats it, also in its room."""
import json
import sys

import slixmpp


class Contact(slixmpp.ClientXMPP):
    def __init__(self, options):
        super().__init__(options["jid"], options["password"])
        self.options, self.greeted = options, False
        self.ca_certs = options["ca"]
        self.register_plugin("xep_0045")
        self.register_plugin("xep_0184")
        self.register_plugin("xep_0199")
        self.add_event_handler("session_start", self.on_start)
        self.add_event_handler("got_online", self.on_presence)
        self.add_event_handler("message", self.on_message)
        self.add_event_handler("disconnected", lambda _: self.loop.stop())

    async def on_start(self, _):
        await self.get_roster()
        await self.open_room()
        self.send_presence(pstatus="at the lab")
        print("ready", flush=True)

    async def open_room(self):
        """Makes the room; until its form has come back it is locked, and nobody else can see it (XEP-0045 section 10.1)."""
        rooms, room = self["xep_0045"], self.options["room"]
        await rooms.join_muc_wait(room, "alice", maxstanzas=0)
        form = await rooms.get_room_config(room)
        form["type"] = "submit"
        form.set_values({"muc#roomconfig_roomname": "A room to try things in", "muc#roomconfig_publicroom": True})
        await rooms.set_room_config(room, form)
        rooms.set_subject(room, "Say something: alice answers here too")

    def on_presence(self, presence):
        if presence["from"].bare != self.options["person"] or self.greeted:
            return
        self.greeted = True
        self.say("Hello! This is confab, talking to a real server over TLS. Write something and press Enter.")

    def on_message(self, message):
        if message["type"] in ("chat", "normal") and message["body"] and message["from"].bare == self.options["person"]:
            self.say(f"You said: {message['body']}")
        elif message["type"] == "groupchat" and message["body"] and not message["delay"]["stamp"] and message["mucnick"] != "alice":
            self.send_message(mto=self.options["room"], mbody=f"{message['mucnick']}: you said: {message['body']}", mtype="groupchat")

    def say(self, text):
        self.send_message(mto=self.options["person"], mbody=text, mtype="chat")


def main():
    options = json.loads(sys.argv[1])
    contact = Contact(options)
    contact.connect(("127.0.0.1", options["port"]))
    contact.loop.run_forever()


if __name__ == "__main__":
    main()
