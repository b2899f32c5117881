"""A zone that is signed (RFC 4034, 4035): the DNS server of peers.py with a key, which signs each answer when it is asked for it, and proves what is not there
by an NSEC of just that name (RFC 4470 in its shortest form). Algorithm 13, ECDSA P-256."""
import hashlib
import struct
import time

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils

from peers import CNAME, TLSA, Dns, wire_name

SOA, RRSIG, NSEC, DNSKEY = 6, 46, 47, 48


class SignedDns(Dns):
    """The whole of `zone`. A name in `forged` gets signatures that are wrong, one in `stripped` none, one in `expired` old ones."""

    def __init__(self, zone, port, address="127.0.0.1"):
        self.zone = zone
        self.key = ec.generate_private_key(ec.SECP256R1())
        point = self.key.public_key().public_numbers()
        self.dnskey = struct.pack(">HBB", 257, 3, 13) + point.x.to_bytes(32, "big") + point.y.to_bytes(32, "big")
        self.forged, self.stripped, self.expired = set(), set(), set()
        super().__init__(port, address)

    def tag(self):
        total = sum(b << 8 if i % 2 == 0 else b for i, b in enumerate(self.dnskey))
        return (total + (total >> 16)) & 0xffff

    def anchor(self):
        """A line for a trust anchor file."""
        digest = hashlib.sha256(wire_name(self.zone) + self.dnskey).hexdigest()
        return f"{self.zone}. IN DS {self.tag()} 13 2 {digest}\n"

    def sign(self, name, kind, rdatas, ttl=60):
        if name in self.stripped:
            return b""
        now = int(time.time())
        since, until = (now - 30 * 86400, now - 10 * 86400) if name in self.expired else (now - 3600, now + 86400)
        head = struct.pack(">HBBIIIH", kind, 13, len([x for x in name.split(".") if x]), ttl, until, since, self.tag()) + wire_name(self.zone)
        rrs = b"".join(wire_name(name) + struct.pack(">HHIH", kind, 1, ttl, len(r)) + r for r in sorted(rdatas))
        r, s = utils.decode_dss_signature(self.key.sign(head + rrs, ec.ECDSA(hashes.SHA256())))
        signature = r.to_bytes(32, "big") + s.to_bytes(32, "big")
        if name in self.forged:
            signature = signature[:-1] + bytes([signature[-1] ^ 1])
        return self.record(name, RRSIG, head + signature, ttl)

    @staticmethod
    def record(name, kind, rdata, ttl=60):
        return wire_name(name) + struct.pack(">HHIH", kind, 1, ttl, len(rdata)) + rdata

    def rrset(self, name, kind, rdatas):
        """As bytes, and how many records."""
        signed = self.sign(name, kind, rdatas)
        return b"".join(self.record(name, kind, r) for r in rdatas) + signed, len(rdatas) + bool(signed)

    def nothing(self, name):
        soa = wire_name("ns." + self.zone) + wire_name("root." + self.zone) + struct.pack(">IIIII", 1, 3600, 600, 86400, 60)
        kinds = {k for n, k in self.records if n == name and self.records[(n, k)]} | {RRSIG, NSEC} | ({SOA, DNSKEY} if name == self.zone else set())
        bits = bytearray(32)
        for k in kinds:
            bits[k // 8] |= 0x80 >> k % 8
        bits = bits.rstrip(b"\0")
        nsec = b"\1\0" + wire_name(name) + bytes([0, len(bits)]) + bytes(bits)
        first, n = self.rrset(self.zone, SOA, [soa])
        second, m = self.rrset(name, NSEC, [nsec])
        return first + second, n + m

    def answer(self, query):
        name, at = [], 12
        while query[at]:
            name.append(query[at + 1:at + 1 + query[at]].decode())
            at += 1 + query[at]
        name, kind = ".".join(name).lower(), struct.unpack(">H", query[at + 1:at + 3])[0]
        self.asked.append((name, kind))
        if name in self.silent:
            return None
        answers, authority, n, m, rcode = b"", b"", 0, 0, 0
        if name in self.broken:
            rcode = 2
        elif name == self.zone and kind == DNSKEY:
            answers, n = self.rrset(name, DNSKEY, [self.dnskey])
        else:
            end = name
            while self.records.get((end, CNAME)) and kind != CNAME:  # CNAME, inside the zone
                more, count = self.rrset(end, CNAME, [wire_name(self.records[(end, CNAME)][0])])
                answers, n, end = answers + more, n + count, self.records[(end, CNAME)][0]
            found = self.records.get((end, kind), [])
            if found:
                more, count = self.rrset(end, kind, [self.rdata(kind, x) for x in found])
                answers, n = answers + more, n + count
            elif end == self.zone or end.endswith("." + self.zone):
                authority, m = self.nothing(end)
        opt = b"\0" + struct.pack(">HHIH", 41, 1232, 0x8000, 0)
        return query[:2] + struct.pack(">HHHHH", 0x8400 | rcode, 1, n, m, 1) + query[12:at + 5] + answers + authority + opt


def tlsa(usage, selector, matching, pem):
    """Data of a TLSA record for the first certificate of a file."""
    from cryptography import x509
    with open(pem, "rb") as f:
        cert = x509.load_pem_x509_certificate(f.read())
    if selector:
        der = cert.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    else:
        der = cert.public_bytes(serialization.Encoding.DER)
    data = (der, hashlib.sha256(der).digest(), hashlib.sha512(der).digest())[matching]
    return f"{usage} {selector} {matching} {data.hex()}"
