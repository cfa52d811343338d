"""rig.py: what the live tests stand on: a certificate authority, a private Prosody and a private ejabberd, contacts, confab
itself, a terminal, and a wire that can be cut.

Everything listens on loopback, lives below one temporary folder, and is ended by its process number.  Nothing here sleeps
for a fixed time: until() looks again until its condition holds or its deadline passes.
"""
import contextlib
import json
import os
import pathlib
import queue
import re
import shlex
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
TOP = HERE.parent.parent
BUILD = pathlib.Path(os.environ.get("BUILD", "build"))
BUILD = BUILD if BUILD.is_absolute() else TOP / BUILD
PYTHON = "/usr/bin/python3"


def sanitizers():
    """What the build was made with (SAN=), by what is in it; figures of memory mean nothing then."""
    program = (BUILD / "confab").read_bytes() if (BUILD / "confab").exists() else b""
    return "address,undefined" if b"__asan_init" in program else "thread" if b"__tsan_init" in program else ""


SANITIZED = sanitizers()
# A sanitized build on a busy machine is slow; deadlines are only for what never comes.
PATIENCE = float(os.environ.get("PATIENCE", "20"))


class Late(AssertionError):
    """What was waited for did not come."""


def until(condition, what, timeout=None):
    """The first true value of condition(); Late with what (a string, or a function that makes one) otherwise.

    A process that ends takes its files in /proc away while they are looked at; then one looks again."""
    deadline = time.monotonic() + (timeout or PATIENCE)
    while True:
        value = None
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise Late(what() if callable(what) else what)
        time.sleep(0.02)


def free_ports(n):
    """n ports on loopback that nobody uses; all held at once so that they differ."""
    with contextlib.ExitStack() as stack:
        ports = []
        for _ in range(n):
            s = stack.enter_context(socket.socket())
            s.bind(("127.0.0.1", 0))
            ports.append(s.getsockname()[1])
        return ports


def listens(port):
    with socket.socket() as s:
        return s.connect_ex(("127.0.0.1", port)) == 0


def end(process, timeout=5):
    """Ends a child that we started; by force when it does not go."""
    if process is None or process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(timeout)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def clean_env(**more):
    """What a service gets: little.  The sanitizers' settings go through."""
    env = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8"}
    env.update({k: v for k, v in os.environ.items() if k.endswith("SAN_OPTIONS")})
    env.update({k: str(v) for k, v in more.items() if v is not None})
    return {k: v for k, v in env.items() if v is not None}


class Place:
    """A temporary folder that goes, with everything that was put on it to be ended first."""

    def __init__(self, prefix="confab-test-"):
        self.path = pathlib.Path(tempfile.mkdtemp(prefix=prefix))
        self._stack = contextlib.ExitStack()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            self._stack.close()
        finally:
            shutil.rmtree(self.path, ignore_errors=True)

    def keep(self, thing):
        """thing.close() is called at the end, last in first out."""
        self._stack.callback(thing.close)
        return thing


class Authority:
    """A CA of our own, and certificates from it."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.ca = self.folder / "ca.crt"
        self._openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30",
                      "-subj", "/CN=confab test CA", "-addext", "basicConstraints=critical,CA:TRUE",
                      "-addext", "keyUsage=critical,keyCertSign,cRLSign", "-keyout", "ca.key", "-out", "ca.crt")

    def _openssl(self, *args):
        subprocess.run(["openssl", *args], cwd=self.folder, check=True, stdin=subprocess.DEVNULL,
                       stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)

    def certificate(self, name, hosts=("localhost", "*.localhost"), expired=False, self_signed=False):
        """Paths of (certificate, key)."""
        ext = self.folder / f"{name}.ext"
        ext.write_text("subjectAltName=" + ",".join(f"DNS:{h}" for h in hosts) +
                       "\nbasicConstraints=CA:FALSE\nextendedKeyUsage=serverAuth\n")
        key, request, certificate = f"{name}.key", f"{name}.csr", f"{name}.crt"
        self._openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={hosts[0]}",
                      "-keyout", key, "-out", request)
        signer = ["-signkey", key] if self_signed else ["-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial"]
        if expired:
            # openssl x509 cannot date back; openssl ca can, but wants a folder full of files.
            (self.folder / "index.txt").write_text("")
            (self.folder / "serial").write_text("1000\n")
            (self.folder / "ca.cnf").write_text(
                "[ca]\ndefault_ca=d\n[d]\ndatabase=index.txt\nserial=serial\nnew_certs_dir=.\ndefault_md=sha256\n"
                "policy=p\nunique_subject=no\n[p]\ncommonName=supplied\n")
            who = ["-selfsign", "-keyfile", key] if self_signed else ["-cert", "ca.crt", "-keyfile", "ca.key"]
            self._openssl("ca", "-batch", "-notext", "-config", "ca.cnf", *who, "-startdate", "20200101000000Z", "-enddate",
                          "20200201000000Z", "-extfile", ext.name, "-in", request, "-out", certificate)
        else:
            self._openssl("x509", "-req", "-in", request, *signer, "-days", "30", "-extfile", ext.name, "-out", certificate)
        return self.folder / certificate, self.folder / key


class Prosody:
    """A private Prosody.  Accounts and contact lists are files, which it reads when somebody logs in."""

    MODULES = ("disco", "roster", "saslauth", "tls", "blocklist", "carbons", "mam", "pep", "ping", "private", "smacks",
               "time", "vcard4", "version")

    def __init__(self, folder, authority, domain="localhost", modules=(), without=(), extra="", host_extra="",
                 certificate=None):
        self.folder = pathlib.Path(folder)
        self.authority, self.domain = authority, domain
        self.port, self.direct_port = free_ports(2)
        self.log = self.folder / "prosody.log"
        self._process = None
        (self.folder / "data").mkdir(parents=True, exist_ok=True)
        crt, key = certificate or authority.certificate("server")
        enabled = ", ".join(f'"{m}"' for m in (*[m for m in self.MODULES if m not in without], *modules))
        ssl = f'{{ certificate = "{crt}"; key = "{key}" }}'
        self.config = self.folder / "prosody.cfg.lua"
        self.config.write_text(f"""
run_as_root = true
daemonize = false
pidfile = "{self.folder}/prosody.pid"
data_path = "{self.folder}/data"
log = {{ debug = "{self.log}" }}
interfaces = {{ "127.0.0.1" }}
c2s_ports = {{ {self.port} }}
c2s_direct_tls_ports = {{ {self.direct_port} }}
http_ports = {{ }}
https_ports = {{ }}
ssl = {ssl}
c2s_direct_tls_ssl = {ssl}
modules_enabled = {{ {enabled} }}
modules_disabled = {{ "s2s" }}
allow_registration = false
authentication = "internal_plain"
c2s_require_encryption = true
archive_expires_after = "never"
{extra}
VirtualHost "{domain}"
{host_extra}
Component "conference.{domain}" "muc"
  modules_enabled = {{ "muc_mam" }}
  restrict_room_creation = false
""")

    def _file(self, store, user):
        escaped = "".join(c if c.isalnum() else "%%%02x" % ord(c) for c in self.domain)
        path = self.folder / "data" / escaped / store / f"{user}.dat"
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def user(self, name, password=None):
        """An account; its JID."""
        password = json.dumps(password or f"secret-{name}", ensure_ascii=False)
        self._file("accounts", name).write_text(f'return {{ ["password"] = {password}; }};\n')
        return f"{name}@{self.domain}"

    def friends(self, *names):
        """Every one of them has every other one in the contact list, both ways."""
        for name in names:
            rows = "".join(f'["{other}@{self.domain}"] = {{ subscription = "both"; name = "{other}"; groups = {{ ["Friends"] '
                           "= true } };\n" for other in names if other != name)
            self._file("roster", name).write_text(f"return {{ [false] = {{ version = 1; pending = {{}} }};\n{rows}}};\n")

    def start(self, **more):
        with open(self.folder / "prosody.out", "ab") as out:
            self._process = subprocess.Popen(["prosody", "--config", str(self.config), "-F"], stdin=subprocess.DEVNULL,
                                             stdout=out, stderr=out, start_new_session=True, cwd=self.folder, **more)
        until(lambda: self._process.poll() is not None or (listens(self.port) and listens(self.direct_port)),
              lambda: "Prosody does not listen:\n" + self.tail())
        assert self._process.poll() is None, "Prosody ended:\n" + self.tail()
        return self

    def tail(self):
        return "".join(p.read_text(errors="replace")[-2000:] for p in (self.folder / "prosody.out", self.log) if p.exists())

    def stop(self):
        end(self._process)
        self._process = None

    def kill(self):
        self._process.kill()
        self._process.wait()
        self._process = None

    def pause(self):
        """The server is there and says nothing; until go_on()."""
        os.kill(self._process.pid, signal.SIGSTOP)

    def go_on(self):
        os.kill(self._process.pid, signal.SIGCONT)

    def close(self):
        if self._process is not None and self._process.poll() is None:
            self.go_on()
        self.stop()


class Ejabberd:
    """A private ejabberd, to be used like Prosody above.  It starts in about two seconds, so all tests share one.

    Its Erlang has no node name: nothing else is started for it, and accounts are made by its own HTTP interface.
    """

    PROGRAMS = sorted(pathlib.Path("/usr/lib").glob("*/ejabberd-*/ebin"))
    MODULES = {
        "mod_adhoc": {}, "mod_admin_extra": {}, "mod_blocking": {}, "mod_caps": {}, "mod_carboncopy": {}, "mod_client_state": {},
        "mod_disco": {}, "mod_last": {}, "mod_mam": {"default": "always", "assume_mam_usage": True,
                                                     "request_activates_archiving": False},
        "mod_muc": {"host": "conference.@HOST@", "default_room_options": {"mam": True}}, "mod_muc_admin": {}, "mod_offline": {},
        "mod_ping": {}, "mod_privacy": {}, "mod_private": {}, "mod_pubsub": {"plugins": ["flat", "pep"]},
        "mod_roster": {"versioning": True}, "mod_stream_mgmt": {"resend_on_timeout": "if_offline"},
        "mod_vcard": {"search": False}, "mod_version": {},
    }

    def __init__(self, folder, authority, domain="localhost", modules=None):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.authority, self.domain = authority, domain
        self.port, self.direct_port, self._http = free_ports(3)
        self.log = self.folder / "ejabberd.log"
        self._process = None
        crt, key = authority.certificate("ejabberd")
        (self.folder / "server.pem").write_text(crt.read_text() + key.read_text())
        client = {"ip": "127.0.0.1", "module": "ejabberd_c2s", "access": "c2s", "shaper": "none"}
        # What is JSON is YAML.
        (self.folder / "ejabberd.yml").write_text(json.dumps({
            "loglevel": "debug", "log_rotate_count": 0, "hosts": [domain], "s2s_access": "none",
            "certfiles": [str(self.folder / "server.pem")], "ca_file": str(authority.ca),
            "disable_sasl_mechanisms": ["digest-md5", "X-OAUTH2"],
            "listen": [
                {"port": self.port, "starttls": True, "starttls_required": True, **client},
                {"port": self.direct_port, "tls": True, **client},
                {"port": self._http, "ip": "127.0.0.1", "module": "ejabberd_http", "request_handlers": {"/api": "mod_http_api"}}],
            "access_rules": {"c2s": {"allow": "all"}},
            "api_permissions": {"tests": {"from": ["mod_http_api"], "who": "all", "what": "*"}},
            "modules": {**self.MODULES, **(modules or {})},
        }))

    def call(self, command, **arguments):
        """What ejabberdctl would do."""
        request = urllib.request.Request(f"http://127.0.0.1:{self._http}/api/{command}", json.dumps(arguments).encode(),
                                         {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return json.loads(answer.read())

    def user(self, name, password=None):
        """An account; its JID."""
        self.call("register", user=name, host=self.domain, password=password or f"secret-{name}")
        return f"{name}@{self.domain}"

    def friends(self, *names):
        """Every one of them has every other one in the contact list, both ways."""
        for name in names:
            for other in names:
                if other != name:
                    self.call("add_rosteritem", localuser=name, localhost=self.domain, user=other, host=self.domain, nick=other,
                              group="Friends", subs="both")

    def start(self):
        env = clean_env(HOME=self.folder, EJABBERD_CONFIG_PATH=self.folder / "ejabberd.yml", EJABBERD_LOG_PATH=self.log,
                        ERL_LIBS=self.PROGRAMS[-1].parent.parent, ERL_CRASH_DUMP="/dev/null")
        with open(self.folder / "ejabberd.out", "ab") as out:
            self._process = subprocess.Popen(["erl", "-noinput", "-mnesia", "dir", json.dumps(str(self.folder / "spool")), "-s",
                                              "ejabberd"], env=env, stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                                             start_new_session=True, cwd=self.folder)
        until(lambda: self._process.poll() is not None or all(map(listens, (self.port, self.direct_port, self._http))),
              lambda: "ejabberd does not listen:\n" + self.tail(), PATIENCE * 3)
        assert self._process.poll() is None, "ejabberd ended:\n" + self.tail()
        return self

    def tail(self):
        return "".join(p.read_text(errors="replace")[-2000:] for p in (self.folder / "ejabberd.out", self.log) if p.exists())

    def stop(self):
        end(self._process)
        self._process = None

    def close(self):
        self.stop()


class Lines:
    """A child's standard output as JSON objects, read by a thread, expected with a deadline."""

    def __init__(self, process, name):
        self.process, self.name, self.seen = process, name, []
        self._queue = queue.Queue()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self):
        for line in self.process.stdout:
            try:
                self._queue.put(json.loads(line))
            except ValueError:
                self._queue.put({"type": "garbage", "line": line.decode(errors="replace")})
        self._queue.put(None)

    def expect(self, _condition=None, _timeout=None, **fields):
        """The next object that has these fields and meets the condition; those before it are gone (but see .seen)."""
        deadline = time.monotonic() + (_timeout or PATIENCE)
        while True:
            try:
                one = self._queue.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                one = None
                why = "nothing such came"
            else:
                why = "it ended"
            if one is None:
                last = "\n".join(json.dumps(s, ensure_ascii=False) for s in self.seen[-12:])
                raise Late(f"{self.name}: {why}; wanted {fields}; the last it said:\n{last}")
            self.seen.append(one)
            if all(one.get(k) == v for k, v in fields.items()) and (_condition is None or _condition(one)):
                return one

    def ended(self, timeout=None):
        """Waits for the child; its exit code."""
        return self.process.wait(timeout or PATIENCE)

    def close(self):
        end(self.process)
        self._thread.join(5)
        self.process.stdout.close()


class Peer(Lines):
    """A contact: slixmpp in a process of its own (peer.py).  What it receives are objects with an "ev"."""

    def __init__(self, server, user, resource="peer", password=None, receipts=False, port=None, plain_presence=True,
                 state=None):
        self.jid = f"{user}@{server.domain}"
        self.full = f"{self.jid}/{resource}"
        options = {"jid": self.full, "password": password or f"secret-{user}", "ca": str(server.authority.ca),
                   "port": port or server.port, "receipts": receipts, "presence": plain_presence}
        # state: a file for its keys; then it speaks OMEMO.
        program = "peer.py" if state is None else "omemo_peer.py"
        options["state"] = str(state)
        process = subprocess.Popen([PYTHON, "-B", str(HERE / program), json.dumps(options)], stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, start_new_session=True)
        super().__init__(process, f"peer {user}")
        self.online = self.expect(ev="online")

    def _tell(self, **command):
        self.process.stdin.write(json.dumps(command).encode() + b"\n")
        self.process.stdin.flush()

    def send(self, to, body, type="chat", id=None, extra=""):
        self._tell(do="send", to=to, body=body, type=type, id=id, extra=extra)

    def say(self, to, body, **more):
        """Encrypted."""
        self._tell(do="say", to=to, body=body, **more)

    def enter(self, room, nick):
        self._tell(do="enter", room=room, nick=nick)
        self.expect(ev="entered", room=room)

    def raw(self, xml):
        self._tell(do="raw", xml=xml)

    def presence(self, **attributes):
        """show, status, priority, type, to."""
        self._tell(do="presence", **attributes)

    def message(self, body, **fields):
        return self.expect(ev="message", body=body, **fields)

    def drop(self):
        """Cuts its connection without a word, and ends."""
        self._tell(do="drop")
        self.ended()

    def close(self):
        if self.process.poll() is None:
            with contextlib.suppress(OSError):
                self._tell(do="quit")
                self.process.wait(3)
        with contextlib.suppress(OSError):
            self.process.stdin.close()
        super().close()


class Confab:
    """confab with a --home of its own."""

    def __init__(self, folder, **env):
        self.home = pathlib.Path(folder)
        self.home.mkdir(parents=True, exist_ok=True)
        self.env = clean_env(HOME=self.home, **env)
        self.program = str(BUILD / "confab")
        self.log = self.home / "core.stderr"
        self.process = None
        self._watches = []

    @property
    def socket(self):
        return self.home / "state" / "socket"

    @property
    def accounts_file(self):
        return self.home / "config" / "accounts"

    def account(self, name, server, user, port=None, password=None, **keys):
        """Adds an account to the accounts file.  keys such as tls="direct"; None leaves one out."""
        rows = {"jid": f"{user}@{server.domain}", "password": password or f"secret-{user}", "host": "127.0.0.1",
                "port": port or (server.direct_port if keys.get("tls") == "direct" else server.port),
                "ca_file": server.authority.ca, **keys}
        self.accounts_file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with open(os.open(self.accounts_file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "w") as f:
            f.write(f"[{name}]\n" + "".join(f"{k} = {v}\n" for k, v in rows.items() if v is not None) + "\n")
        return self

    def start(self, log="debug", wait=True, **more):
        """The core in the foreground; its log goes to core.stderr."""
        with open(self.log, "ab") as err:
            self.process = subprocess.Popen([self.program, "--home", str(self.home), "--log", log, "core"], env=self.env,
                                            stdin=subprocess.DEVNULL, stdout=err, stderr=err, start_new_session=True, **more)
        if wait:
            until(lambda: self.process.poll() is not None or self.answers(), lambda: "no core:\n" + self.tail())
            assert self.process.poll() is None, f"the core ended with {self.process.returncode}:\n{self.tail()}"
        return self

    def tail(self, n=4000):
        return self.log.read_text(errors="replace")[-n:] if self.log.exists() else ""

    def answers(self):
        here = os.open(self.socket.parent, os.O_PATH) if self.socket.parent.exists() else -1
        if here == -1:
            return False
        with socket.socket(socket.AF_UNIX) as s:
            try:
                # Through the folder: its path may be longer than an address holds.
                return s.connect_ex(f"/proc/self/fd/{here}/socket") == 0
            finally:
                os.close(here)

    def run(self, *words, input=None, timeout=None, env=None, **more):
        """confab WORDS...; a CompletedProcess with text."""
        return subprocess.run([self.program, "--home", str(self.home), *map(str, words)], env=env or self.env,
                              input=input, stdin=subprocess.DEVNULL if input is None else None, capture_output=True, text=True,
                              timeout=timeout or PATIENCE * 3, **more)

    def do(self, *lines, account=None, chat=None, wait=None, json=False, yes=False, ok=True):
        """confab do; its output, or the CompletedProcess with ok=None; ok=False wants exit 1 and gives stderr."""
        options = [o for name, value in (("account", account), ("chat", chat), ("wait", wait)) if value is not None
                   for o in (f"--{name}", value)]
        options += ["--json"] * json + ["--yes"] * yes
        done = self.run("do", *options, "--", *lines)
        if ok is None:
            return done
        if ok:
            assert done.returncode == 0, f"do {lines}: {done.returncode}: {done.stderr}\n{self.tail()}"
            return done.stdout
        assert done.returncode == 1, f"do {lines}: {done.returncode}: {done.stdout}{done.stderr}\n{self.tail()}"
        return done.stderr

    def call(self, method, **params):
        done = self.run("call", method, json.dumps(params))
        assert done.returncode == 0, f"call {method}: {done.stderr}\n{self.tail()}"
        return json.loads(done.stdout)

    def watch(self, *types, account=None, chat=None):
        """Events as Lines; it is subscribed when this returns."""
        options = [o for name, value in (("account", account), ("chat", chat)) if value for o in (f"--{name}", value)]

        def watching():
            return {f["session"] for f in self.call("faces")["faces"] if f["client"] == "watch" and f["subscribed"]}

        before = watching()
        process = subprocess.Popen([self.program, "--home", str(self.home), "watch", *options, *types], env=self.env,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, start_new_session=True)
        lines = Lines(process, "watch")
        self._watches.append(lines)
        until(lambda: watching() - before, "confab watch is not attached")
        return lines

    def accounts(self):
        return {a["account"]: a for a in self.call("accounts")["accounts"]}

    def wait_state(self, name, state="online", timeout=None):
        return until(lambda: (lambda a: a if a and a["state"] == state else None)(self.accounts().get(name)),
                     lambda: f"{name} is not {state}: {self.accounts().get(name)}\n{self.tail()}", timeout)

    def history(self, account, chat, **more):
        return self.call("history", account=account, chat=chat, **more)["messages"]

    def stop(self):
        """confab stop; then the core has ended with 0."""
        done = self.run("stop")
        assert done.returncode == 0, done.stderr + self.tail()
        if self.process is not None:
            assert self.process.wait(10) == 0, self.tail()
            self.process = None

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process = None

    def close(self):
        for watch in self._watches:
            watch.close()
        # A core in the background is not our child: it is asked, and it is gone when that returns.
        if self.process is None and self.answers():
            self.run("stop")
        code = self.process.poll() if self.process is not None else 0
        end(self.process)
        if self.process is not None and code is None:
            code = self.process.returncode
        assert code in (0, -signal.SIGKILL), f"the core ended with {code}:\n{self.tail()}"


class Tmux:
    """A terminal: a tmux server of its own with one pane."""

    def __init__(self, columns=80, rows=24, term="tmux-256color"):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="confab-tmux-"))
        self.columns, self.rows, self.term = columns, rows, term
        self._started = False

    def _tmux(self, *words, check=True):
        return subprocess.run(["tmux", "-S", str(self.folder / "s"), "-f", "/dev/null", *words], check=check,
                              capture_output=True, text=True, env=clean_env(HOME=self.folder, TERM="xterm-256color",
                                                                          SHELL="/bin/sh"))

    def start(self, *command, env=None):
        """Runs the command in the pane; the screen stays when it ended, so that its last words can be read."""
        env = " ".join(f"{k}={shlex.quote(v)}" for k, v in (env or clean_env()).items())
        if not self._started:
            self._tmux("new-session", "-d", "-x", str(self.columns), "-y", str(self.rows), "exec sleep 3600", ";",
                       "set", "-g", "status", "off", ";", "set", "-g", "default-terminal", self.term, ";",
                       "set", "-sg", "escape-time", "0")
            self._started = True
        (self.folder / "status").unlink(missing_ok=True)
        words = " ".join(map(shlex.quote, map(str, command)))
        self._tmux("respawn-pane", "-k", f"env -i {env} TERM={self.term} {words}; echo $? > {self.folder}/status; "
                   "exec sleep 3600")
        return self

    def confab(self, confab, *options):
        """The terminal face in front of this confab."""
        return self.start(confab.program, "--home", confab.home, *options, env=confab.env)

    def type(self, text):
        self._tmux("send-keys", "-l", "--", text)

    def keys(self, *names):
        self._tmux("send-keys", *names)

    def line(self, text):
        """Typed and sent."""
        self.type(text)
        self.keys("Enter")

    def paste(self, text):
        # From a file: a command of tmux has a length.
        (self.folder / "paste").write_text(text)
        self._tmux("load-buffer", str(self.folder / "paste"))
        self._tmux("paste-buffer", "-p")

    def resize(self, columns, rows):
        self._tmux("resize-window", "-x", str(columns), "-y", str(rows))

    def capture(self, attributes=False):
        return self._tmux("capture-pane", "-p", *(["-e"] if attributes else [])).stdout

    def wait_for(self, pattern, timeout=None):
        """The screen once the pattern is on it."""
        return until(lambda: (lambda s: s if re.search(pattern, s, re.M) else None)(self.capture()),
                     lambda: f"{pattern!r} is not on the screen:\n{self.capture()}", timeout)

    def wait_gone(self, pattern, timeout=None):
        return until(lambda: (lambda s: None if re.search(pattern, s, re.M) else s)(self.capture()),
                     lambda: f"{pattern!r} is still on the screen:\n{self.capture()}", timeout)

    def pid(self):
        """The program's, not that of the shell around it."""
        shell = self._tmux("display", "-p", "#{pane_pid}").stdout.strip()
        return int(until(lambda: pathlib.Path(f"/proc/{shell}/task/{shell}/children").read_text().split(),
                         "nothing runs in the pane")[0])

    def exit_code(self, timeout=None):
        """Waits until the program ended; 128 and the signal when one ended it."""
        # tmux 3.3 does not always know how a program ended, and its words about it cover the screen: the shell around
        # the program writes it down and then sits there.
        status = self.folder / "status"
        return int(until(lambda: status.exists() and status.read_text().strip(),
                         lambda: "it does not end:\n" + self.capture(), timeout))

    def close(self):
        if self._started:
            self._tmux("kill-server", check=False)
            self._started = False
        shutil.rmtree(self.folder, ignore_errors=True)


class Proxy:
    """A wire to a port on loopback that can be cut, stalled and left half open."""

    def __init__(self, target):
        self.target = target
        self.accepted = 0
        self._go, self._back = threading.Event(), threading.Event()
        self._go.set()
        self._back.set()
        self._lock = threading.Lock()
        self._pairs = []
        self._refuse = False
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            self.accepted += 1
            if self._refuse:
                self._reset(near)
                continue
            try:
                far = socket.create_connection(("127.0.0.1", self.target))
            except OSError:
                self._reset(near)
                continue
            with self._lock:
                self._pairs.append((near, far))
            for a, b, gates in ((near, far, (self._go,)), (far, near, (self._go, self._back))):
                threading.Thread(target=self._carry, args=(a, b, gates), daemon=True).start()

    def _carry(self, source, sink, gates):
        try:
            while True:
                data = source.recv(65536)
                for gate in gates:
                    gate.wait()
                if not data:
                    break
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    @staticmethod
    def _reset(s):
        """Closed as by a reset: no FIN, nothing that was pending arrives."""
        with contextlib.suppress(OSError):
            s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            s.shutdown(socket.SHUT_RDWR)
        s.close()

    def cut(self):
        """Both sides see a broken connection."""
        with self._lock:
            pairs, self._pairs = self._pairs, []
        for pair in pairs:
            for s in pair:
                self._reset(s)

    def half_open(self):
        """The far side sees a broken connection, the near side nothing at all."""
        with self._lock:
            for _, far in self._pairs:
                self._reset(far)

    def stall(self):
        self._go.clear()

    def stall_back(self):
        """What the near side says arrives; it hears nothing of that."""
        self._back.clear()

    def go_on(self):
        self._go.set()
        self._back.set()

    def refuse(self, refuse=True):
        """New connections are reset at once."""
        self._refuse = refuse

    def close(self):
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()
        self.go_on()
