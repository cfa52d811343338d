"""namespace.py: a part of a test in namespaces of its own, where it may mount and change the network: it runs in a
process of its own, as root there, and what it returns comes back as JSON.

Not every container lets one make a namespace.  Tests that need one are there where it does.
"""
import json
import os
import pathlib
import subprocess
import sys

import rig


def allowed(network=False):
    words = ["ip", "link", "set", "lo", "up"] if network else ["mount", "-t", "tmpfs", "none", "/mnt"]
    return subprocess.run(["unshare", "-rnm" if network else "-rm", *words], capture_output=True).returncode == 0


def run(function, *args, network=False):
    """function, of a module of this folder; its arguments and what it returns are JSON."""
    code = (f"import json, sys, {function.__module__} as m\n"
            f"print(json.dumps(m.{function.__name__}(*json.loads(sys.argv[1]))))")
    done = subprocess.run(["unshare", "-rnm" if network else "-rm", sys.executable, "-B", "-c", code, json.dumps(args)],
                          capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=rig.PATIENCE * 9,
                          env={**os.environ, "PYTHONPATH": str(pathlib.Path(__file__).parent)})
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout.splitlines()[-1])
