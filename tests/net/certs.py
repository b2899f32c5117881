"""A certificate authority of the test's own, what it has signed, and what TLSA records say of that (RFC 6698, 7671)."""
import hashlib
import os
import subprocess


def openssl(*words, stdin=None):
    return subprocess.run(["openssl", *words], check=True, capture_output=True, input=stdin).stdout


class Authority:
    def __init__(self, dir):
        self.dir = os.path.join(dir, "certs")
        os.makedirs(self.dir)
        os.chmod(self.dir, 0o755)
        self.cert, self.key = os.path.join(self.dir, "ca.pem"), os.path.join(self.dir, "ca.key")
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=Authority of the test", "-keyout", self.key,
                "-out", self.cert)

    def issue(self, file, names, kind="ec", days=2):
        """(certificate with its chain, key): files. A name of none is a certificate for nobody whom anybody asks for."""
        cert, key, request, ext = (os.path.join(self.dir, f"{file}.{x}") for x in ("pem", "key", "csr", "ext"))
        new = ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"] if kind == "ec" else ["rsa:2048"]
        openssl("req", "-newkey", *new, "-nodes", "-subj", f"/CN={names[0]}", "-keyout", key, "-out", request)
        with open(ext, "w") as f:
            f.write("subjectAltName=" + ",".join("DNS:" + x for x in names) + "\n")
        openssl("x509", "-req", "-in", request, "-CA", self.cert, "-CAkey", self.key, "-CAcreateserial", "-days", str(days), "-extfile", ext, "-out", cert)
        with open(cert, "a") as f, open(self.cert) as ca:
            f.write(ca.read())
        os.chmod(key, 0o644)
        return cert, key


def digest(cert, selector):
    """Hex SHA-256 of a certificate (0) or its public key (1)."""
    if selector == 0:
        return hashlib.sha256(openssl("x509", "-in", cert, "-outform", "DER")).hexdigest()
    return hashlib.sha256(openssl("pkey", "-pubin", "-outform", "DER", stdin=openssl("x509", "-in", cert, "-noout", "-pubkey"))).hexdigest()


def tlsa(cert, usage, selector):
    return f"TLSA {usage} {selector} 1 {digest(cert, selector)}"
