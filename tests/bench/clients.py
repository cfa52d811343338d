"""clients.py: how each client is set up, started and brought in front of a chat.  A client is one class: its files, its
command, what to type."""
import os
import pathlib
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "live"))
import rig  # noqa: E402


class Client:
    """One of the others; confab is below."""

    name = "?"
    term = "xterm-256color"

    def __init__(self, folder, server, user, chat):
        self.home, self.server, self.user, self.chat = pathlib.Path(folder), server, user, chat
        self.home.mkdir(parents=True)
        self.configure()

    @classmethod
    def there(cls):
        return shutil.which(cls.name) is not None

    def write(self, path, text):
        path = self.home / path
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.write_text(text)
        path.chmod(0o600)

    def env(self):
        return rig.clean_env(HOME=self.home, XDG_CONFIG_HOME=self.home / ".config", XDG_DATA_HOME=self.home / ".local/share",
                             XDG_CACHE_HOME=self.home / ".cache", TERM=self.term)

    def command(self):
        return [self.name]

    def pids(self, terminal):
        return [terminal.pid]

    def open_chat(self, terminal):
        raise NotImplementedError

    def join(self, room):
        """The line that enters a room."""
        return f"/join {room}"

    def close(self):
        pass


class Mcabber(Client):
    name = "mcabber"

    def configure(self):
        self.home.chmod(0o700)
        self.write(".mcabber/mcabberrc", f"""
set jid = {self.user}@{self.server.domain}
set password = secret-{self.user}
set resource = bench
set disable_random_resource = 1
set server = 127.0.0.1
set port = {self.server.port}
set tls = 1
set ssl_ca = {self.server.authority.ca}
set logging = 1
set logging_dir = {self.home}/histo
set carbons = 1
set roster_width = 20
""")
        (self.home / "histo").mkdir(mode=0o700)
        (self.home / ".mcabber").chmod(0o700)

    def command(self):
        return ["mcabber", "-f", str(self.home / ".mcabber/mcabberrc")]

    def join(self, room):
        return f"/room join {room}"

    def open_chat(self, terminal):
        terminal.type_line(f"/roster search {self.chat.split('@')[0]}")
        terminal.type_line("")


class Profanity(Client):
    name = "profanity"

    def configure(self):
        self.write(".config/profanity/profrc", f"[connection]\naccount={self.user}\n[ui]\nsplash=false\n")
        self.write(".local/share/profanity/accounts", f"""[{self.user}]
enabled=true
jid={self.user}@{self.server.domain}
password=secret-{self.user}
server=127.0.0.1
port={self.server.port}
resource=bench
tls.policy=trust
presence.last=online
presence.login=online
muc.nick={self.user}
""")

    def open_chat(self, terminal):
        terminal.type_line(f"/msg {self.chat}")


class Poezio(Client):
    name = "poezio"

    def configure(self):
        self.write(".config/poezio/poezio.cfg", f"""[Poezio]
jid = {self.user}@{self.server.domain}/bench
password = secret-{self.user}
custom_host = 127.0.0.1
custom_port = {self.server.port}
ca_cert_path = {self.server.authority.ca}
ignore_certificate = true
default_nick = {self.user}
""")

    def command(self):
        if os.geteuid() != 0:
            return [self.name]
        # It refuses to run as root.
        os.chmod(self.home.parent, 0o711)
        for path in (self.home, *self.home.rglob("*")):
            shutil.chown(path, "nobody", "nogroup")
        return ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", self.name]

    def open_chat(self, terminal):
        # A burst of keys is a paste to it.
        terminal.press("/")
        terminal.wait_quiet()
        terminal.type_line(f"message {self.chat}")


class Confab(Client):
    name = "confab"

    @classmethod
    def there(cls):
        return True

    def configure(self):
        self.confab = rig.Confab(self.home)
        self.confab.account("home", self.server, self.user)

    def env(self):
        return {**self.confab.env, "TERM": self.term}

    def command(self):
        return [self.confab.program, "--home", str(self.home)]

    def core_pid(self):
        return int((self.home / "data/lock").read_text().split()[0])

    def pids(self, terminal):
        return [terminal.pid, self.core_pid()]

    def open_chat(self, terminal):
        terminal.type_line(f"/msg {self.chat}")

    def attach_in_front_of(self, chat):
        """What the last face showed."""
        self.confab.do(f"/msg {chat}", account="home")
        self.confab.call("active", focused=False, account="home", chat=chat)

    def close(self):
        if self.confab.answers():
            subprocess.run([self.confab.program, "--home", str(self.home), "stop"], env=self.confab.env, check=False)


CLIENTS = (Confab, Mcabber, Profanity, Poezio)
