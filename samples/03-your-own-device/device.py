"""A card reader of your own: pairs, takes payments, and keeps its journal over a crash.

    python3 device.py [ws://127.0.0.1:8080/link/v1 [journal.json]]

It keeps the rules of docs/link-protocol.md. Its customer is made up, and is charged by one write to the journal: so there
is no moment at which a charge is under way.
"""

import json
import os
import random
import sys
import time

from websocket import Closed, WebSocket

URL = sys.argv[1] if len(sys.argv) > 1 else "ws://127.0.0.1:8080/link/v1"
PATH = sys.argv[2] if len(sys.argv) > 2 else "journal.json"
SILENCE = 35  # seconds without a frame, after which a connection is given up
KEPT = 100  # results that were acknowledged


class Journal:
    """Who the device is, and the results that Fleet has not acknowledged, in a file that a crash leaves whole."""

    def __init__(self, path):
        self._path = path
        if os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                self.now = json.load(file)
        else:
            serial = f"PYTHON-{random.randrange(10**8):08}"
            self.now = {"serial": serial, "reader_id": None, "credential": None, "results": {}}
            self.write()

    def write(self, **changes):
        self.now |= changes
        new = self._path + ".new"
        with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            json.dump(self.now, file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(new, self._path)


class Device:
    def __init__(self, journal):
        self.journal = journal
        self.epoch = 0
        self.code = None  # the pairing code on the screen
        self.order = None  # the checkout on the screen, for which "start" was asked
        self.until = 0  # until when it may be granted

    def run(self):
        wait = 0.25
        while True:
            since = time.monotonic()
            try:
                self.link = WebSocket(URL, "fleet.link.v1", SILENCE)
                self.hello()
                while True:
                    self.take(json.loads(self.link.receive()))
            except OSError as problem:  # refused, closed, lost or silent
                print("offline:", problem, flush=True)
                leaving = isinstance(problem, Closed) and problem.code == 1012
                wait = 2 if leaving else 0.25 if time.monotonic() - since > 5 else min(wait * 2, 15)
            time.sleep(random.uniform(0, wait))

    def send(self, kind, **members):
        self.link.send(json.dumps({"type": kind, **members}))

    def take(self, frame):
        """One frame of Fleet. What is not known here, or is of another epoch, changes nothing."""
        kind = frame["type"]
        if kind in ("checkout", "granted", "refused", "ack", "terminate") and frame["epoch"] != self.epoch:
            return
        handler = getattr(self, f"on_{kind}", None)
        if handler:
            handler(frame)

    # Who it is

    def hello(self):
        self.epoch = 0
        me = self.journal.now
        if me["credential"]:
            proof = {"reader_id": me["reader_id"], "credential": me["credential"]}
        else:
            proof = {"shown_code": self.code} if self.code else {}
        self.send("hello", serial=me["serial"], model="virtual-solo", firmware="1.0.0", **proof)

    def on_pairing_code(self, frame):
        self.code = frame["code"]
        print("pairing code", self.code, flush=True)

    def on_paired(self, frame):
        self.journal.write(reader_id=frame["reader_id"], credential=frame["credential"])  # before hello uses it
        self.code = None
        self.hello()

    def on_unpaired(self, frame):
        if frame["reader_id"] == self.journal.now["reader_id"]:
            self.repeat_results()  # those that are not acknowledged are sent again after the next welcome
            self.order = None
            self.journal.write(reader_id=None, credential=None)
            self.hello()

    def on_welcome(self, frame):
        """What should be on the screen now: the device makes it so."""
        self.epoch = frame["epoch"]
        print("paired as", frame["name"], flush=True)
        self.repeat_results()
        self.send("status", epoch=self.epoch, battery_level=100, connection_type="usb")
        self.send("state", epoch=self.epoch, state="IDLE")
        order, before, self.order = frame.get("checkout"), self.order, None
        if order is None:
            return
        checkout = order["checkout_id"]
        known = checkout in self.journal.now["results"] or (before and before["checkout_id"] == checkout)
        if order["started"] and not known:  # granted to an earlier life, which took no card: the journal would know
            self.finish(checkout, "result", outcome="failed", reason="reader_lost", amount=0, tip=0)
        else:
            self.on_checkout(frame)

    def on_ping(self, _):
        """Comes every 10 seconds, which is a good time to repeat what has no answer yet."""
        self.send("pong")
        if self.epoch:
            self.repeat_results()
        if self.order:
            self.send("start", epoch=self.epoch, checkout_id=self.order["checkout_id"])

    # A payment

    def on_checkout(self, frame):
        order = frame["checkout"]
        checkout = order["checkout_id"]
        if checkout in self.journal.now["results"]:
            self.send_result(checkout)
            return
        self.order, self.until = order, time.monotonic() + order["remaining_ms"] / 1000
        if order["terminate"]:
            self.on_terminate({"checkout_id": checkout})
            return
        print("shows", order["amount"], order["currency"], flush=True)
        self.send("start", epoch=self.epoch, checkout_id=checkout)

    def on_granted(self, frame):
        checkout, order = frame["checkout_id"], self.order
        if checkout in self.journal.now["results"]:
            self.send_result(checkout)
        elif order is None or order["checkout_id"] != checkout or self.is_too_late(order):
            self.finish(checkout, "result", outcome="failed", reason="reader_lost", amount=0, tip=0)
        else:
            self.send("state", epoch=self.epoch, state="WAITING_FOR_CARD")
            card = {"last4": "4242", "scheme": "VISA", "entry_mode": "contactless", "auth_code": "053201"}
            self.finish(checkout, "result", outcome="approved", amount=order["amount"], tip=0, card=card)

    def is_too_late(self, order):
        return not order["started"] and time.monotonic() > self.until

    def on_terminate(self, frame):
        checkout = frame["checkout_id"]
        if checkout in self.journal.now["results"]:
            self.send_result(checkout)
        elif self.order and self.order["checkout_id"] == checkout:
            self.finish(checkout, "terminated")

    def on_refused(self, frame):
        if frame["of"] == "result":  # Fleet holds another truth, which a person has to look at
            print("refused", frame["checkout_id"], flush=True)
            self.on_ack(frame)
        elif self.order and self.order["checkout_id"] == frame["checkout_id"]:
            self.order = None

    # Results

    def finish(self, checkout, kind, **members):
        results = self.journal.now["results"]
        self.journal.write(results={**results, checkout: {"type": kind, **members, "acknowledged": False}})
        self.order = None
        self.send_result(checkout)  # after the write, or a crash could forget what was told
        self.send("state", epoch=self.epoch, state="IDLE")
        print(members.get("outcome", kind), checkout, flush=True)

    def send_result(self, checkout):
        result = dict(self.journal.now["results"][checkout])
        kind, _ = result.pop("type"), result.pop("acknowledged")
        self.send(kind, epoch=self.epoch, checkout_id=checkout, **result)

    def repeat_results(self):
        for checkout, result in self.journal.now["results"].items():
            if not result["acknowledged"]:
                self.send_result(checkout)

    def on_ack(self, frame):
        """Acknowledged results are kept for a while, so that their checkouts are known when they come again."""
        results, checkout = dict(self.journal.now["results"]), frame["checkout_id"]
        if checkout in results:
            results[checkout] = {**results[checkout], "acknowledged": True}
        for old in [id for id, result in results.items() if result["acknowledged"]][:-KEPT]:
            del results[old]
        self.journal.write(results=results)


if __name__ == "__main__":
    Device(Journal(PATH)).run()
