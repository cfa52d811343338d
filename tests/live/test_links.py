"""Links whose ground shifts: an address of this machine that goes and comes, in a network namespace of its own."""
import json
import os
import pathlib
import subprocess
import sys

import rig

ADDRESS = "10.9.8.7"
# Not every container lets one make a namespace; what the core does with the news is a scenario (sleep.scn) besides.
ALLOWED = subprocess.run(["unshare", "-rn", "ip", "link", "set", "lo", "up"], capture_output=True).returncode == 0


def ip(*words):
    subprocess.run(["ip", *words], check=True, stdin=subprocess.DEVNULL)


def in_a_namespace_of_its_own():
    """Runs there; what was seen is printed as JSON."""
    ip("link", "set", "lo", "up")
    ip("addr", "add", f"{ADDRESS}/32", "dev", "lo")
    with rig.Place() as place:
        server = rig.Prosody(place.path / "prosody", rig.Authority(place.path / "tls"))
        server.config.write_text(server.config.read_text().replace('interfaces = { "127.0.0.1" }', 'interfaces = { "*" }'))
        server.user("mira")
        place.keep(server).start()
        confab = place.keep(rig.Confab(place.path / "home"))
        confab.account("home", server, "mira", host=ADDRESS).start()
        confab.wait_state("home")
        watch = confab.watch("account")
        ip("addr", "del", f"{ADDRESS}/32", "dev", "lo")
        # The sentence shows that it was not the kernel that gave the line up, which takes it half a minute and more.
        lost = watch.expect(state="waiting", _condition=lambda e: "This machine has not the address" in e["text"])
        watch.expect(state="waiting", _condition=lambda e: "unreachable" in e["text"])
        ip("addr", "add", f"{ADDRESS}/32", "dev", "lo")
        back = watch.expect(state="online")
        rig.until(lambda: confab.log.read_text().count("addresses of this machine changed") >= 2, "the kernel told both times")
        print(json.dumps({"lost": lost, "back": back}))


if ALLOWED:
    def test_an_address_goes_and_comes():
        code = "import test_links; test_links.in_a_namespace_of_its_own()"
        done = subprocess.run(["unshare", "-rn", sys.executable, "-B", "-c", code], capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, timeout=rig.PATIENCE * 6,
                              env={**os.environ, "PYTHONPATH": str(pathlib.Path(__file__).parent)})
        assert done.returncode == 0, done.stdout + done.stderr
        seen = json.loads(done.stdout.splitlines()[-1])
        assert ADDRESS in seen["lost"]["text"] and seen["lost"]["reason"] == "network" and seen["back"]["resumed"], seen
