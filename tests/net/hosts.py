"""Machines of the world: each a network namespace on one bridge, with a view of the file system of its own, in which a package's files lie over the system's.
All of it lives below the test's own namespaces and ends with them."""
import os
import shutil
import socket
import subprocess
import sys

import serve

PACKAGES = os.environ.get("RESTANTE_TEST_PACKAGES", "/var/tmp/restante-test-packages")
INSIDE = "RESTANTE_TEST_NET_INSIDE"


def v4(n):
    return f"192.0.2.{n}"


def v6(n):
    return f"2001:db8::{n}"


def sh(*words, **options):
    return subprocess.run(words, check=True, capture_output=True, text=True, **options).stdout


def is_inside():
    return INSIDE in os.environ


def enter():
    """Starts this program again in a network, mounts and processes of its own: nothing that it does is seen outside, and nothing survives it."""
    if is_inside():
        return
    os.environ[INSIDE] = "1"
    os.execvp("unshare", ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", sys.executable, *sys.argv])


def may_enter():
    return os.getuid() == 0 and subprocess.run(["unshare", "--net", "--mount", "--pid", "--fork", "true"], capture_output=True).returncode == 0


def has_packages():
    """Fetches them where they are not there yet; behind enter() there is no network for that."""
    return is_inside() or subprocess.run([os.path.join(os.path.dirname(os.path.abspath(__file__)), "packages")], stdout=subprocess.DEVNULL).returncode == 0


class Net:
    """The bridge; the test itself stands on it, with as many addresses as it wants."""

    def __init__(self, dir):
        self.dir, self.hosts = dir, []
        sh("ip", "link", "set", "lo", "up")
        sh("ip", "link", "add", "name", "bridge0", "type", "bridge")
        self.address(1)
        sh("ip", "link", "set", "bridge0", "up")

    @staticmethod
    def address(n, with_v4=True, with_v6=True):
        """One more address of the test's own."""
        if with_v4:
            sh("ip", "addr", "add", v4(n) + "/24", "dev", "bridge0")
        if with_v6:
            sh("ip", "-6", "addr", "add", v6(n) + "/64", "dev", "bridge0", "nodad")


class Host:
    """name: also of its folder; package: whose files it has; users: further lines of passwd as (name, number); resolver: address of its name server."""

    def __init__(self, net, name, n, package=None, users=(), resolver=None, own=()):
        self.net, self.name, self.n, self.dir = net, name, n, os.path.join(net.dir, name)
        os.makedirs(self.dir)
        os.chmod(self.dir, 0o755)
        self.keeper = subprocess.Popen(["unshare", "--net", "--mount", "sleep", "100000"])
        serve.wait_for(lambda: os.readlink("/proc/self/ns/net") != os.readlink(f"/proc/{self.keeper.pid}/ns/net"))
        serve.wait_for(lambda: os.readlink(f"/proc/self/ns/mnt") != os.readlink(f"/proc/{self.keeper.pid}/ns/mnt"))
        sh("ip", "link", "add", "name", f"to-{name}", "type", "veth", "peer", "name", "eth0", "netns", str(self.keeper.pid))
        sh("ip", "link", "set", f"to-{name}", "master", "bridge0", "up")
        self.run("sh", "-c", f"ip link set lo up && ip addr add {v4(n)}/24 dev eth0 && ip -6 addr add {v6(n)}/64 dev eth0 nodad && ip link set eth0 up")
        self.files(package, users, resolver, own)
        net.hosts.append(self)

    def files(self, package, users, resolver, own):
        etc = os.path.join(self.dir, "etc")
        os.makedirs(etc)
        for base, line in (("passwd", "{0}:x:{1}:{1}::/:/bin/false\n"), ("group", "{0}:x:{1}:\n")):
            with open(f"/etc/{base}") as f, open(os.path.join(etc, base), "w") as out:
                names = [u[0] for u in users]
                out.write("".join(x for x in f if x.split(":")[0] not in names) + "".join(line.format(*u) for u in users))
        for base, text in (("resolv.conf", f"nameserver {resolver}\noptions trust-ad\n"), ("hosts", "127.0.0.1 localhost\n"), ("mailname", f"{self.name}.example\n")):
            with open(os.path.join(etc, base), "w") as f:
                f.write(text)
        root = os.path.join(PACKAGES, package, "root") if package else None
        lower = [etc] + ([root + "/etc"] if root else []) + ["/etc"]
        self.run("mount", "-t", "overlay", "overlay", "-o", "lowerdir=" + ":".join(lower), "/etc")
        if root:
            self.run("mount", "-t", "overlay", "overlay", "-o", f"lowerdir={root}/usr:/usr", "/usr")
        for path in own:  # empty, and gone with the host
            self.run("mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", path)

    def inside(self, *words):
        return ["nsenter", "-t", str(self.keeper.pid), "-n", "-m", "--wd=/", *words]

    def run(self, *words, **options):
        return sh(*self.inside(*words), **options)

    def start(self, *words, **options):
        """A program that goes on in the foreground, or a starter that ends; its words go to the host's log."""
        with open(os.path.join(self.dir, "log"), "a") as log:
            return subprocess.Popen(self.inside(*words), stdin=subprocess.DEVNULL, stdout=log, stderr=log, **options)

    def write(self, path, text, mode=0o644):
        whole = os.path.join(self.dir, path)
        os.makedirs(os.path.dirname(whole), exist_ok=True)
        with open(whole, "w") as f:
            f.write(text)
        os.chmod(whole, mode)
        return whole

    def folder(self, path, uid=0):
        whole = os.path.join(self.dir, path)
        os.makedirs(whole)
        os.chown(whole, uid, uid)
        return whole

    def answers(self, port, seconds=15):
        """Whether its port can be connected to."""
        def ask():
            try:
                socket.create_connection((v4(self.n), port), 1).close()
                return True
            except OSError:
                return False
        return serve.wait_for(ask, seconds)

    def words(self, lines=40):
        """The end of what it said, for a test that failed."""
        out = ""
        for path in [os.path.join(at, x) for at, _, names in os.walk(self.dir) for x in names if "log" in x and os.path.isfile(os.path.join(at, x))]:
            with open(path, errors="replace") as f:
                out += f"--- {path}\n" + "".join(f.readlines()[-lines:])
        return out


def remove(net):
    for host in net.hosts:
        host.keeper.kill()
    shutil.rmtree(net.dir, ignore_errors=True)
