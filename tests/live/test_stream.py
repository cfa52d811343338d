"""test_stream.py: one stream (src/xmpp/stream.h) against a good Prosody and against a server that is not good."""
import hashlib
import json
import os
import re
import socket
import ssl
import subprocess
import threading
import time

import pytest

import rig
from rogue import BIND, SASL, SM, STALL, STREAMS, TLS, HANG_UP, Rogue, b64, nonce_of

PROBE = rig.BUILD / "tests" / "probe_stream"


class Probe:
    """probe_stream, and the callbacks it prints."""

    def __init__(self, port, ca, jid="mira@localhost", password="secret", tls="starttls", host="127.0.0.1", **options):
        read, write = os.pipe()
        os.write(write, password.encode())
        os.close(write)
        words = [str(PROBE), "--jid", jid, "--tls", tls, "--password-fd", str(read)]
        words += ["--host", host, "--port", str(port)] if host else []
        words += ["--ca", str(ca)] if ca else []
        for name, value in options.items():
            words += [f"--{name.replace('_', '-')}"] + ([] if value is True else [str(value)])
        self.process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        pass_fds=[read], env=rig.clean_env())
        os.close(read)
        self.seen = []
        # Whoever waits for a line that never comes gets the end of the file instead.
        self._watchdog = threading.Timer(6 * rig.PATIENCE, self.process.kill)
        self._watchdog.daemon = True
        self._watchdog.start()

    def say(self, text):
        self.process.stdin.write((text + "\n").encode())
        self.process.stdin.flush()

    def next(self):
        line = self.process.stdout.readline()
        assert line, f"probe_stream ended with {self.process.wait()}: {self.process.stderr.read().decode()}\n{self.seen}"
        self.seen.append(json.loads(line))
        return self.seen[-1]

    def until(self, callback):
        while True:
            line = self.next()
            if line["callback"] == callback:
                return line
            assert line["callback"] != "down", line

    def down(self):
        while True:
            line = self.next()
            if line["callback"] == "down":
                break
        assert self.process.wait(rig.PATIENCE) == 0, self.process.stderr.read().decode()
        assert line["text"].endswith((".", "?")), line
        return line

    def stanzas(self):
        return [line["xml"] for line in self.seen if line["callback"] == "stanza"]

    def close(self):
        self._watchdog.cancel()
        rig.end(self.process)
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            try:
                stream.close()
            except BrokenPipeError:
                pass


@pytest.fixture
def probe(place):
    return lambda *args, **options: place.keep(Probe(*args, **options))


@pytest.fixture
def rogue(place, authority):
    return lambda **knobs: place.keep(Rogue(authority, **knobs))


@pytest.fixture
def refused(rogue, probe, authority):
    """refused({knobs}, options): the failure, after looking at what every failure must keep to."""
    def run(knobs, **options):
        server = rogue(**knobs)
        tls = "direct" if knobs.get("direct") else "starttls"
        line = probe(server.port, authority.ca, **{"tls": tls, **options}).down()
        assert not server.errors, server.errors
        assert b"secret" not in server.clear + server.said
        # In the clear only the header, without who we are, and the wish for TLS.
        rest = re.sub(rb"<\?xml[^>]*\?>|<stream:stream [^>]*>|<starttls [^>]*/>", b"", server.clear)
        assert rest == b"" and b"mira" not in server.clear
        line["server"] = server
        return line
    return run


FAULTS = ("CLOSED LOST NO_NAME UNREACHABLE SILENT NO_TLS TLS_FAILED CERTIFICATE PIN PASSWORD REFUSED BUSY WEAK WEAKER FORGED BIND ERROR "
          "CONFLICT BROKEN CONFIG").split()


def fault(line):
    return FAULTS[line["fault"]]


# --- the good way ---

@pytest.mark.parametrize("tls", ["starttls", "direct"])
def test_prosody(server, people, probe, authority, tls):
    mira, = people(1)
    one = probe(server.direct_port if tls == "direct" else server.port, authority.ca, f"{mira}@localhost", f"secret-{mira}",
                tls=tls, resource="desk")
    up = one.until("up")
    assert up["jid"] == f"{mira}@localhost/desk" and up["tls"] == "TLSv1.3" and up["mechanism"].startswith("SCRAM-SHA-")
    assert up["sm"] and up["sm_id"] and "rosterver" in up["features"] or "roster" in up["features"]
    one.say("<iq type='get' id='p1'><ping xmlns='urn:xmpp:ping'/></iq>")
    assert "id='p1'" in one.until("stanza")["xml"]
    one.say("CLOSE")
    assert fault(one.down()) == "CLOSED"


def test_prosody_wrong_password(server, people, probe, authority):
    mira, = people(1)
    line = probe(server.port, authority.ca, f"{mira}@localhost", "wrong").down()
    assert fault(line) == "PASSWORD" and line["condition"] == "not-authorized" and line["final"]
    assert line["text"].startswith(f"localhost refused the password for {mira}@localhost: \"")


def test_prosody_resumes(server, people, probe, authority):
    mira, = people(1)
    who = (server.port, authority.ca, f"{mira}@localhost", f"secret-{mira}")
    one = probe(*who)
    up = one.until("up")
    one.say("FREE")
    one.process.wait(rig.PATIENCE)
    two = probe(*who, resume=up["sm_id"], resume_jid=up["jid"], resume_h=0)
    again = two.until("up")
    assert again["resumed"] and again["acked"] == 0 and again["jid"] == up["jid"] and again["sm_id"] == up["sm_id"]
    two.say("CLOSE")
    two.down()
    three = probe(*who, resume=up["sm_id"], resume_h=0).until("up")
    assert not three["resumed"] and three["resume_failed"] and three["sm_id"] not in (None, up["sm_id"])


@pytest.mark.parametrize("knobs", [{}, {"direct": True}, {"mechanisms": ["SCRAM-SHA-1", "PLAIN"]}, {"mechanisms": ["PLAIN"]},
                                   {"after_login": f"<bind {BIND}/>"}, {"enabled": f"<failed {SM}/>"},
                                   {"final_in_challenge": True}],
                         ids=["starttls", "direct", "sha1", "plain", "no-sm", "sm-failed", "final-challenge"])
def test_rogue_that_is_good(rogue, probe, authority, knobs):
    server = rogue(**knobs)
    one = probe(server.port, authority.ca, tls="direct" if knobs.get("direct") else "starttls")
    up = one.until("up")
    assert up["jid"] == "mira@localhost/here"
    assert up["mechanism"] == knobs.get("mechanisms", ["SCRAM-SHA-256"])[0]
    assert up["sm"] == (not knobs.get("after_login") and "enabled" not in knobs)
    assert b"mira" not in server.clear and b"mechanism" not in server.clear
    one.say("CLOSE")
    assert fault(one.down()) == "CLOSED" and not server.errors


def test_channel_binding(rogue, probe, authority):
    server = rogue(mechanisms=("SCRAM-SHA-256-PLUS", "SCRAM-SHA-256"), tls_max=ssl.TLSVersion.TLSv1_2, bindings=["tls-unique"])
    up = probe(server.port, authority.ca).until("up")
    assert up["mechanism"] == "SCRAM-SHA-256-PLUS" and up["tls"] == "TLSv1.2" and not server.errors


def test_no_binding_in_common(rogue, probe, authority):
    server = rogue(mechanisms=("SCRAM-SHA-256-PLUS", "SCRAM-SHA-256"), bindings=["tls-unique"])   # TLS 1.3 has none
    assert probe(server.port, authority.ca).until("up")["mechanism"] == "SCRAM-SHA-256"


def test_tls_off_only_here(rogue, probe, authority):
    server = rogue(plaintext=True)
    up = probe(server.port, None, tls="off").until("up")
    assert up["tls"] is None and up["mechanism"] == "SCRAM-SHA-256"
    line = probe(server.port, None, tls="off", host="192.0.2.1").down()
    assert fault(line) == "CONFIG" and "192.0.2.1" in line["text"]
    server = rogue(plaintext=True, mechanisms=["PLAIN"])
    assert fault(probe(server.port, None, tls="off").down()) == "WEAK" and b"<auth" not in server.clear


# --- TLS ---

@pytest.mark.parametrize("knobs, expected", [
    ({"clear_features": ""}, "NO_TLS"),
    ({"clear_features": f"<mechanisms {SASL}><mechanism>PLAIN</mechanism></mechanisms>"}, "NO_TLS"),
    ({"proceed": f"<failure {TLS}/>"}, "NO_TLS"),
    ({"proceed": f"<proceed {TLS}/><stream:error><host-unknown {STREAMS}/></stream:error>"}, "FORGED"),
    ({"proceed": f"<proceed {TLS}/><message from='boss@localhost'><body>x</body></message>"}, "FORGED"),
    ({"proceed": f"<proceed {TLS}/> "}, "FORGED"),
    ({"proceed": f"<proceed {TLS}/><mess"}, "FORGED"),
    ({"proceed": f"<proceed {TLS}/><?xml version='1.0'?><stream:stream xmlns='jabber:client' version='1.0' "
                 "xmlns:stream='http://etherx.jabber.org/streams'><stream:features/>"}, "FORGED"),
    ({"proceed": f"<stream:error><see-other-host {STREAMS}>[::1]:22</see-other-host></stream:error>"}, "ERROR"),
    ({"tls_max": ssl.TLSVersion.TLSv1_1}, "TLS_FAILED"),
    ({"proceed": "<message/>"}, "BROKEN"),
], ids=range(11))
def test_tls_refusals(refused, knobs, expected):
    line = refused(knobs)
    assert fault(line) == expected, line
    assert b"<auth" not in line["server"].said


def test_nothing_but_the_header_without_tls_on_offer(refused):
    server = refused({"clear_features": ""})["server"]
    assert server.clear.count(b"<") == 2    # <?xml and <stream:stream


def test_see_other_host_is_told_not_followed(refused):
    line = refused({"features": None, "early": f"<stream:error><see-other-host {STREAMS}>evil.example:5222</see-other-host>"
                                               "</stream:error>"})
    assert fault(line) == "ERROR" and line["condition"] == "see-other-host" and "evil.example:5222" in line["text"]
    assert len(line["server"].connections) == 1


CERTIFICATES = {
    "expired": ({"expired": True}, "it ended on 1 Feb 2020", True),
    "self-signed": ({"self_signed": True}, "it is self-signed", True),
    "other host": ({"hosts": ("*.hosting.example",)}, "it is for *.hosting.example and not for localhost", True),
    "expired, other host": ({"hosts": ("other.example",), "expired": True}, "; ", True),
}


@pytest.mark.parametrize("kind", CERTIFICATES)
@pytest.mark.parametrize("direct", [False, True], ids=["starttls", "direct"])
def test_certificates(refused, authority, kind, direct):
    how, words, pin_helps = CERTIFICATES[kind]
    line = refused({"certificate": authority.certificate(re.sub(r"\W", "", kind), **how), "direct": direct})
    assert fault(line) == "CERTIFICATE" and line["final"] and words in line["text"], line
    assert line["certificate"]["pin_helps"] == pin_helps and line["certificate"]["sha256"].count(":") == 31
    assert not line["server"].said


def test_unknown_authority(rogue, probe, authority, place):
    other = rig.Authority(place.path / "other")
    server = rogue(certificate=other.certificate("x"))
    line = probe(server.port, authority.ca).down()
    assert fault(line) == "CERTIFICATE" and "not one that this machine trusts" in line["text"]
    assert fault(probe(rogue().port, None).down()) == "CERTIFICATE"     # the system does not know the test's authority


def fingerprint(certificate):
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(certificate[0].read_text())).hexdigest()


def strange_certificate(authority, name, subject="/CN=localhost", alternative=None, start=None, key="rsa:2048", digest="sha256"):
    """One that rig.Authority does not make, because no server should have it."""
    run = lambda *words: subprocess.run(["openssl", *words], cwd=authority.folder, check=True, capture_output=True)  # noqa: E731
    extensions = authority.folder / f"{name}.ext"
    extensions.write_text("basicConstraints=CA:FALSE\n" + (f"subjectAltName={alternative}\n" if alternative else ""))
    (authority.folder / f"{name}.index").write_text("")
    (authority.folder / f"{name}.serial").write_text("2000\n")
    (authority.folder / f"{name}.cnf").write_text(
        f"[ca]\ndefault_ca=d\n[d]\ndatabase={name}.index\nserial={name}.serial\nnew_certs_dir=.\ndefault_md={digest}\n"
        "policy=p\nunique_subject=no\n[p]\ncommonName=optional\norganizationName=optional\n")
    run("req", "-newkey", key, "-nodes", "-utf8", "-subj", subject, "-keyout", f"{name}.key", "-out", f"{name}.csr")
    run("ca", "-batch", "-notext", "-config", f"{name}.cnf", "-cert", "ca.crt", "-keyfile", "ca.key", "-startdate",
        start or "20200101000000Z", "-enddate", "20360101000000Z", "-extfile", extensions.name, "-in", f"{name}.csr", "-out",
        f"{name}.crt")
    return authority.folder / f"{name}.crt", authority.folder / f"{name}.key"


@pytest.mark.parametrize("options, words", [
    ({}, "it is for no host name at all and not for localhost"),
    ({"alternative": "DNS:localhost", "start": "20350101000000Z"}, "it begins on 1 Jan 2035"),
    ({"alternative": "DNS:*"}, "it is for * and not for localhost"),
    ({"alternative": "DNS:l*t"}, "it is for l*t and not for localhost"),
    ({"alternative": "DNS:evil.example", "subject": "/O=\u202e\x1b[2Jx/CN=localhost"}, "it is for evil.example"),
], ids=["name only", "not yet", "any", "part", "hostile subject"])
def test_strange_certificates(refused, authority, options, words):
    line = refused({"certificate": strange_certificate(authority, "strange" + str(abs(hash(words))), **options)})
    assert fault(line) == "CERTIFICATE" and words in line["text"], line
    assert not re.search("[\u202e\x1b]", json.dumps(line, ensure_ascii=False, default=str).replace("\\u202e", "\u202e"))


def test_weak_key(refused, authority):
    line = refused({"certificate": strange_certificate(authority, "weak", alternative="DNS:localhost", key="rsa:1024")})
    # The server's own library may refuse to show it; either way nothing is sent.
    assert fault(line) in ("CERTIFICATE", "TLS_FAILED", "LOST"), line


@pytest.mark.parametrize("domain, name, good", [
    ("a.xmpp.test", "a.xmpp.test", True), ("a.b.xmpp.test", "a.b.xmpp.test", False),
    ("b\u00fccher.xmpp.test", "xn--bcher-kva.xmpp.test", True)])
def test_names(rogue, probe, authority, domain, name, good):
    """Asked for and checked as an A-label, told to the server as it is; a wildcard is one label."""
    server = rogue(bound=f"mira@{domain}/here", certificate=authority.certificate("names", hosts=("*.xmpp.test",)))
    one = probe(server.port, authority.ca, f"mira@{domain}")
    if good:
        assert one.until("up")["jid"] == f"mira@{domain}/here"
        assert f'to="{domain}"'.encode() in server.clear
    else:
        assert fault(one.down()) == "CERTIFICATE"
    assert server.connections[0].name == name


def test_client_certificate_is_not_given(rogue, probe, authority):
    assert probe(rogue(ask_certificate=True).port, authority.ca).until("up")


def test_pins(rogue, probe, authority):
    good, bad = authority.certificate("rogue"), authority.certificate("selfsigned2", self_signed=True)
    server = rogue(certificate=good)
    assert probe(server.port, authority.ca, pin=fingerprint(good)).until("up")
    line = probe(server.port, authority.ca, pin=fingerprint(bad)).down()
    assert fault(line) == "PIN" and line["certificate"]["problem"] is None and line["certificate"]["pin_helps"]
    server = rogue(certificate=bad)
    assert fault(probe(server.port, authority.ca, pin=fingerprint(bad)).down()) == "CERTIFICATE"
    assert probe(server.port, authority.ca, pin=fingerprint(bad).upper(), pin_flaws=1).until("up")
    assert fault(probe(server.port, authority.ca, pin=fingerprint(good), pin_flaws=7).down()) == "PIN"


@pytest.mark.parametrize("options, flaw", [({"self_signed": True}, 1), ({"expired": True}, 2), ({"hosts": ["other.test"]}, 4),
                                           ({"expired": True, "hosts": ["other.test"]}, 6)])
def test_a_pin_covers_what_it_was_given_for(rogue, probe, authority, options, flaw):
    pair = authority.certificate("flaw" + "-".join(options), **options)
    server, pin = rogue(certificate=pair), fingerprint(pair)
    assert probe(server.port, authority.ca, pin=pin, pin_flaws=flaw).until("up")
    for less in range(8):
        if less & flaw != flaw:
            line = probe(server.port, authority.ca, pin=pin, pin_flaws=less).down()
            assert fault(line) == "CERTIFICATE" and line["certificate"]["pin_helps"] and "not pinned for that" in line["text"]
    assert not any(b"<auth" in c.said for c in server.connections[1:])


PLUS, PLAIN = "SCRAM-SHA-256-PLUS", "PLAIN"


@pytest.mark.parametrize("offered, pinned, good", [
    ([PLAIN], "SCRAM-SHA-1", False), ([PLAIN], "PLAIN", True), (["SCRAM-SHA-1"], "SCRAM-SHA-256", False),
    (["SCRAM-SHA-256"], PLUS, False), (["SCRAM-SHA-256", PLAIN], "SCRAM-SHA-256", True), (["SCRAM-SHA-256"], "SCRAM-SHA-1", True)])
def test_a_log_in_does_not_get_weaker(rogue, probe, authority, offered, pinned, good):
    server = rogue(mechanisms=offered)
    one = probe(server.port, authority.ca, mechanism=pinned)
    if good:
        assert one.until("up")
    else:
        line = one.down()
        assert fault(line) == "WEAKER" and line["final"] and pinned in line["text"] and offered[0] in line["text"]
        assert b"<auth" not in server.said


def test_ca_file_that_is_not_there(probe):
    line = probe(1, "/nonexistent/ca.pem").down()
    assert fault(line) == "CONFIG" and "/nonexistent/ca.pem" in line["text"]


# --- log-in ---

def swap(first, **fields):
    for name, value in fields.items():
        first = re.sub(f"{name}=[^,]*", f"{name}={value}", first)
    return first


FIRSTS = {
    "nonce not ours": lambda f: swap(f, r="abcdef"),
    "nonce only ours": lambda f: swap(f, r=nonce_of(f)[:-5]),
    "i=1": lambda f: swap(f, i=1),
    "i=4095": lambda f: swap(f, i=4095),
    "i=1000001": lambda f: swap(f, i=1000001),
    "i=4294967295": lambda f: swap(f, i=4294967295),
    "i=-1": lambda f: swap(f, i=-1),
    "i=0x1000": lambda f: swap(f, i="0x1000"),
    "no i": lambda f: re.sub(",i=.*", "", f),
    "no salt": lambda f: swap(f, s=""),
    "salt is not base64": lambda f: swap(f, s="%%%%"),
    "huge salt": lambda f: swap(f, s="A" * 200000),
    "extension": lambda f: "m=x," + f,
    "not text": lambda f: "\0\0",
    "empty": lambda f: "",
}


@pytest.mark.parametrize("kind", FIRSTS)
def test_scram_first(refused, kind):
    line = refused({"first": FIRSTS[kind]})
    assert fault(line) == "FORGED" and line["final"], line
    assert b"<response" not in line["server"].said and b"<abort" in line["server"].said


FINALS = {
    "no signature": lambda v: f"<success {SASL}/>",
    "wrong signature": lambda v: f"<success {SASL}>{b64('v=' + b64(b'x' * 32))}</success>",
    "not base64": lambda v: f"<success {SASL}>!</success>",
    "error": lambda v: f"<success {SASL}>{b64('e=other-error')}</success>",
    "challenge with wrong signature": lambda v: f"<challenge {SASL}>{b64('v=AAAA')}</challenge>",
}


@pytest.mark.parametrize("kind", FINALS)
def test_scram_final(refused, kind):
    line = refused({"final": FINALS[kind]})
    assert fault(line) == "FORGED", line
    assert b"<bind" not in line["server"].said


@pytest.mark.parametrize("knobs, expected", [
    ({"early": f"<success {SASL}/>"}, "FORGED"),
    ({"extra_challenges": 1000}, "FORGED"),
    ({"mechanisms": ["DIGEST-MD5"]}, "WEAK"),
    ({"mechanisms": ["ANONYMOUS"]}, "WEAK"),
    ({"mechanisms": ["EXTERNAL", "LOGIN", "CRAM-MD5"]}, "WEAK"),
    ({"mechanisms": ["PLAIN", "SCRAM-SHA-512"]}, "WEAK"),
    ({"mechanisms": []}, "WEAK"),
    ({"mechanisms": [f"X-{i}" for i in range(10000)]}, "WEAK"),
    ({"features": "<x xmlns='urn:x'/>"}, "WEAK"),
], ids=range(9))
def test_weak_or_forged(refused, knobs, expected):
    line = refused(knobs)
    assert fault(line) == expected, line


@pytest.mark.parametrize("condition, expected, final", [
    ("not-authorized", "PASSWORD", True), ("malformed-request", "PASSWORD", True), ("account-disabled", "REFUSED", True),
    ("credentials-expired", "REFUSED", True), ("encryption-required", "REFUSED", True), ("made-up", "REFUSED", True),
    ("temporary-auth-failure", "BUSY", False), ("policy-violation", "BUSY", False)])
def test_sasl_failures(refused, condition, expected, final):
    words = "Your account has\nbeen \u202elocked." + "x" * 10000
    line = refused({"early": f"<failure {SASL}><{condition}/><text>{words}</text></failure>"})
    assert fault(line) == expected and line["final"] == final and line["condition"] == condition
    assert '"Your account has been' in line["text"] and "\u202e" not in line["text"] and len(line["text"]) < 1600
    assert line["server"].said.count(b"<auth") == 1


@pytest.mark.parametrize("bound", ["eve@localhost/x", "mira@other.example/x", "", "mira@localhost", "x" * 4000, "mira@localhost/",
                                   "@/"])
def test_bound_to_somebody_else(refused, bound):
    line = refused({"bound": bound})
    assert fault(line) == "BIND" and line["final"], line


def test_bind_refused(refused):
    error = ("<iq type='error' id='{id}'><error type='%s'><%s xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/><text "
             "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'>no room</text></error></iq>")
    line = refused({"bind_answer": error % ("cancel", "not-allowed")})
    assert fault(line) == "BIND" and '"no room" (not-allowed)' in line["text"]
    assert fault(refused({"bind_answer": error % ("wait", "resource-constraint")})) == "BUSY"


@pytest.mark.parametrize("enabled, sm_id", [
    (f"<enabled {SM} id='' resume='true'/>", None), (f"<enabled {SM}/>", None), (f"<enabled {SM} id='a'/>", None),
    (f"<enabled {SM} id='a' resume='true' max='-1' location='evil'/>", "a")])
def test_enabled(rogue, probe, authority, enabled, sm_id):
    up = probe(rogue(enabled=enabled).port, authority.ca).until("up")
    assert up["sm"] and up["sm_id"] == sm_id and up["sm_max_s"] == 0


def test_resumption(rogue, probe, authority):
    options = {"resume": "s0", "resume_h": 7, "resume_jid": "mira@localhost/old"}
    server = rogue(resumed=f"<failed {SM} h='3'/>")
    up = probe(server.port, authority.ca, **options).until("up")
    assert up["resume_failed"] and up["failed_h"] == 3 and not up["resumed"] and up["sm_id"] == "s1"
    assert "previd='s0'" in server.connections[0].resume and "h='7'" in server.connections[0].resume
    up = probe(rogue(resumed=f"<resumed {SM} previd='s0' h='5'/>").port, authority.ca, **options).until("up")
    assert up["resumed"] and up["acked"] == 5 and up["jid"] == "mira@localhost/old"
    # Somebody else's session: a new connection, a new log-in.
    server = rogue(resumed=f"<resumed {SM} previd='other' h='5'/>")
    up = probe(server.port, authority.ca, **options).until("up")
    assert not up["resumed"] and up["resume_failed"] and up["failed_h"] is None and len(server.connections) == 2


# --- deadlines ---

@pytest.mark.parametrize("knobs, words", [
    ({"stall": "accept"}, "said nothing for 0.6 s."), ({"stall": "header"}, "said nothing for 0.6 s."),
    ({"clear_features": STALL}, "said nothing"), ({"proceed": STALL}, "said nothing"),
    ({"stall": "handshake"}, "during the TLS handshake"), ({"stall": "handshake", "direct": True}, "during the TLS handshake"),
    ({"stall": "features"}, "said nothing"), ({"first": lambda f: STALL}, "during the log-in"),
    ({"early": STALL}, "during the log-in"), ({"stall": "bind"}, "during the log-in"),
    ({"enabled": STALL}, "during the log-in")], ids=range(11))
def test_silence(refused, knobs, words):
    # On a busy machine an earlier step may take longer than the short deadline: then with a longer one.
    for deadline in (600, 3000, 15000):
        line = refused(knobs, deadline=deadline)
        assert fault(line) == "SILENT" and not line["final"], line
        if words in line["text"]:
            return
    assert words in line["text"], line


def test_handshake_byte_by_byte(place, probe):
    """Bytes that come now and then are not progress."""
    listener = socket.create_server(("127.0.0.1", 0))
    one = probe(listener.getsockname()[1], None, tls="direct", deadline=1000)
    s, _ = listener.accept()
    try:
        deadline = time.monotonic() + 8
        while time.monotonic() < deadline and one.process.poll() is None:
            try:
                s.send(b"\x16\x03\x03\x40\x00\x02"[:1])
            except OSError:
                break
            if one.process.poll() is None:
                time.sleep(0.05)
    finally:
        s.close()
        listener.close()
    line = one.down()
    assert fault(line) in ("SILENT", "TLS_FAILED") and line["ms"] < 5000


@pytest.mark.parametrize("knobs", [{"clear_features": HANG_UP}, {"proceed": HANG_UP}, {"early": HANG_UP}, {"enabled": HANG_UP}],
                         ids=range(4))
def test_hung_up(refused, knobs):
    line = refused(knobs)
    assert fault(line) in ("LOST", "TLS_FAILED") and not line["final"], line


def test_nobody_there(probe):
    port, = rig.free_ports(1)
    line = probe(port, None).down()
    assert fault(line) == "UNREACHABLE" and "refused" in line["text"].lower() and f"127.0.0.1:{port}" in line["text"]


def test_no_such_name(probe):
    line = probe(5222, None, host="no-such-host.invalid").down()
    assert fault(line) == "NO_NAME" and "no-such-host.invalid" in line["text"]


def test_other_protocol(place, probe):
    listener = socket.create_server(("127.0.0.1", 0))
    one = probe(listener.getsockname()[1], None)
    s, _ = listener.accept()
    s.recv(4096)
    s.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    assert fault(one.down()) == "BROKEN"
    s.close()
    listener.close()


# --- stanzas ---

def end_mark(connection):
    connection.send("<message from='boss@localhost' id='mark'><body>mark</body></message>")


@pytest.fixture
def received(rogue, probe, authority):
    """received(data): the stanzas that come out of that, up to a message that is sent behind it."""
    def run(script, direct=True):
        def play(connection):
            script(connection) if callable(script) else connection.send(script)
            end_mark(connection)
        server = rogue(direct=direct, script=play)
        one = probe(server.port, authority.ca, tls="direct" if direct else "starttls")
        while True:
            line = one.until("stanza")
            if "id='mark'" in line["xml"]:
                return one.stanzas()[:-1]
    return run


@pytest.fixture
def dropped(rogue, probe, authority):
    """dropped(data): the failure that it brings after the log-in."""
    def run(data, condition=None, **options):
        server = rogue(direct=True, script=lambda c: c.send(data))
        line = probe(server.port, authority.ca, tls="direct", **options).down()
        assert fault(line) == "BROKEN" and not line["final"], line
        if condition:
            assert line["condition"] == condition, line
            rig.until(lambda: b"</stream:stream>" in server.said or server.connections[0].socket.fileno() == -1, "the end")
        return line
    return run


MESSAGE = "<message from='boss@localhost'><body>%s</body></message>"


@pytest.mark.parametrize("data, condition", [
    ("<!-- c -->", "restricted-xml"), ("<message><!-- c --></message>", "restricted-xml"), ("<?pi x?>", "restricted-xml"),
    ("<?xml version='1.0'?>", None), (MESSAGE % "&nbsp;", None), (b"<message><body>\xc0\x80</body></message>", "not-well-formed"),
    (b"<message><body>\xed\xa0\x80</body></message>", "not-well-formed"),
    (b"<message><body>\xf4\x90\x80\x80</body></message>", "not-well-formed"),
    (b"<message><body>\xef\xbf\xbe</body></message>", "not-well-formed"), (b"<message><body>\xff</body></message>", None),
    (MESSAGE % "&#0;", None), (MESSAGE % "&#27;", None), (MESSAGE % "&#xFFFE;", None),
    ("<message xmlns='jabber:client&#x1F;x'/>", None), ("<message><body></message>", "not-well-formed"),
    ("<message></stream:stream>", "not-well-formed"), ("hello", "bad-format"),
    ("<message x='" + "A" * 65537 + "'/>", "policy-violation"),
    ("<message " + " ".join(f"a{i}='1'" for i in range(65)) + "/>", "policy-violation"),
    ("<message " + " ".join(f"a{i}='1'" for i in range(50000)) + "/>", "policy-violation"),
    ("<" + "n" * 100000 + "/>", "policy-violation"), ("<a>" * 66, "policy-violation"), ("<a>" * 300000, "policy-violation"),
    ("<message>" + "<a/>" * 200000 + "</message>", "policy-violation"),
    (MESSAGE % ("A" * 2000000), "policy-violation"), ("<message x='" + "A" * 3000000, "policy-violation"),
    ("<!DOCTYPE s [<!ENTITY a 'b'>]>", None),
], ids=range(27))
def test_dropped(dropped, data, condition):
    dropped(data, condition)


@pytest.mark.parametrize("header", [
    "<?xml version='1.0'?><!DOCTYPE s [<!ENTITY a 'AAAAAAAAAA'>]>%s",
    "<?xml version='1.0'?><!DOCTYPE s [" + "<!ENTITY a0 'x'>" + "".join(
        f"<!ENTITY a{i} '{('&a%d;' % (i - 1)) * 10}'>" for i in range(1, 10)) + "]>%s",
    "<?xml version='1.0'?><!DOCTYPE s SYSTEM 'http://127.0.0.1:1/x.dtd'>%s",
    "<?xml version='1.0'?><!DOCTYPE s [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>%s",
    "<?xml version='1.0' encoding='ISO-8859-1'?>%s", "<?xml version='1.0'?><stream xmlns='urn:x'>", "<?xml version='1.0'?><html>",
    b"\xff\xfe<\0s\0"], ids=range(8))
@pytest.mark.parametrize("direct", [False, True], ids=["clear", "tls"])
def test_headers(rogue, probe, authority, header, direct):
    good = ("<stream:stream from='localhost' id='1' version='1.0' xmlns='jabber:client' "
            "xmlns:stream='http://etherx.jabber.org/streams'>")
    server = rogue(direct=direct, header=header % good if isinstance(header, str) and "%s" in header else header)
    line = probe(server.port, authority.ca, tls="direct" if direct else "starttls").down()
    assert fault(line) == "BROKEN" and b"<auth" not in server.said, line
    assert server.clear == b"" or server.clear.count(b"<") == 2


def test_text_is_text(received):
    assert received(MESSAGE % "<![CDATA[a<b]]>&amp;\u00e9\U0001f600") == [
        "<message from='boss@localhost'><body>a&lt;b&amp;\u00e9\U0001f600</body></message>"]


def test_prefixes(received):
    out = received("<p:message xmlns:p='jabber:client' from='boss@localhost'><p:body>hi</p:body></p:message>")
    assert out == [MESSAGE.replace("%s", "hi")]


def test_attributes_with_a_prefix(received):
    out = received("<message from='eve@evil' xmlns:e='urn:e' e:from='boss@localhost' e:type='chat' xml:lang='de' id='1'>"
                   "<x xmlns='urn:x' e:jid='a' jid='b'/></message>")
    assert "boss" not in out[0] and "from='eve@evil'" in out[0] and "type" not in out[0] and "xml:lang='de'" in out[0]
    assert "jid='b'" in out[0] and "jid='a'" not in out[0]


def test_what_belongs_to_nobody(received):
    out = received("<message xmlns='urn:evil' from='boss@localhost'><body>x</body></message><foo/>"
                   f"<stream:features><starttls {TLS}/></stream:features><success {SASL}/><proceed {TLS}/><challenge {SASL}/>"
                   "<iq id='_xmpp_bind1' type='result'/> \n <r " + SM + "/>")
    assert [re.match("<(.*?)[ >/]", x).group(1) for x in out] == ["iq", "r"]


def test_limits_that_hold(received):
    deep = "<message>" + "<a>" * 63 + "</a>" * 63 + "</message>"
    wide = "<message " + " ".join(f"a{i}='1'" for i in range(64)) + "/>"
    long = "<message x='" + "A" * 65536 + "'/>"
    many = "<message>" + "<a/>" * 19999 + "</message>"
    large = MESSAGE % ("&lt;" * 200000)
    out = received(deep + wide + long + many + large)
    assert len(out) == 5 and out[3].count("<a/>") == 19999 and out[4].count("&lt;") == 200000


def test_split_at_every_byte(received):
    stanza = MESSAGE.replace("body>", "body xml:lang='de'>", 1) % "gr\u00fc\u00df \U0001f600 &amp; <![CDATA[x]]>"
    data = stanza.encode()

    def script(connection):
        for cut in range(1, len(data)):
            connection.cut_into(data, cut)
        connection.cut_into(data, *range(1, len(data)))
    out = received(script)
    assert len(out) == len(data) and len(set(out)) == 1 and "gr\u00fc\u00df \U0001f600 &amp; x" in out[0]


@pytest.mark.parametrize("size", [5000, 16384, 60000])
def test_last_bytes_are_not_kept_back(rogue, probe, authority, size):
    """Nothing behind it pushes a long tag out of the parser, the TLS layer or the library."""
    server = rogue(direct=True, script=lambda c: c.cut_into(f"<message x='{'A' * size}'/>", 4090, size - 3))
    one = probe(server.port, authority.ca, tls="direct")
    up = one.until("up")
    assert one.until("stanza")["ms"] - up["ms"] < 1000


def test_many_at_once_in_order(received):
    out = received("".join(f"<message id='{i}'><body>{i}</body></message>" for i in range(5000)))
    assert [re.search("id='(.*?)'", x).group(1) for x in out] == [str(i) for i in range(5000)]


def test_cut_in_the_middle(rogue, probe, authority):
    server = rogue(direct=True, script=lambda c: (c.send("<message id='1'/><message><body>half"), c.reset()))
    one = probe(server.port, authority.ca, tls="direct")
    line = one.down()
    assert fault(line) == "LOST" and [x for x in one.stanzas()] == ["<message id='1'/>"]


@pytest.mark.parametrize("condition, expected, final", [
    ("conflict", "CONFLICT", True), ("system-shutdown", "BUSY", False), ("policy-violation", "BUSY", False),
    ("host-gone", "ERROR", True), ("undefined-condition", "ERROR", False)])
def test_stream_errors(rogue, probe, authority, condition, expected, final):
    server = rogue(direct=True, script=lambda c: c.send(
        f"<stream:error><{condition} {STREAMS}/><text {STREAMS}>by by</text></stream:error></stream:stream>"))
    line = probe(server.port, authority.ca, tls="direct").down()
    assert fault(line) == expected and line["condition"] == condition and line["final"] == final
    assert f'"by by" ({condition})' in line["text"]


def test_server_says_goodbye(rogue, probe, authority):
    server = rogue(direct=True, script=lambda c: c.send("</stream:stream>"))
    assert fault(probe(server.port, authority.ca, tls="direct").down()) == "LOST"


def test_close_is_bounded(rogue, probe, authority):
    """A server that never answers </stream:stream> does not keep us."""
    server = rogue(direct=True, script=lambda c: c.send(STALL))
    one = probe(server.port, authority.ca, tls="direct", close_deadline=500)
    up = one.until("up")
    one.say("<presence id='last'/>\nCLOSE")
    line = one.down()
    assert fault(line) == "CLOSED" and line["ms"] - up["ms"] < 5000


def test_what_was_sent_goes_out_before_the_end(rogue, probe, authority):
    got = []

    def script(connection):
        got.append(connection.expect(rb"<message id='big'>(A*)</message>").group(1))
    server = rogue(script=script)
    one = probe(server.port, authority.ca)
    one.until("up")
    one.say("<message id='big'>" + "A" * 900000 + "</message>\nCLOSE")
    assert fault(one.down()) == "CLOSED" and not server.errors
    assert len(got[0]) == 900000 and server.said.rstrip().endswith(b"</stream:stream>")


def test_hold(rogue, probe, authority):
    begin, sent, got = threading.Event(), threading.Event(), threading.Event()

    def script(connection):
        begin.wait()
        for i in range(100):
            connection.send(f"<message id='{i}'/>")
        sent.set()
        connection.expect(rb"<iq id='go'/>")
        got.set()
        end_mark(connection)
    server = rogue(direct=True, script=script)
    one = probe(server.port, authority.ca, tls="direct")
    one.until("up")
    one.say("HOLD\n<iq id='go'/>\nWAKEUPS")
    one.until("wakeups")
    begin.set()
    assert sent.wait(rig.PATIENCE)
    # The thread takes orders in their order: what was to be sent after HOLD waits for GO, however fast or slow anybody is.
    one.say("WAKEUPS")
    one.until("wakeups")
    assert not got.is_set()
    one.say("GO")
    while "mark" not in one.until("stanza")["xml"]:
        pass
    assert got.is_set() and len(one.stanzas()) == 101


def test_idle_costs_nothing(rogue, probe, authority):
    server = rogue(direct=True, script=lambda c: (end_mark(c), c.expect(rb"<iq id='idle'/>"), end_mark(c)))
    one = probe(server.port, authority.ca, tls="direct")
    one.until("stanza")

    def wakeups():
        one.say("WAKEUPS")
        count = one.until("wakeups")["count"]
        assert count > 0
        return count
    # Quiet once what the log-in left behind has gone by; then it stays so.
    last = [wakeups(), time.monotonic()]

    def calm():
        now = wakeups()
        if now != last[0]:
            last[:] = [now, time.monotonic()]
        return time.monotonic() - last[1] > 2
    rig.until(calm, "two seconds without a wake-up of the connection's thread")
    one.say("<iq id='idle'/>")
    one.until("stanza")


CHAT = ("<message from='boss@localhost/desk' to='mira@localhost/here' type='chat' id='{0:036d}' xml:lang='en'><body>{1}</body>"
        "<active xmlns='http://jabber.org/protocol/chatstates'/><request xmlns='urn:xmpp:receipts'/>"
        "<origin-id xmlns='urn:xmpp:sid:0' id='{0:036d}'/><stanza-id xmlns='urn:xmpp:sid:0' by='mira@localhost' id='{0}'/>"
        "</message>")


def counted(one, n):
    """Asks until n stanzas are there; the answer."""
    def look():
        one.say("WAKEUPS")
        line = one.until("wakeups")
        return line["stanzas"] >= n and line
    return rig.until(look, f"{n} stanzas", 60)


def test_ten_thousand_messages(rogue, probe, authority):
    data = "".join(CHAT.format(i, "hello " * 6) for i in range(10000))

    def script(connection):
        connection.expect(rb"<iq id='go'/>")
        connection.send(data)
    one = probe(rogue(direct=True, script=script).port, authority.ca, tls="direct", quiet=True)
    one.until("up")
    one.say("WAKEUPS")
    before = one.until("wakeups")
    one.say("<iq id='go'/>")
    after = counted(one, 10000)
    print(f"10,000 messages of {len(data) // 10000} bytes: {after['cpu_ms'] - before['cpu_ms']:.0f} ms CPU, "
          f"{after['peak_kib']} KiB at most")
    assert after["stanzas"] == 10000


def test_main_loop_that_is_busy(rogue, probe, authority):
    """30 MB come while nobody looks: the socket is left alone, memory stays, nothing is lost."""
    def script(connection):
        connection.expect(rb"<iq id='go'/>")
        for i in range(3000):
            connection.send(CHAT.format(i, "x" * 10000))
    one = probe(rogue(direct=True, script=script).port, authority.ca, tls="direct", quiet=True)
    one.until("up")
    one.say("WAKEUPS")
    before = one.until("wakeups")
    one.say("<iq id='go'/>\nBUSY")
    after = counted(one, 3000)
    assert after["stanzas"] == 3000
    if not os.environ.get("ASAN_OPTIONS") and "san" not in str(rig.BUILD):
        assert after["peak_kib"] - before["peak_kib"] < 24 * 1024


def test_server_that_reads_nothing(rogue, probe, authority):
    one = probe(rogue(direct=True, script=lambda c: c.send(STALL)).port, authority.ca, tls="direct")
    one.until("up")
    one.say("FLOOD")
    line = one.down()
    assert fault(line) == "LOST" and "takes nothing any more" in line["text"]


@pytest.mark.parametrize("knobs", [
    {"stall": "accept"}, {"stall": "header"}, {"proceed": STALL}, {"stall": "handshake"}, {"stall": "features"},
    {"first": lambda f: STALL}, {"stall": "bind"}, {"script": lambda c: c.send(STALL)},
    {"script": lambda c: c.send("<message/>" * 20000 + "<message><body>")}], ids=range(9))
@pytest.mark.parametrize("how", ["FREE", "CLOSE", "HOLD\nCLOSE", "HOLD\nFREE"])
def test_given_up(rogue, probe, authority, knobs, how):
    """Whatever a thread is busy with, nobody waits for it."""
    server = rogue(**knobs)
    one = probe(server.port, authority.ca, quiet=True, close_deadline=300)
    while one.next()["callback"] == "step" and not one.seen[-1]["text"].startswith("logging in"):
        if "accept" in knobs.values() or "logging" in one.seen[-1]["text"] or len(one.seen) == 1:
            break
    one.say(how)
    if "CLOSE" in how:
        assert fault(one.down()) == "CLOSED"
    assert one.process.wait(rig.PATIENCE) == 0, one.process.stderr.read().decode()
