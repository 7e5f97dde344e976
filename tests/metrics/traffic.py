"""A quarter of a minute of a small chain's life, so that everything that is measured has something to measure.

traffic.py RECEIVER_PORT DEAD_PORT DARK_SERIAL NODE...

RECEIVER_PORT is where this script takes webhooks; on DEAD_PORT no process listens. DARK_SERIAL is a paired device that was switched off.
The nodes, by their public addresses, take turns.

Payments that succeed, are declined and are cancelled, a busy reader, a dark one, tills that queue and that give up, webhooks to a
receiver that is well and to one that is not, wrong pairing codes and wrong keys.
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

receiver_port, dead_port, dark_serial = sys.argv[1:4]
nodes = itertools.cycle(sys.argv[4:])


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


def need(method, path, body=None):
    status, answer = ask(method, path, body)
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
        (knock,),
    ]
    threads = [threading.Thread(target=one, args=told) for one, *told in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


main()
