"""The rig itself: when these fail, nothing else here can be believed."""
import socket
import ssl

import rig


def test_two_contacts_talk_through_prosody(people, peer):
    a, b = people(2)
    alice, bob = peer(a, receipts=True), peer(b)
    bob.send(alice.full, "grüß dich <&> 'ok'", id="m1", extra="<request xmlns='urn:xmpp:receipts'/>")
    assert alice.message("grüß dich <&> 'ok'")["from"] == bob.full
    assert bob.expect(ev="message", received="m1")
    bob.presence(show="dnd", status="busy")
    assert alice.expect(ev="presence", show="dnd", status="busy")["from"] == bob.full


def test_proxy_cuts_and_stalls(server, people, proxy, peer):
    a, b = people(2)
    wire = proxy(server.port)
    alice, bob = peer(a, port=wire.port), peer(b)
    wire.stall()
    bob.send(alice.full, "waits")
    try:
        alice.expect(ev="message", _timeout=0.3)
        raise AssertionError("it went through a stalled wire")
    except rig.Late:
        pass
    wire.go_on()
    alice.message("waits")
    wire.cut()
    alice.expect(ev="end")


def test_certificates_are_what_they_claim(authority):
    crt, _ = authority.certificate("old", expired=True)
    assert "2020" in ssl._ssl._test_decode_cert(str(crt))["notAfter"]
    crt, _ = authority.certificate("self", self_signed=True)
    decoded = ssl._ssl._test_decode_cert(str(crt))
    assert decoded["issuer"] == decoded["subject"]


def test_tmux_shows_what_is_typed(tmux):
    terminal = tmux(60, 10).start("cat")
    terminal.line("grüße 漢字")
    terminal.wait_for("grüße 漢字\n.*grüße 漢字")
    terminal.keys("C-d")
    assert terminal.exit_code() == 0


def test_ports_are_free_and_differ():
    ports = rig.free_ports(5)
    assert len(set(ports)) == 5
    for port in ports:
        with socket.socket() as s:
            s.bind(("127.0.0.1", port))
