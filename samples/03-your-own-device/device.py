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

from journal import Journal
from websocket import Closed, WebSocket

URL = sys.argv[1] if len(sys.argv) > 1 else "ws://127.0.0.1:8080/link/v1"
PATH = sys.argv[2] if len(sys.argv) > 2 else os.path.join(os.path.dirname(os.path.abspath(__file__)), "journal.json")
# Seconds: without a frame, after which a connection is given up; between two requests for a start; between two repetitions
# of a result; and for Fleet to take the last results when the pairing is over.
SILENCE, ASK_EVERY, REPEAT_EVERY, LEAVE_WITHIN = 35, 5, 10, 5


class Device:
    def __init__(self, journal):
        self.journal = journal
        self.epoch = 0
        self.code = None  # the pairing code on the screen
        self.order = None  # the checkout on the screen, for which "start" was asked
        self.until = 0  # until when it may be granted
        self.ask_at = self.repeat_at = 0
        self.leave_at = None  # when the pairing is forgotten

    def run(self):
        wait = 0.25
        while True:
            since = time.monotonic()
            try:
                self.link = WebSocket(URL, "fleet.link.v1", SILENCE)
                self.hello()
                self.serve()
            except OSError as problem:  # refused, closed, lost or silent
                print("offline:", problem, flush=True)
                stopping = isinstance(problem, Closed) and problem.code == 1012
            if stopping or time.monotonic() - since > 5:
                wait = 0.25
            time.sleep(random.uniform(0, 2 if stopping else wait))
            wait = min(wait * 2, 15)

    def serve(self):
        heard = time.monotonic()
        while time.monotonic() - heard < SILENCE:
            if self.link.has_news(0.5):
                heard = time.monotonic()
                self.take(self.link.receive_json())
            self.do_what_is_due(time.monotonic())
        raise TimeoutError("nothing heard")

    def do_what_is_due(self, now):
        if self.epoch and now > self.repeat_at:
            self.repeat_results()
        if self.leave_at is None:
            if self.epoch and self.order and now > self.ask_at:
                self.ask()
        elif now > self.leave_at or not self.journal.waiting():
            self.journal.write(reader_id=None, credential=None)
            self.hello()

    def send(self, kind, **members):
        self.link.send(json.dumps({"type": kind, **members}))

    def take(self, frame):
        """One frame of Fleet. What is not known here, or is of another epoch, changes nothing."""
        kind = frame["type"]
        if kind in ("checkout", "granted", "refused", "ack", "terminate") and frame["epoch"] != self.epoch:
            return
        if kind in ("welcome", "checkout", "granted") and self.leave_at is not None:
            return
        handler = getattr(self, f"on_{kind}", None)
        if handler:
            handler(frame)

    # Who it is

    def hello(self):
        self.epoch, self.leave_at = 0, None
        me = self.journal.now
        pairing = {"reader_id": me["reader_id"], "credential": me["credential"]}
        proof = pairing if me["credential"] else {"shown_code": self.code} if self.code else {}
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
            self.leave_at = time.monotonic() + LEAVE_WITHIN  # what is not acknowledged until then is kept
            self.repeat_results()
            if self.order:
                self.finish(self.order["checkout_id"], "terminated")

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
        known = self.journal.result(checkout) or (before and before["checkout_id"] == checkout)
        if order["started"] and not known:  # granted to an earlier life, which took no card: the journal would know
            self.finish(checkout, "result", outcome="failed", reason="reader_lost", amount=0, tip=0)
        else:
            self.on_checkout(frame)

    def on_ping(self, _):
        self.send("pong")

    # A payment

    def on_checkout(self, frame):
        order = frame["checkout"]
        checkout = order["checkout_id"]
        if self.journal.result(checkout):
            self.send_result(checkout)
            return
        if order["remaining_ms"] <= 0 and not order["started"]:
            return
        window = float("inf") if order["started"] else order["remaining_ms"] / 1000
        self.order, self.until = order, time.monotonic() + window
        if order["terminate"]:
            self.on_terminate({"checkout_id": checkout})
            return
        print("shows", order["amount"], order["currency"], flush=True)
        self.ask()

    def ask(self):
        self.send("start", epoch=self.epoch, checkout_id=self.order["checkout_id"])
        self.ask_at = time.monotonic() + ASK_EVERY

    def on_granted(self, frame):
        checkout, order = frame["checkout_id"], self.order
        if self.journal.result(checkout):
            self.send_result(checkout)
        elif order is None or order["checkout_id"] != checkout or time.monotonic() > self.until:
            self.finish(checkout, "result", outcome="failed", reason="reader_lost", amount=0, tip=0)
        else:
            self.send("state", epoch=self.epoch, state="WAITING_FOR_CARD")
            card = {"last4": "4242", "scheme": "VISA", "entry_mode": "contactless", "auth_code": "053201"}
            self.finish(checkout, "result", outcome="approved", amount=order["amount"], tip=0, card=card)

    def on_terminate(self, frame):
        checkout = frame["checkout_id"]
        if self.journal.result(checkout):
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
        self.journal.keep(checkout, kind, members)
        self.order = None
        self.send_result(checkout)  # after the write, or a crash could forget what was told
        if self.leave_at is None:
            self.send("state", epoch=self.epoch, state="IDLE")
        print(members.get("outcome", kind), checkout, flush=True)

    def send_result(self, checkout):
        result = dict(self.journal.result(checkout))
        kind, _ = result.pop("type"), result.pop("acknowledged")
        self.send(kind, epoch=self.epoch, checkout_id=checkout, **result)

    def repeat_results(self):
        self.repeat_at = time.monotonic() + REPEAT_EVERY
        for checkout in self.journal.waiting():
            self.send_result(checkout)

    def on_ack(self, frame):
        self.journal.acknowledge(frame["checkout_id"])


if __name__ == "__main__":
    Device(Journal(PATH)).run()
