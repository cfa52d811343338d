"""conftest.py: rig.py as fixtures.  One Prosody for all tests, and one ejabberd for those that want it; people, confabs and
terminals are each test's own."""
import itertools
import os
import pathlib
import shutil
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import rig  # noqa: E402

NEEDED = ("prosody", "tmux", "openssl", "ejabberdctl", "erl")
_numbers = itertools.count(1)


def pytest_configure(config):
    missing = [p for p in NEEDED if shutil.which(p) is None]
    if missing:
        pytest.exit(f"missing programs: {' '.join(missing)} (tools/deps installs them)", returncode=3)


def pytest_collection_modifyitems(config, items):
    """SHARD=1/2: every second test from the second on, so that two processes share the work."""
    shard, shards = map(int, os.environ.get("SHARD", "0/1").split("/"))
    config.hook.pytest_deselected(items=[item for i, item in enumerate(items) if i % shards != shard])
    items[:] = items[shard::shards]


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    report = (yield).get_result()
    # In CI a test that was skipped is a test that failed.
    if report.skipped and os.environ.get("CI") == "true":
        report.outcome = "failed"
        report.longrepr = f"skipped in CI: {report.longrepr}"


@pytest.fixture(scope="session")
def shared():
    with rig.Place() as place:
        yield place


@pytest.fixture(scope="session")
def authority(shared):
    return rig.Authority(shared.path / "tls")


@pytest.fixture(scope="session")
def server(shared, authority):
    return shared.keep(rig.Prosody(shared.path / "prosody", authority)).start()


@pytest.fixture(scope="session")
def ejabberd(shared, authority):
    return shared.keep(rig.Ejabberd(shared.path / "ejabberd", authority)).start()


@pytest.fixture
def place():
    with rig.Place() as one:
        yield one


@pytest.fixture
def people(request):
    """people(2): names of so many fresh accounts that know each other; people(2, on=ejabberd)."""
    def make(n, on=None):
        on = on or request.getfixturevalue("server")
        names = [f"{name}{next(_numbers)}" for name in ("mira", "alice", "bob", "cleo", "dora")[:n]]
        for name in names:
            on.user(name)
        on.friends(*names)
        return names
    return make


@pytest.fixture
def peer(place, request):
    """peer("alice1", receipts=True): that account, on line; server=ejabberd."""
    def make(user, server=None, **options):
        return place.keep(rig.Peer(server or request.getfixturevalue("server"), user, **options))
    return make


@pytest.fixture
def confab(place):
    return place.keep(rig.Confab(place.path / "home"))


@pytest.fixture
def confabs(place):
    """confabs("x"): one more."""
    return lambda name, **env: place.keep(rig.Confab(place.path / name, **env))


@pytest.fixture
def tmux(place):
    """tmux(80, 24): a terminal, not yet started."""
    return lambda columns=80, rows=24, **more: place.keep(rig.Tmux(columns, rows, **more))


@pytest.fixture
def proxy(place):
    """proxy(port): a wire to that port."""
    return lambda port: place.keep(rig.Proxy(port))
