"""What a device remembers: who it is, and its results, in a file that a crash leaves whole."""

import json
import os
import random

KEPT = 100  # results that were acknowledged: their checkouts are known when they come again


class Journal:
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
        """The old file stays until the new one is complete on the disk; only its owner may read it."""
        self.now |= changes
        new = self._path + ".new"
        with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            json.dump(self.now, file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(new, self._path)

    def result(self, checkout):
        """How a checkout ended; None for one that is not known."""
        return self.now["results"].get(checkout)

    def waiting(self):
        """The checkouts whose results Fleet has not acknowledged."""
        return [checkout for checkout, result in self.now["results"].items() if not result["acknowledged"]]

    def keep(self, checkout, kind, members):
        result = {"type": kind, **members, "acknowledged": False}
        self.write(results={**self.now["results"], checkout: result})

    def acknowledge(self, checkout):
        results = dict(self.now["results"])
        if checkout in results:
            results[checkout] = {**results[checkout], "acknowledged": True}
        for old in [id for id, result in results.items() if result["acknowledged"]][:-KEPT]:
            del results[old]
        self.write(results=results)
