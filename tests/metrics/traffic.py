"""A quarter of a minute of a small chain's life, so that everything that is measured has something to measure.

traffic.py RECEIVER_PORT DEAD_PORT CLOUD_PORT DARK_SERIAL NODE...

RECEIVER_PORT is where this script takes webhooks; on DEAD_PORT no process listens. On CLOUD_PORT this script plays
SumUp's cloud for the merchant that is linked with it. DARK_SERIAL is a paired device that was switched off.
The nodes, by their public addresses, take turns.

Payments that succeed, are declined and are cancelled, a busy reader, a dark one, tills that queue and that give up, webhooks to a
receiver that is well and to one that is not, wrong pairing codes and wrong keys. In SumUp's cloud payments that succeed, one that is
refused, and some that are not answered clearly.
"""

import itertools
import json
import sys
import threading
import time
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SECONDS = 15
PACE = 0.2  # seconds between two tries of a till that was refused
KEY, MERCHANT = "sup_sk_sandbox", "MC0X0ABC"
READERS = f"/v0.1/merchants/{MERCHANT}/readers"
PAID, DECLINED, CANCELLED, NO_CARD = 1500, 1100, 4276, 4291  # the simulator's magic amounts

LINKED_KEY, LINKED = "linked-key", "MLINKED1"
CLOUD_READER = "rdr_1JHCGHNM3095NBKJP2CMDWJTDQ"

receiver_port, dead_port, cloud_port, dark_serial = sys.argv[1:5]
nodes = itertools.cycle(sys.argv[5:])


def ask(method, path, body=None, key=KEY):
    """The status and the body of an answer."""
    request = urllib.request.Request(
        next(nodes) + path, method=method, data=None if body is None else json.dumps(body).encode(),
        headers={"Authorization": f"Bearer {key}", "Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=70) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def need(method, path, body=None, key=KEY):
    status, answer = ask(method, path, body, key)
    if status >= 300:
        sys.exit(f"{method} {path}: {status} {answer}")
    return json.loads(answer) if answer.startswith("{") else answer


def terms(amount, **more):
    return {"total_amount": {"currency": "EUR", "minor_unit": 2, "value": amount}, **more}


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass


class Cloud(BaseHTTPRequestHandler):
    """SumUp's cloud: every payment succeeds. Of the creates the first is refused, and then each third answered with 502."""

    creates = itertools.count()
    reader = {
        "id": CLOUD_READER, "name": "Real", "status": "paired", "device": {"identifier": "REAL-01", "model": "solo"},
        "created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z"}

    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"] or 0))
        if self.path.endswith("/checkout"):
            number = next(self.creates)
            taken = {"data": {"checkout_id": f"c-{number}", "client_transaction_id": f"t-{number}"}}
            self.answer(*((404, {}) if number == 0 else (502, {}) if number % 3 == 2 else (201, taken)))
        else:
            self.answer(201, self.reader)

    def do_GET(self):
        path = self.path.split("?")[0]
        if path.endswith("/transactions"):
            self.answer(200, {"status": "SUCCESSFUL", "amount": 15.00, "currency": "EUR", "merchant_code": LINKED})
        elif "/checkout/" in path:
            amount = {"currency": "EUR", "minor_unit": 2, "value": PAID}
            self.answer(200, {"data": {"checkout_id": path.split("/")[-1], "status": "successful", "total_amount": amount}})
        elif path.endswith("/status"):
            self.answer(200, {"data": {"status": "ONLINE", "state": "IDLE"}})
        elif path.endswith(CLOUD_READER):
            self.answer(200, self.reader)
        elif path.endswith("/readers"):
            self.answer(200, {"items": [self.reader]})
        else:
            self.answer(200, {"items": []})

    def answer(self, status, body):
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass


def sell_real(reader, end):
    """A till of the linked merchant; each sale has a reference of its own."""
    for number in itertools.count():
        if time.monotonic() > end:
            return
        sale = {"app_id": "com.example.fleet", "key": "afk", "foreign_transaction_id": f"sale-{number}"}
        path = f"/v0.1/merchants/{LINKED}/readers/{reader}/checkout"
        status, answer = ask("POST", path, terms(PAID, affiliate=sale), LINKED_KEY)
        if status in (201, 503):  # 503: it is not known whether SumUp took it, and Fleet finds out
            body = json.loads(answer)
            made = body["data" if status == 201 else "errors"]["checkout_id"]
            ask("GET", f"{path}/{made}?wait=10", key=LINKED_KEY)
        else:
            time.sleep(PACE)


def sell(reader, amounts, hooks, end):
    """A till that sells one after the other, and asks for the outcome."""
    for amount, hook in zip(itertools.cycle(amounts), itertools.cycle(hooks)):
        if time.monotonic() > end:
            return
        status, answer = ask("POST", f"{READERS}/{reader}/checkout", terms(amount, return_url=hook))
        if status == 201:
            made = json.loads(answer)["data"]["checkout_id"]
            ask("GET", f"{READERS}/{reader}/checkout/{made}?wait=10")
        else:
            time.sleep(PACE)


def queue(store, amount, seconds, end):
    """A till that takes any free reader, again and again."""
    while time.monotonic() < end:
        ask("POST", "/fleet/v1/checkouts", terms(amount, route={"store": store, "queue_for": seconds}))


def knock():
    """A caller that tries keys and codes."""
    for number in range(80):
        ask("GET", READERS, key=f"sup_sk_wrong_{number}")
    for number in range(40):
        ask("POST", READERS, {"pairing_code": f"WRONG{number:03}", "name": "Nobody's"})


def main():
    receiver = ThreadingHTTPServer(("127.0.0.1", int(receiver_port)), Receiver)
    threading.Thread(target=receiver.serve_forever, daemon=True).start()
    hooks = [f"http://127.0.0.1:{port}/" for port in (receiver_port, dead_port)]

    cloud = ThreadingHTTPServer(("127.0.0.1", int(cloud_port)), Cloud)
    threading.Thread(target=cloud.serve_forever, daemon=True).start()
    real = need("POST", f"/v0.1/merchants/{LINKED}/readers", {"pairing_code": "ABCD2345", "name": "Real"}, LINKED_KEY)["id"]

    listed = need("GET", READERS)["items"]
    dark = next(one["id"] for one in listed if one["device"]["identifier"] == dark_serial)
    first, second, *others = [one["id"] for one in listed if one["id"] != dark]
    for store, readers in {"bonn": [first, second], "ulm": [dark]}.items():
        need("POST", "/fleet/v1/stores", {"store": store})
        for reader in readers:
            need("POST", f"/fleet/v1/readers/{reader}/move", {"store": store})

    end = time.monotonic() + SECONDS
    work = [
        *((sell, reader, [PAID, PAID, DECLINED, PAID, CANCELLED], hooks, end) for reader in others),
        (sell, others[0], [PAID], hooks, end),  # a second till at the same reader: it is busy
        (sell, dark, [PAID], hooks, end),
        *((queue, "bonn", PAID, 20, end) for _ in range(3)),
        *((queue, "bonn", amount, 1, end) for amount in (PAID, NO_CARD)),
        (sell_real, real, end),
        (knock,),
    ]
    threads = [threading.Thread(target=one, args=told) for one, *told in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


main()
