"""Tokens: client credentials (secret or certificate) and the metadata service."""
import base64
import json
import os
import subprocess
import tempfile
import time
import urllib.parse
import uuid


class Login:
    def __init__(self, lifetime=3600, secret="", certificate=None, fixed=None):
        self.lifetime = lifetime
        self.secret = secret
        self.certificate = certificate
        self.tokens = {}
        self.seen = set()
        self.issued = []
        if fixed:
            self.tokens[fixed] = time.time() + 10 ** 9

    def good(self, header):
        if not header or not header.startswith("Bearer "):
            return False
        return self.tokens.get(header[7:], 0) > time.time()

    def issue(self, way):
        def part(o):
            return base64.urlsafe_b64encode(json.dumps(o).encode()).rstrip(b"=").decode()

        now = int(time.time())
        token = "%s.%s.%s" % (part({"alg": "none", "typ": "JWT"}),
                              part({"exp": now + self.lifetime, "jti": str(uuid.uuid4())}), "x")
        self.tokens[token] = now + self.lifetime
        self.issued.append(way)
        return token, now + self.lifetime

    def machine(self, headers, query):
        if headers.get("Metadata") != "true":
            return 400, {"error": "invalid_request", "error_description": "no Metadata header"}
        if "resource" not in query:
            return 400, {"error": "invalid_request", "error_description": "no resource"}
        token, end = self.issue("managed-identity")
        return 200, {"access_token": token, "expires_on": str(end),
                     "expires_in": str(self.lifetime), "token_type": "Bearer"}

    def client(self, url, text):
        f = {k: v[0] for k, v in urllib.parse.parse_qs(text).items()}
        if f.get("grant_type") != "client_credentials" or not f.get("scope", "").endswith("/.default"):
            return 400, {"error": "unsupported_grant_type"}
        if "client_secret" in f:
            if not self.secret or f["client_secret"] != self.secret:
                return 401, {"error": "invalid_client",
                             "error_description": "AADSTS7000215: Invalid client secret provided.\r\nTrace ID: 0"}
            way = "client-secret"
        else:
            why = self.statement(url, f.get("client_assertion", ""), f.get("client_id"))
            if why:
                return 401, {"error": "invalid_client", "error_description": "AADSTS700027: " + why}
            way = "certificate"
        token, _ = self.issue(way)
        return 200, {"access_token": token, "expires_in": self.lifetime, "token_type": "Bearer"}

    def statement(self, url, jwt, client):
        """Why a client's signed statement is refused, or None."""
        try:
            head, body, sig = jwt.split(".")

            def raw(s):
                return base64.urlsafe_b64decode(s + "=" * (-len(s) % 4))
            h, b = json.loads(raw(head)), json.loads(raw(body))
        except (ValueError, TypeError):
            return "malformed"
        if h.get("alg") != "PS256" or not h.get("x5t#S256"):
            return "wrong header"
        if b.get("aud") != url or b.get("iss") != client or b.get("sub") != client:
            return "wrong audience or subject"
        if not b.get("nbf", 0) - 300 <= time.time() <= b.get("exp", 0) or b["jti"] in self.seen:
            return "expired or used"
        self.seen.add(b["jti"])
        if not self.certificate:
            return "no certificate is registered"
        with tempfile.TemporaryDirectory() as d:
            for n, data in (("sig", raw(sig)), ("text", (head + "." + body).encode())):
                with open(os.path.join(d, n), "wb") as f:
                    f.write(data)
            run = subprocess.run
            pub = run(["openssl", "x509", "-in", self.certificate, "-pubkey", "-noout"],
                      capture_output=True, check=True).stdout
            with open(os.path.join(d, "pub"), "wb") as f:
                f.write(pub)
            der = run(["openssl", "x509", "-in", self.certificate, "-outform", "DER"],
                      capture_output=True, check=True).stdout
            mark = run(["openssl", "dgst", "-sha256", "-binary"], input=der,
                       capture_output=True, check=True).stdout
            if base64.urlsafe_b64encode(mark).rstrip(b"=").decode() != h["x5t#S256"]:
                return "another certificate"
            ok = run(["openssl", "dgst", "-sha256", "-verify", d + "/pub", "-signature",
                      d + "/sig", "-sigopt", "rsa_padding_mode:pss", "-sigopt",
                      "rsa_pss_saltlen:32", d + "/text"], capture_output=True, check=False)
        return None if ok.returncode == 0 else "bad signature"
