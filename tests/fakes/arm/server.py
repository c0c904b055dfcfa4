"""The HTTP side: requests in, faults on demand, every exchange recorded.

Everything below /_emulator/ steers the emulator and is no part of Azure:
  GET  state    resources, events, writes (method and path of every change)
  POST set      {"id":.., "properties":{..}}: somebody else changes a resource
  POST remove   {"id":..}
  POST tables   {"heard":{"primary":"3"}, ..}: what routers list
  POST fault    {"match":"PUT .*connections","times":1, and one of
                 "status":429 ("code","headers"), "drop":"before"|"after",
                 "kill":"before"|"after" ("pid"), "huge":bytes, "text":"..",
                 "stall":seconds, "fail":{"code":..,"message":..}}
  POST config   {"delay":s,"retry_after":s,"shape":"both|operation|location"}
  POST forget   long operations: their addresses are lost
  POST log      a new record of requests begins; GET log: method and path each
"""
import argparse
import http.server
import json
import os
import re
import signal
import socket
import ssl
import sys
import threading
import time
import urllib.parse

from . import world as worlds
from .login import Login
from .rules import Rules, error


class Emulator:
    def __init__(self, world, rules, login, record=None):
        self.world, self.rules, self.login = world, rules, login
        self.record = record
        self.faults, self.log = [], []
        self.n = 0
        self.numbers = threading.Lock()

    def fault(self, line):
        for f in self.faults:
            if f.get("times", 1) > 0 and re.search(f.get("match", "."), line):
                if f.get("skip", 0) > 0:
                    f["skip"] -= 1
                    continue
                f["times"] = f.get("times", 1) - 1
                return f
        return None

    def steer(self, method, what, body):
        w = self.world
        if what == "state":
            return {"resources": list(w.res.values()), "events": w.events,
                    "writes": w.writes, "issued": self.login.issued}
        if what == "set":
            r = w.get(body["id"])
            r["properties"].update(body.get("properties", {}))
            w.touch(r)
        elif what == "remove":
            w.remove(body["id"])
        elif what == "tables":
            w.tables.update(body)
        elif what == "fault":
            self.faults.append(body)
        elif what == "clear":
            self.faults.clear()
        elif what == "config":
            w.delay = body.get("delay", w.delay)
            self.rules.retry_after = body.get("retry_after", self.rules.retry_after)
            self.rules.shape = body.get("shape", self.rules.shape)
            self.login.lifetime = body.get("lifetime", self.login.lifetime)
        elif what == "forget":
            for o in w.ops.values():  # the work goes on, its address is gone
                o["ready"] = min(o["ready"], time.monotonic() + w.delay)
            w.ops = {"lost-" + k: o for k, o in w.ops.items()}
        elif what == "expire":
            self.login.tokens.clear()
        elif what == "log" and method == "POST":
            self.log.clear()
        elif what == "log":
            return self.log
        else:
            return {"error": "no such thing: " + what}
        return {}

    def write_record(self, method, url, headers, body, status, out_headers, out):
        with self.numbers:
            self.n += 1
            n = self.n
        kept = {k: v for k, v in headers.items() if k.lower() != "authorization"}
        out_headers = dict(out_headers)
        if out is not None:
            out_headers["Content-Type"] = "application/json; charset=utf-8"
        one = {"liveRequest": {"headers": kept, "method": method, "url": url, "body": body},
               "liveResponse": {"statusCode": str(status), "headers": out_headers, "body": out}}
        for side in one.values():  # the validator takes null for a body
            if side["body"] is None:
                del side["body"]
        with open(os.path.join(self.record, "%d-%05d.json" % (os.getpid(), n)), "w", encoding="utf-8") as f:
            json.dump(one, f, indent=1)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "arm-emulator"
    emulator = None

    def log_message(self, *args):
        pass

    def drop(self):
        self.close_connection = True
        try:
            self.connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

    def reply(self, status, headers, body):
        data = b"" if body is None else (
            body if isinstance(body, bytes) else json.dumps(body).encode())
        self.send_response(status)
        for k, v in headers.items():
            self.send_header(k, v)
        if data:
            self.send_header("Content-Type", "application/json; charset=utf-8")
        if status != 204:
            self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        try:
            self.wfile.write(data)
        except OSError:
            pass

    def handle_one(self):
        em = self.emulator
        url = urllib.parse.urlsplit(self.path)
        query = {k: v[0] for k, v in urllib.parse.parse_qs(url.query).items()}
        path = urllib.parse.unquote(url.path)
        n = int(self.headers.get("Content-Length") or 0)
        text = self.rfile.read(n).decode("utf-8", "replace") if n else ""
        if path.startswith("/_emulator/"):
            with em.world.lock:
                em.world.tick()
                return self.reply(200, {}, em.steer(self.command, path[11:],
                                                    json.loads(text or "{}")))
        if path == "/metadata/identity/oauth2/token":
            return self.reply(*self.with_headers(em.login.machine(self.headers, query)))
        if path.endswith("/oauth2/v2.0/token"):
            return self.reply(*self.with_headers(em.login.client(em.rules.base + path, text)))
        return self.arm(path, query, text)

    @staticmethod
    def with_headers(answer):
        return answer[0], {}, answer[1]

    def arm(self, path, query, text):
        em = self.emulator
        line = "%s %s" % (self.command, path)
        with em.world.lock:
            em.log.append(line)
            f = em.fault(line) or {}
        if f.get("stall"):
            time.sleep(f["stall"])
        if f.get("kill") == "before":
            os.kill(f["pid"], signal.SIGKILL)
            return self.drop()
        if f.get("drop") == "before":
            return self.drop()
        if "status" in f:
            out = error(f["status"], f.get("code", "Fault"), f.get("message", "on demand"),
                        **f.get("headers", {}))
        elif "huge" in f:
            out = 200, {}, b"{" + b" " * f["huge"] + b"}"
        elif "text" in f:
            out = f.get("as", 200), {}, f["text"].encode()
        else:
            out = self.judge(path, query, text, f)
        if f.get("kill") == "after":
            os.kill(f["pid"], signal.SIGKILL)
            return self.drop()
        if f.get("drop") == "after":
            return self.drop()
        return self.reply(*out)

    def judge(self, path, query, text, f):
        em = self.emulator
        body = None
        if not em.login.good(self.headers.get("Authorization")):
            status, headers, out = error(401, "ExpiredAuthenticationToken",
                                         "The access token is missing, unknown or expired.")
            headers["WWW-Authenticate"] = 'Bearer error="invalid_token"'
            return status, headers, out
        try:
            body = json.loads(text) if text else None
        except ValueError:
            return error(400, "InvalidRequestContent", "The request content was invalid.")
        with em.world.lock:
            em.world.tick()
            if self.command in ("PUT", "DELETE", "PATCH"):
                em.world.writes.append("%s %s" % (self.command, path))
            before = set(em.world.ops)
            out = em.rules.answer(self.command, path, query, body)
            for k in set(em.world.ops) - before:
                if "fail" in f:
                    em.world.ops[k]["error"] = f["fail"]
        out[1].setdefault("x-ms-request-id", "00000000-0000-0000-0000-000000000000")
        if em.record:
            em.write_record(self.command, self.path, dict(self.headers), body, *out)
        return out

    do_GET = do_PUT = do_POST = do_DELETE = do_PATCH = handle_one


def clock(world):
    while True:
        time.sleep(0.05)
        with world.lock:
            world.tick()


def options(argv):
    p = argparse.ArgumentParser(prog="arm_emulator", description=__doc__,
                                formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--listen", default="127.0.0.1:0", help="address:port, port 0: any")
    p.add_argument("--ready", help="file that gets our address once we listen")
    p.add_argument("--base", help="how clients call us (default: the address)")
    p.add_argument("--world", default="exchange", help="exchange, network-service, or a JSON file")
    p.add_argument("--provider", default="Provisioned", help="serviceProviderProvisioningState of 'er-hq'")
    p.add_argument("--delay", type=float, default=0.2, help="seconds of a long operation")
    p.add_argument("--retry-after", type=int, default=0, help="seconds that answers ask for")
    p.add_argument("--shape", default="both", choices=("both", "operation", "location"))
    p.add_argument("--token", help="a token that is always good")
    p.add_argument("--lifetime", type=int, default=3600, help="seconds that a token lives")
    p.add_argument("--secret", default="", help="the client secret that is right")
    p.add_argument("--certificate", help="the client certificate that is registered (PEM)")
    p.add_argument("--tls", nargs=2, metavar=("CERT", "KEY"))
    p.add_argument("--hook", help="program that is run with every event (EVENT NAME, the "
                        "resource as JSON on its input) and asked for tables (routetablessummary/primary "
                        "NAME, stats NAME: what it prints is answered)")
    p.add_argument("--record", help="directory for one JSON an exchange, as oav reads them")
    return p.parse_args(argv)


def main(argv=None):
    o = options(argv)
    if o.world in ("exchange", "network-service"):
        state = worlds.default(o.world, o.provider)
    else:
        with open(o.world, encoding="utf-8") as f:
            state = json.load(f)
    world = worlds.World(state, o.delay, o.hook)
    host, port = o.listen.rsplit(":", 1)
    server = http.server.ThreadingHTTPServer((host, int(port)), Handler)
    server.daemon_threads = True
    if o.tls:
        c = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        c.load_cert_chain(*o.tls)
        server.socket = c.wrap_socket(server.socket, server_side=True)
    base = o.base or "%s://%s:%d" % ("https" if o.tls else "http", host, server.server_port)
    rules = Rules(world, base, o.shape)
    rules.retry_after = o.retry_after
    if o.record:
        os.makedirs(o.record, exist_ok=True)
    Handler.emulator = Emulator(world, rules, Login(o.lifetime, o.secret, o.certificate, o.token),
                                o.record)
    threading.Thread(target=clock, args=(world,), daemon=True).start()
    if o.ready:
        with open(o.ready + ".new", "w", encoding="utf-8") as f:
            f.write(base + "\n")
        os.rename(o.ready + ".new", o.ready)
    else:
        print(base, flush=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    server.serve_forever()
    return 0
