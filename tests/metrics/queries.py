"""Asks Prometheus everything that dashboards, alerts and recording rules ask, and compares names with what nodes export.

queries.py files                        what can be said of the files without a Prometheus
queries.py boards PROMETHEUS            every query of every panel has an answer
queries.py rules PROMETHEUS             so has every rule; of an alert, what stands before its threshold
queries.py names PROMETHEUS NODE...     what is asked for exists, what exists is asked for or explained, no label is an id
queries.py reached PROMETHEUS COUNT     it has fetched the metrics of so many nodes
queries.py facts PROMETHEUS             what traffic.py did is what was counted
queries.py firing PROMETHEUS ALERT...   these alerts are firing; of ONE|OTHER either may
queries.py quiet PROMETHEUS             no critical alert is firing
queries.py value PROMETHEUS QUERY       the query has an answer

A panel's variables stand for everything. What is wrong is printed, line by line; the exit code says whether anything was.
"""

import json
import math
import re
import sys
import urllib.parse
import urllib.request
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
BOARDS = sorted(ROOT.glob("deploy/grafana/dashboards/*.json"))
RULES = sorted(ROOT.glob("deploy/prometheus/rules/*.yml"))
TESTS = sorted(ROOT.glob("deploy/prometheus/tests/*.yml"))
VARIABLES = {"$__rate_interval": "1m", "$__range": "2m", "$merchant": ".+", "$store": ".+", "$instance": ".+"}
THRESHOLD = re.compile(r"^(?P<measured>.+) (?:>|>=|<) (?P<limit>[0-9.]+)$", re.DOTALL)
METRIC = re.compile(r"\b((?:fleet|dotnet|http_server)_[a-z0-9_]+)\b")

# What is true after traffic.py, in Prometheus' words.
FACTS = [
    *(f'sum(fleet_checkout_refused_total{{code="{code}"}}) > 0' for code in ("READER_BUSY", "READER_OFFLINE", "QUEUE_TIMEOUT")),
    'sum(fleet_checkout_refused_total{code="UNKNOWN"}) == sum(fleet_checkout_doubted_total)',
    'sum(fleet_checkout_finished_total{outcome="successful"}) > 0',
    *(f'sum(fleet_checkout_finished_total{{reason="{reason}"}}) > 0'
      for reason in ("declined", "customer_cancelled", "no_card_in_time")),
    "sum(fleet_checkout_accepted_total) == sum(fleet_checkout_finished_total) + max(fleet_checkout_open)",
    "sum(fleet_checkout_accepted_total) == sum(fleet_checkout_accept_duration_seconds_count)",
    'sum(fleet_queue_wait_seconds_count{result="served"}) > 0',
    'sum(fleet_pairing_attempts_total{result="paired"}) == 7',
    'sum(fleet_pairing_attempts_total{result="wrong_code"}) >= 20',
    'sum(fleet_pairing_attempts_total{result="wrong_code"}) <= 40',
    'sum(fleet_key_refused_total{reason="wrong_key"}) == 80',
    "min(fleet_cluster_nodes) == 2",
    "sum(fleet_link_connections) == 6",
    "sum(fleet_readers_firmware) == 8",
    *(f'store:fleet_readers:max{{store="{store}", state="{state}"}} == {count}'
      for store, state, count in (("bonn", "free", 2), ("default", "free", 3), ("ulm", "offline", 1), ("ulm", "free", 0))),
    'store:fleet_readers_dark:ratio{store="ulm"} == 1',
    'max(fleet_outbox_events{state="dead"}) > 0',
    'sum(fleet_webhook_attempt_duration_seconds_count{result="delivered"}) > 0',
    'sum(fleet_checkout_finished_total{reason="refused_by_provider"}) == 1',
    'sum(fleet_cloud_call_duration_seconds_count{operation="create_checkout", result="4xx"}) == 1',
    'sum(fleet_cloud_call_duration_seconds_count{operation="create_checkout", result="2xx"}) > 0',
    'sum(fleet_checkout_doubted_total{doubt="server_error"}) > 0',
    'sum(fleet_checkout_doubted_total) == sum(fleet_checkout_settle_duration_seconds_count)',
    "sum(fleet_checkout_unknown) == 0",
    "sum(fleet_cloud_accounts) == 1",
    "max(fleet_cloud_trouble) == 0",
    "min(fleet_storage_up) == 1",
    'sum(fleet_canary_payments_total{result="paid"}) > 0',
    'sum(fleet_canary_payments_total{result="failed"}) == 0',
]

wrong = []


def say(text):
    wrong.append(text)
    print(text)


def boards():
    return [(path.name, json.loads(path.read_text())) for path in BOARDS]


def panels():
    """All of them, without the headings of rows."""
    return [(f"{name}: {panel['title']}", panel) for name, board in boards() for panel in board["panels"] if panel["type"] != "row"]


def rules():
    return [rule for path in RULES for group in yaml.safe_load(path.read_text())["groups"] for rule in group["rules"]]


def alerts():
    return {rule["alert"]: rule for rule in rules() if "alert" in rule}


def ask(prometheus, path, **parameters):
    with urllib.request.urlopen(f"{prometheus}/api/v1/{path}?{urllib.parse.urlencode(parameters)}", timeout=10) as answer:
        return json.load(answer)["data"]


def look(prometheus, where, query):
    """The rows of an answer that are numbers."""
    for name, value in VARIABLES.items():
        query = query.replace(name, value)
    if "$" in query:
        say(f"{where}: an unknown variable in {query}")
    rows = ask(prometheus, "query", query=query)["result"]
    known = [row for row in rows if not math.isnan(float(row["value"][1]))]
    if not known:
        say(f"{where}: no data for {query}")
    return known


# Files


def check_files():
    check_boards()
    check_alerts()
    check_tests()
    check_collector()
    for path in ROOT.glob("deploy/grafana/provisioning/*/*.yml"):
        if yaml.safe_load(path.read_text())["apiVersion"] != 1:
            say(f"{path.name}: it has another version")


def check_boards():
    found = boards()
    for word in "uid", "title":
        if len({board[word] for _, board in found}) != len(found):
            say(f"Two dashboards have the same {word}.")
    for name, board in found:
        variables = [variable["name"] for variable in board["templating"]["list"]]
        if variables[0] != "datasource":
            say(f"{name}: it has no choice of a data source")
        if not any("ALERTS" in note["expr"] for note in board["annotations"]["list"]):
            say(f"{name}: it shows no alerts")
        if len({panel["id"] for panel in board["panels"]}) != len(board["panels"]):
            say(f"{name}: two panels have the same id")
    anchors = {alert.lower() for alert in alerts()}
    for where, panel in panels():
        for needed in "description", "gridPos", "targets":
            if not panel.get(needed):
                say(f"{where}: no {needed}")
        if panel["datasource"]["uid"] != "${datasource}" or "unit" not in panel["fieldConfig"]["defaults"]:
            say(f"{where}: it has another data source, or no unit")
        for link in panel.get("links", []):
            if link["url"].split("#")[1] not in anchors:
                say(f"{where}: {link['url']} leads nowhere")


def check_alerts():
    runbooks = re.findall(r"^## (Fleet\w+)$", (ROOT / "docs/runbooks.md").read_text(), re.MULTILINE)
    if sorted(runbooks) != sorted(alerts()):
        say(f"Alerts and runbooks differ: {sorted(set(runbooks) ^ set(alerts()))}")
    monitoring = (ROOT / "docs/monitoring.md").read_text()
    for name, rule in alerts().items():
        told = rule["annotations"]
        if rule["labels"]["severity"] not in ("critical", "warning") or not told["summary"] or not told["description"]:
            say(f"{name}: severity, summary or description is missing")
        if told["runbook_url"] != f"docs/runbooks.md#{name.lower()}":
            say(f"{name}: its runbook is elsewhere")
        if not THRESHOLD.match(rule["expr"].strip()):
            say(f"{name}: {rule['expr']} does not end in a comparison with a number")
        if f"runbooks.md#{name.lower()}" not in monitoring:
            say(f"{name}: docs/monitoring.md does not list it")


def check_tests():
    """Each alert fires in a test, and is quiet again later in the same one."""
    proven = set()
    for path in TESTS:
        for test in yaml.safe_load(path.read_text())["tests"]:
            fired = set()
            for step in test["alert_rule_test"]:
                if step["exp_alerts"]:
                    fired.add(step["alertname"])
                elif step["alertname"] in fired:
                    proven.add(step["alertname"])
    for name in alerts().keys() - proven:
        say(f"{name}: no test in which it fires and clears")


def check_collector():
    """As far as it goes without the collector: whatever a pipeline names is there."""
    collector = yaml.safe_load((ROOT / "deploy/collector.yaml").read_text())
    for name, pipeline in collector["service"]["pipelines"].items():
        for kind, members in pipeline.items():
            for member in members:
                if member not in collector[kind]:
                    say(f"collector.yaml: {name} uses {member}, which is not among its {kind}")
        if pipeline["processors"][0] != "memory_limiter" or pipeline["processors"][-1] != "batch":
            say(f"collector.yaml: {name} must begin with memory_limiter and end with batch")


# Prometheus


def check_panels(prometheus):
    for where, panel in panels():
        for target in panel["targets"]:
            rows = look(prometheus, where, target["expr"])
            for label in re.findall(r"{{(\w+)}}", target["legendFormat"]):
                if rows and not any(label in row["metric"] for row in rows):
                    say(f"{where}: no row has the label {label}, which its legend shows")
    for name, board in boards():
        for variable in board["templating"]["list"]:
            if variable["type"] == "query":
                selector, label = re.fullmatch(r"label_values\((.+), (\w+)\)", variable["definition"]).groups()
                rows = look(prometheus, f"{name}: ${variable['name']}", selector)
                if not any(label in row["metric"] for row in rows):
                    say(f"{name}: ${variable['name']} has nothing to choose from")


def check_rules(prometheus):
    loaded = [rule for group in ask(prometheus, "rules")["groups"] for rule in group["rules"]]
    if len(loaded) != len(rules()):
        say(f"Prometheus has loaded {len(loaded)} rules of {len(rules())}.")
    for rule in loaded:
        if rule["health"] != "ok":
            say(f"{rule['name']}: {rule['health']} {rule.get('lastError', '')}")
    for rule in rules():
        if "alert" in rule:
            look(prometheus, rule["alert"], THRESHOLD.match(rule["expr"].strip())["measured"])
        else:
            look(prometheus, rule["record"], rule["expr"])
            look(prometheus, rule["record"], rule["record"])


def check_names(prometheus, nodes):
    text = " ".join([target["expr"] for _, panel in panels() for target in panel["targets"]] + [rule["expr"] for rule in rules()])
    asked = set(METRIC.findall(re.sub(r"\b\w+:\w+:\w+", "", text)))
    stored = set(ask(prometheus, "label/__name__/values"))
    for name in asked - stored:
        say(f"{name} is asked for and does not exist.")

    explained = "".join(path.read_text() for path in (ROOT / "docs").glob("*.md"))
    for node in nodes:
        with urllib.request.urlopen(f"{node}/metrics", timeout=10) as answer:
            page = answer.read().decode()
        for name, kind in re.findall(r"^# TYPE (fleet_\S+) (\S+)$", page, re.MULTILINE):
            used = any(one == name or kind == "histogram" and one.rsplit("_", 1)[0] == name for one in asked)
            if not used and name not in explained:
                say(f"{name} is exported, but nothing asks for it and no page of docs/ explains it.")
        for value in re.findall(r'="((?:rdr_|sup_|flt_|whsec_)[^"]*|[0-9a-f]{8}-[0-9a-f]{4}-[^"]*)"', page):
            say(f"A label has the value {value}.")


def check_reached(prometheus, count):
    if not ask(prometheus, "query", query=f'sum(up{{job="fleet"}}) == {count}')["result"]:
        say(f"{count} nodes are not reached yet.")


def check_facts(prometheus):
    for fact in FACTS:
        if not ask(prometheus, "query", query=fact)["result"]:
            told = ask(prometheus, "query", query=re.split(" [=<>]=? ", fact)[0])["result"]
            say(f"It is not so that {fact}: {[row['value'][1] for row in told]}")


def check_firing(prometheus, wanted):
    firing = {alert["labels"]["alertname"] for alert in ask(prometheus, "alerts")["alerts"] if alert["state"] == "firing"}
    for names in wanted:
        if not firing & set(names.split("|")):
            say(f"{names} is not firing.")


def check_quiet(prometheus):
    for alert in ask(prometheus, "alerts")["alerts"]:
        if alert["state"] == "firing" and alert["labels"]["severity"] == "critical":
            say(f"{alert['labels']['alertname']} is firing: {alert['annotations']['description']}")


match sys.argv[1:]:
    case ["files"]:
        check_files()
    case ["boards", prometheus]:
        check_panels(prometheus)
    case ["rules", prometheus]:
        check_rules(prometheus)
    case ["names", prometheus, *nodes]:
        check_names(prometheus, nodes)
    case ["reached", prometheus, count]:
        check_reached(prometheus, count)
    case ["facts", prometheus]:
        check_facts(prometheus)
    case ["firing", prometheus, *wanted]:
        check_firing(prometheus, wanted)
    case ["quiet", prometheus]:
        check_quiet(prometheus)
    case ["value", prometheus, query]:
        look(prometheus, "asked", query)
    case _:
        sys.exit(__doc__)
sys.exit(bool(wrong))
