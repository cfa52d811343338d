"""Sessions with python3-oldmemo, which shares no code with libsignal: who begins, loss, disorder, long conversations.

RECORD=file, with "-k '[0]'", writes what tests/unit/test_ratchet.c plays again (tests/unit/ratchet.recorded): all that our
side knew before each message of theirs, the message, and what it says.
"""
import asyncio
import os
import random
import subprocess

import oldmemo
import omemo
import pytest
import x3dh
import xeddsa

import rig

PROBE = rig.BUILD / "tests" / "probe_ratchet"
K = oldmemo.oldmemo
US, THEM = "us@example.org", "you@example.org"


class Memory(omemo.Storage):
    def __init__(self):
        super().__init__()
        self.data = {}

    async def _load(self, key):
        return omemo.Just(self.data[key]) if key in self.data else omemo.Nothing()

    async def _store(self, key, value):
        self.data[key] = value

    async def _delete(self, key):
        self.data.pop(key, None)


class Ours:
    """probe_ratchet."""

    def __init__(self, recorded):
        self.process = subprocess.Popen([PROBE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.recorded = recorded

    def ask(self, *words):
        self.process.stdin.write(" ".join(words) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline().split()
        assert answer, f"probe_ratchet ended with {self.process.wait()}"
        return answer

    def seal(self, plain):
        word, prekey, message = self.ask("seal", plain.hex())
        assert word == "sealed"
        return prekey == "1", bytes.fromhex(message)

    def open(self, prekey, message, plain):
        if self.recorded is not None:
            self.recorded.append(self.ask("record")[1:] + [str(int(prekey)), message.hex(), plain.hex()])
        assert self.ask("open", str(int(prekey)), message.hex()) == ["opened", plain.hex()]

    def close(self):
        self.process.stdin.close()
        assert self.process.wait() == 0


class Theirs:
    """One device of oldmemo with one session."""

    def __init__(self):
        self.storage = Memory()
        self.session = None
        self.first = None      # of a session that they began: goes with each message until they heard of us
        self.run = asyncio.new_event_loop().run_until_complete

    def make(self):
        async def keys():
            await omemo.identity_key_pair.IdentityKeyPair.get(self.storage)
            backend = oldmemo.Oldmemo(self.storage)
            await backend.generate_pre_keys(3)
            return backend, await backend.get_bundle(THEM, 77)
        self.backend, self.bundle = self.run(keys())

    def bundle_words(self):
        bundle = self.bundle.bundle
        signature = bytearray(bundle.signed_pre_key_sig)
        signature[63] |= bundle.identity_key[31] & 0x80
        public = K.StateImpl.serialize_public_key
        prekeys = ",".join(f"{number}:{public(key).hex()}" for key, number in self.bundle.pre_key_ids.items())
        return [public(xeddsa.ed25519_pub_to_curve25519_pub(bundle.identity_key)).hex(), str(self.bundle.signed_pre_key_id),
                public(bundle.signed_pre_key).hex(), bytes(signature).hex(), prekeys]

    def begin(self, words, plain):
        """A session with what our bundle says; the first message."""
        _, identity, signed_id, signed, signature, prekeys = words
        parse = K.StateImpl.parse_public_key
        signature = bytearray.fromhex(signature)
        self.sign = bool(signature[63] >> 7)
        signature[63] &= 0x7f
        ids = {parse(bytes.fromhex(key)): int(number) for number, key in (p.split(":") for p in prekeys.split(","))}
        bundle = K.BundleImpl(US, 5, x3dh.Bundle(
            xeddsa.curve25519_pub_to_ed25519_pub(parse(bytes.fromhex(identity)), self.sign), parse(bytes.fromhex(signed)),
            bytes(signature), frozenset(ids)), int(signed_id), ids)
        self.session, sealed = self.run(self.backend.build_session_active(US, 5, bundle, self.material(plain)))
        self.first = self.session.key_exchange
        return self.wire(sealed)

    @staticmethod
    def material(plain):
        return K.PlainKeyMaterialImpl(plain[:16], plain[16:])

    def wire(self, sealed):
        message = sealed.serialize()
        return (True, self.first.serialize(message)[0]) if self.first else (False, message)

    def seal(self, plain):
        return self.wire(self.run(self.backend.encrypt_key_material(self.session, self.material(plain))))

    def open(self, prekey, message, sign):
        exchange = None
        if prekey:
            exchange, message = K.KeyExchangeImpl.parse(message, sign)
        sealed = K.EncryptedKeyMaterialImpl.parse(message, US, 5)
        if exchange is not None and self.session is None:
            self.session, material = self.run(self.backend.build_session_passive(US, 5, exchange, sealed))
        else:
            material = self.run(self.backend.decrypt_key_material(self.session, sealed))
            self.first = None
        return material.key + material.auth_tag


@pytest.fixture
def pair():
    recorded = [] if os.environ.get("RECORD") else None
    ours, theirs = Ours(recorded), Theirs()
    theirs.make()
    yield ours, theirs
    ours.close()
    if recorded:
        with open(os.environ["RECORD"], "a", encoding="ascii") as f:
            f.writelines(" ".join(words) + "\n" for words in recorded)


def converse(ours, theirs, sign, seed):
    """Turns of up to six messages; a third of them lost, the rest in any order."""
    chance = random.Random(seed)
    for _ in range(12 if ours.recorded is not None else 40):
        plains = [chance.randbytes(32) for _ in range(chance.randint(1, 6))]
        mine = chance.random() < 0.5
        sealed = [(plain, (ours if mine else theirs).seal(plain)) for plain in plains]
        chance.shuffle(sealed)
        for plain, (prekey, message) in sealed[:max(1, len(sealed) * 2 // 3)]:
            if mine:
                assert theirs.open(prekey, message, sign) == plain
            else:
                ours.open(prekey, message, plain)


def our_sign(ours):
    return bool(bytes.fromhex(ours.ask("bundle")[4])[63] >> 7)


@pytest.mark.parametrize("seed", range(3))
def test_we_begin(pair, seed):
    ours, theirs = pair
    assert ours.ask("start", *theirs.bundle_words()) == ["ok"]
    sign = our_sign(ours)
    prekey, message = ours.seal(bytes(range(32)))
    assert prekey
    assert theirs.open(prekey, message, sign) == bytes(range(32))
    converse(ours, theirs, sign, seed)


@pytest.mark.parametrize("seed", range(3))
def test_they_begin(pair, seed):
    ours, theirs = pair
    prekey, message = theirs.begin(ours.ask("bundle"), bytes(range(32)))
    assert prekey
    ours.open(prekey, message, bytes(range(32)))
    converse(ours, theirs, theirs.sign, seed)
