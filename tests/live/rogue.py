"""rogue.py: an XMPP server that does whatever a test wants it to, one knob for each step of a log-in, and then plays a
script.  Loopback only, a thread for each connection.

    with Rogue(authority, bound="eve@localhost/x") as rogue: ...

Knobs left alone make a well-behaved server for mira@localhost with the password "secret".
"""
import base64
import hashlib
import hmac
import re
import socket
import ssl
import threading

NS = "xmlns='urn:ietf:params:xml:ns:xmpp-{}'"
TLS, SASL, BIND, STREAMS = (NS.format(n) for n in ("tls", "sasl", "bind", "streams"))
SM = "xmlns='urn:xmpp:sm:3'"
STALL = object()        # as the value of a knob: nothing comes any more
HANG_UP = object()      # the connection is closed instead


def b64(data):
    return base64.b64encode(data if isinstance(data, bytes) else data.encode()).decode()


class Gone(Exception):
    pass


class Rogue:
    def __init__(self, authority, certificate=None, **knobs):
        self.certificate = certificate or authority.certificate("rogue")
        self.user, self.password = "mira", "secret"
        self.direct = False
        self.plaintext = False                 # no TLS at all
        self.tls_max = None
        self.ask_certificate = False           # of the client
        self.header = None                     # instead of ours
        self.clear_features = f"<starttls {TLS}/>"
        self.proceed = f"<proceed {TLS}/>"
        self.stall = None                      # "accept", "header", "handshake", "features", "bind", ...
        self.mechanisms = ("SCRAM-SHA-256", "SCRAM-SHA-1")
        self.bindings = None                   # XEP-0440
        self.features = None                   # instead of the ones with mechanisms
        self.first = None                      # function(first as it should be) -> what is sent instead
        self.iterations = 4096
        self.salt = b"0123456789abcdef"
        self.early = None                      # answer to <auth/> instead of a challenge
        self.extra_challenges = 0
        self.final = None                      # function(v=...) -> the element that ends the exchange
        self.final_in_challenge = False        # the signature in a <challenge/>, then a bare <success/>
        self.after_login = f"<bind {BIND}/><sm {SM}/>"
        self.bound = "mira@localhost/here"
        self.bind_answer = None
        self.enabled = f"<enabled {SM} id='s1' resume='true' max='300'/>"
        self.resumed = f"<failed {SM}><item-not-found {STREAMS}/></failed>"
        self.script = None                     # function(connection), after log-in
        for name, value in knobs.items():
            assert hasattr(self, name), name
            setattr(self, name, value)
        self.connections = []
        self.errors = []
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self._listener.getsockname()[1]
        self.over = threading.Event()
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.over.set()
        self._listener.close()
        for c in self.connections:
            c.close()

    @property
    def clear(self):
        """What was said without encryption, over all connections."""
        return b"".join(c.clear for c in self.connections)

    @property
    def said(self):
        return b"".join(c.said for c in self.connections)

    def _accept(self):
        while True:
            try:
                s, _ = self._listener.accept()
            except OSError:
                return
            connection = Connection(self, s)
            self.connections.append(connection)
            threading.Thread(target=connection.run, daemon=True).start()


class Connection:
    def __init__(self, rogue, s):
        self.rogue, self.socket = rogue, s
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        s.settimeout(30)
        self.clear = self.said = b""
        self.encrypted = False
        self.buffer = b""
        self.resume = None

    def close(self):
        for act in (lambda: self.socket.shutdown(socket.SHUT_RDWR), self.socket.close):
            try:
                act()
            except OSError:
                pass

    def reset(self):
        """Gone without a word."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self.close()

    def run(self):
        try:
            self._login()
            if self.rogue.script:
                self.rogue.script(self)
            self.expect(rb"</stream:stream>")
            self.send("</stream:stream>")
        except (Gone, OSError, ssl.SSLError):
            pass
        except Exception as e:    # noqa: BLE001 - shown by the test
            self.rogue.errors.append(e)
        finally:
            if not self.rogue.over.is_set():
                self.close()

    # --- bytes ---

    def send(self, data):
        """Text, bytes, STALL or HANG_UP."""
        if data is STALL:
            self.rogue.over.wait()
            raise Gone
        if data is HANG_UP:
            raise Gone
        self.socket.sendall(data.encode() if isinstance(data, str) else data)

    def cut_into(self, data, *cuts):
        """Sends data in pieces, each a write (and a TLS record) of its own; cuts are places in bytes."""
        data = data.encode() if isinstance(data, str) else data
        places = [0, *cuts, len(data)]
        for a, b in zip(places, places[1:]):
            if a < b:
                self.socket.sendall(data[a:b])

    def expect(self, pattern):
        """The match of pattern in what comes; it and what is before it are used up."""
        while True:
            match = re.search(pattern, self.buffer, re.S)
            if match:
                self.buffer = self.buffer[match.end():]
                return match
            data = self.socket.recv(65536)
            if not data:
                raise Gone
            if self.encrypted:
                self.said += data
            else:
                self.clear += data
            self.buffer += data

    # --- log-in ---

    def _open(self):
        self.expect(rb"<stream:stream[^>]*>")
        if self.rogue.stall == "header":
            self.send(STALL)
        self.send(self.rogue.header or "<?xml version='1.0'?><stream:stream from='localhost' id='1' version='1.0' "
                  "xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>")

    def _features(self, inside):
        if inside is STALL or inside is HANG_UP:
            self.send(inside)
        self.send(f"<stream:features>{inside}</stream:features>")

    def _start_tls(self):
        if self.rogue.stall == "handshake":
            self.send(STALL)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*self.rogue.certificate)
        if self.rogue.tls_max:
            context.maximum_version = self.rogue.tls_max
        if self.rogue.ask_certificate:
            context.verify_mode = ssl.CERT_OPTIONAL
            context.load_verify_locations(self.rogue.certificate[0])
        self.name = None                       # that the client asked for
        context.sni_callback = lambda _socket, name, _context: setattr(self, "name", name)
        self.socket = context.wrap_socket(self.socket, server_side=True)
        self.encrypted = True

    def _login(self):
        rogue = self.rogue
        if rogue.stall == "accept":
            self.send(STALL)
        if rogue.direct:
            self._start_tls()
        elif not rogue.plaintext:
            self._open()
            self._features(rogue.clear_features)
            self.expect(rb"<starttls [^>]*/>")
            self.send(rogue.proceed)
            self._start_tls()
        self._open()
        if rogue.stall == "features":
            self.send(STALL)
        self._features(rogue.features or self._mechanisms())
        self._sasl()
        self._open()
        self._features(rogue.after_login)
        self._bind()

    def _mechanisms(self):
        names = "".join(f"<mechanism>{m}</mechanism>" for m in self.rogue.mechanisms)
        bindings = ""
        if self.rogue.bindings is not None:
            types = "".join(f"<channel-binding type='{t}'/>" for t in self.rogue.bindings)
            bindings = f"<sasl-channel-binding xmlns='urn:xmpp:sasl-cb:0'>{types}</sasl-channel-binding>"
        return f"<mechanisms {SASL}>{names}</mechanisms>{bindings}"

    def _sasl(self):
        rogue = self.rogue
        mechanism, data = self.expect(rb"<auth [^>]*mechanism='([^']*)'[^>]*>([^<]*)</auth>").groups()
        self.mechanism = mechanism.decode()
        if rogue.early is not None:
            self.send(rogue.early)
            return
        if self.mechanism == "PLAIN":
            assert base64.b64decode(data).split(b"\0")[1:] == [rogue.user.encode(), rogue.password.encode()]
            self.send(f"<success {SASL}/>")
            return
        self._scram(base64.b64decode(data).decode())

    def _scram(self, client_first):
        rogue = self.rogue
        name = "sha256" if "256" in self.mechanism else "sha1"
        flag, bare = re.fullmatch(r"([^,]*,[^,]*,)(.*)", client_first).groups()
        nonce = re.search(r"r=([^,]*)", bare).group(1)
        first = f"r={nonce}rogue,s={b64(rogue.salt)},i={rogue.iterations}"
        if rogue.first is not None:
            first = rogue.first(first)
        self.send(STALL if first is STALL else f"<challenge {SASL}>{b64(first)}</challenge>")
        response = base64.b64decode(self.expect(rb"<response [^>]*>([^<]*)</response>").group(1)).decode()
        without_proof, proof = re.fullmatch(r"(.*),p=([^,]*)", response).groups()
        bound = flag.encode()
        if flag.startswith("p="):
            bound += self.socket.get_channel_binding(re.match("p=([^,]*)", flag).group(1))
        assert re.search("c=([^,]*)", without_proof).group(1) == b64(bound)
        digest = lambda key, text: hmac.new(key, text, name).digest()   # noqa: E731
        salted = hashlib.pbkdf2_hmac(name, rogue.password.encode(), rogue.salt, rogue.iterations)
        client_key = digest(salted, b"Client Key")
        auth = f"{bare},{first},{without_proof}".encode()
        signature = digest(hashlib.new(name, client_key).digest(), auth)
        good = bytes(a ^ b for a, b in zip(client_key, signature)) == base64.b64decode(proof)
        for _ in range(rogue.extra_challenges):
            self.send(f"<challenge {SASL}>{b64('e=again')}</challenge>")
        if not good and rogue.final is None:
            self.send(f"<failure {SASL}><not-authorized/></failure>")
            raise Gone
        v = "v=" + b64(digest(digest(salted, b"Server Key"), auth))
        if rogue.final_in_challenge:
            self.send(f"<challenge {SASL}>{b64(v)}</challenge>")
            self.expect(rb"<response [^>]*/>")
            self.send(f"<success {SASL}/>")
            return
        self.send(rogue.final(v) if rogue.final else f"<success {SASL}>{b64(v)}</success>")

    def _bind(self):
        rogue = self.rogue
        match = self.expect(rb"<iq [^>]*id='([^']*)'.*?</iq>|<resume [^>]*/>")
        if match.group(1) is None:
            self.resume = match.group(0).decode()
            self.send(rogue.resumed)
            if "<resumed" in rogue.resumed:
                return
            match = self.expect(rb"<iq [^>]*id='([^']*)'.*?</iq>")
        if rogue.stall == "bind":
            self.send(STALL)
        id = match.group(1).decode()
        self.send(rogue.bind_answer.format(id=id) if rogue.bind_answer else
                  f"<iq type='result' id='{id}'><bind {BIND}><jid>{rogue.bound}</jid></bind></iq>")
        if "<sm " in rogue.after_login:
            self.expect(rb"<enable [^>]*/>")
            self.send(rogue.enabled)


def nonce_of(first):
    return re.search("r=([^,]*)", first).group(1)
