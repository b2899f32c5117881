"""The world's DNS: nsd with a root of its own and signed zones below it, and unbound, which validates for those who can't themselves."""
import os
import re
import time

from hosts import Host, v4, v6

HEAD = "$TTL 60\n@ SOA ns. nobody. 1 3600 900 86400 1\n@ NS ns.\n"
NSD = """server:
  ip-address: {address}
  username: ""
  chroot: ""
  zonesdir: "{dir}"
  database: ""
  pidfile: ""
  zonelistfile: "{dir}/nsd.list"
  xfrdfile: ""
  xfrdir: "{dir}"
  rrl-ratelimit: 0
  hide-version: yes
remote-control:
  control-enable: no
"""
UNBOUND = """server:
  interface: {address}
  access-control: 0.0.0.0/0 allow
  username: ""
  chroot: ""
  directory: "{dir}"
  pidfile: ""
  use-syslog: no
  verbosity: 1
  root-hints: "{hints}"
  trust-anchor-file: "{anchor}"
  do-not-query-localhost: no
  qname-minimisation: no
  num-threads: 1
remote-control:
  control-enable: no
"""
USUAL, EXPIRED, UNSIGNED = "usual", "expired", "unsigned"


def text_record(text):
    return "TXT " + " ".join('"' + text[i:i + 250] + '"' for i in range(0, len(text), 250))


class Zone:
    """records: lines of a zone file. A zone below another one with a key leaves its DS there."""

    def __init__(self, name, signed):
        self.name, self.signed, self.lines, self.key, self.ds = name, signed, [], None, ""

    def add(self, name, *records):
        self.lines += [f"{name}. {x}" for x in records]


class Dns:
    def __init__(self, net, n_authority, n_resolver):
        self.host = Host(net, "dns", n_authority, "dns")
        self.resolver = Host(net, "unbound", n_resolver, "dns")
        self.zones = {"": Zone("", USUAL), "example": Zone("example", USUAL), "plain.example": Zone("plain.example", UNSIGNED),
                      "expired.example": Zone("expired.example", EXPIRED)}
        self.zones[""].add("ns", f"A {v4(n_authority)}")
        self.hints = self.host.write("hints", f". 3600 NS ns.\nns. 3600 A {v4(n_authority)}\n")
        self.anchor = os.path.join(self.host.dir, "anchor")
        self.keys()

    def add(self, name, *records):
        """Into the zone with the longest name that holds it."""
        zone = max((z for z in self.zones.values() if name == z.name or name.endswith("." + z.name) or not z.name), key=lambda z: len(z.name))
        zone.add(name, *records)

    def mail(self, domain, host, n, preference=10, with_v4=True, with_v6=True):
        """A domain with one more mail server, and that one's addresses."""
        self.add(domain, f"MX {preference} {host}.")
        self.add(host, *([f"A {v4(n)}"] if with_v4 else []) + ([f"AAAA {v6(n)}"] if with_v6 else []))

    def keys(self):
        for zone in self.zones.values():
            if zone.signed == UNSIGNED:
                continue
            base = self.host.run("sh", "-c", f"cd {self.host.dir} && ldns-keygen -a ECDSAP256SHA256 -k '{zone.name}.'").strip()
            zone.key = base
            with open(os.path.join(self.host.dir, base + ".ds")) as f:
                zone.ds = f.read()
        with open(os.path.join(self.host.dir, self.zones[""].key + ".ds")) as f, open(self.anchor, "w") as out:
            out.write(re.sub(r"^\S*\s", ". ", f.read()))

    def sign(self, zone, path):
        now = time.time()
        begin, end = (now - 86400 * 20, now - 86400 * 2) if zone.signed == EXPIRED else (now - 86400, now + 86400 * 10)
        day = [time.strftime("%Y%m%d%H%M%S", time.gmtime(x)) for x in (begin, end)]
        self.host.run("sh", "-c", f"cd {self.host.dir} && ldns-signzone -i {day[0]} -e {day[1]} -f {path}.signed {path} {zone.key}")
        return path + ".signed"

    def publish(self):
        """Writes, signs and serves the zones; once."""
        conf = NSD.format(address=v4(self.host.n), dir=self.host.dir)
        for zone in self.zones.values():
            below = [z for z in self.zones.values() if z is not zone and z.name and (not zone.name and "." not in z.name or zone.name and z.name.endswith("." + zone.name))]
            cuts = "".join(f"{z.name}. NS ns.\n{z.ds}" for z in below)
            path = self.host.write(f"zone.{zone.name or 'root'}", f"$ORIGIN {zone.name}.\n" + HEAD + cuts + "\n".join(zone.lines) + "\n")
            path = self.sign(zone, path) if zone.key else path
            conf += f"zone:\n  name: \"{zone.name or '.'}\"\n  zonefile: \"{path}\"\n"
        self.host.start("nsd", "-d", "-c", self.host.write("nsd.conf", conf))
        self.resolver.start("unbound", "-d", "-c", self.resolver.write("unbound.conf", UNBOUND.format(
            address=v4(self.resolver.n), dir=self.resolver.dir, hints=self.hints, anchor=self.anchor)))
        return self.host.answers(53) and self.resolver.answers(53)
