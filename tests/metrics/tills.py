"""Tills that sell without pause, whatever they are answered, until they are ended.

tills.py NODE KEY

Makes a key over the API with KEY, which is of the whole chain, and sells with the new one: twice a second, on the readers of the
sandbox merchant in turn. A till that gets no answer gives up after some seconds; the next one does not wait for it.
"""

import itertools
import json
import sys
import threading
import time
import urllib.error
import urllib.request

MERCHANT = "MC0X0ABC"
READERS = f"/v0.1/merchants/{MERCHANT}/readers"
PACE, PATIENCE = 0.5, 10  # seconds

node, chain_key = sys.argv[1:]


def ask(path, key, body=None):
    request = urllib.request.Request(node + path, data=None if body is None else json.dumps(body).encode(), headers={
        "Authorization": f"Bearer {key}", "Content-Type": "application/json", "Fleet-Merchant": MERCHANT})
    with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
        return json.load(answer)


def sell(reader, key):
    try:
        ask(f"{READERS}/{reader}/checkout", key, {"total_amount": {"currency": "EUR", "minor_unit": 2, "value": 1500}})
    except OSError:  # refusals are among them
        pass


made = ask("/fleet/v1/keys", chain_key, {
    "name": "Till", "merchant_code": MERCHANT, "scopes": ["checkouts.write", "readers.read"]})["key"]
readers = [reader["id"] for reader in ask(READERS, made)["items"]]
print(f"{len(readers)} readers", flush=True)
for reader in itertools.cycle(readers):
    threading.Thread(target=sell, args=(reader, made), daemon=True).start()
    time.sleep(PACE)
