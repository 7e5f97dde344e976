"""Tests of a till against a Fleet process, with Python's standard library only.

    python3 till_test.py
"""

import json
import os
import unittest
import urllib.request

FLEET = os.environ.get("FLEET", "http://127.0.0.1:8080")
KEY = os.environ.get("KEY", "sup_sk_sandbox")
MERCHANT = os.environ.get("MERCHANT", "MC0X0ABC")


def call(method, path, body=None):
    """One request to Fleet, and its answer."""
    request = urllib.request.Request(
        FLEET + path, method=method, data=None if body is None else json.dumps(body).encode(),
        headers={"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.loads(answer.read() or b"{}")


class Till:
    """The program under test: here it charges, terminates, and waits for the outcome."""

    def __init__(self, reader):
        self.readers = f"/v0.1/merchants/{MERCHANT}/readers/{reader}"

    def charge(self, cents):
        amount = {"currency": "EUR", "minor_unit": 2, "value": cents}
        return call("POST", f"{self.readers}/checkout", {"total_amount": amount})["data"]["checkout_id"]

    def terminate(self):
        call("POST", f"{self.readers}/terminate", {})

    def outcome(self, checkout):
        told = call("GET", f"/fleet/v1/checkouts/{checkout}/outcome?seconds=30")
        return told["state"], told.get("reason", {}).get("code", "")


class Customer:
    """What happens at the reader."""

    def __init__(self):
        made = call("POST", "/fleet/v1/test/readers", {"name": "Test lane"})["readers"][0]
        self.reader, self.path = made["reader_id"], f"/fleet/v1/test/readers/{made['reader_id']}"

    def act(self, what, **wish):
        return call("POST", f"{self.path}/{what}", wish)

    def wait_for(self, screen):
        state = call("GET", self.path)
        while state["scene"]["screen"] != screen:
            state = call("GET", f"{self.path}?wait_seconds=10&since={state['scene']['version']}")

    def leave(self):
        call("DELETE", f"/v0.1/merchants/{MERCHANT}/readers/{self.reader}")


class TillTest(unittest.TestCase):
    def setUp(self):
        self.customer = Customer()
        self.addCleanup(self.customer.leave)
        self.till = Till(self.customer.reader)

    def test_paid(self):
        checkout = self.till.charge(1500)
        self.customer.act("present", card="visa")
        self.assertEqual(self.till.outcome(checkout), ("SUCCESSFUL", ""))

    def test_declined(self):
        checkout = self.till.charge(1500)
        self.customer.act("present", card="declined")
        self.assertEqual(self.till.outcome(checkout), ("FAILED", "declined"))

    def test_cancelled_by_the_customer(self):
        self.customer.act("script", steps=[{"do": "press", "key": "cancel"}])
        checkout = self.till.charge(1500)
        self.assertEqual(self.till.outcome(checkout), ("CANCELLED", "customer_cancelled"))

    def test_terminated(self):
        checkout = self.till.charge(1500)
        self.customer.wait_for("card")
        self.till.terminate()
        self.assertEqual(self.till.outcome(checkout), ("CANCELLED", "terminated"))

    def test_no_card(self):
        self.customer.act("scenario", scenario="no-card-in-time")
        checkout = self.till.charge(1500)
        self.assertEqual(self.till.outcome(checkout), ("CANCELLED", "no_card_in_time"))

    def test_result_lost_and_found(self):
        self.customer.act("link", die_after_charge=True)
        checkout = self.till.charge(1500)
        after = self.customer.act("present", card="visa", wait_seconds=10)
        self.assertEqual(after["scene"]["charges"], 1)
        self.assertEqual(self.till.outcome(checkout), ("SUCCESSFUL", ""))

    def test_device_switched_off(self):
        checkout = self.till.charge(1500)
        self.customer.wait_for("card")
        self.customer.act("power", wait_seconds=10)
        self.assertEqual(self.till.outcome(checkout), ("FAILED", "reader_lost"))


if __name__ == "__main__":
    unittest.main()
