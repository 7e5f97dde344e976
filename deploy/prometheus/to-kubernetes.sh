#!/usr/bin/env bash
# Prints the rules of this folder as a PrometheusRule, for Prometheus' operator. After a change of the rules:
#
#   deploy/prometheus/to-kubernetes.sh >k8s/monitoring/rules.yaml
set -euo pipefail
export LC_ALL=C

cd "$(dirname "${BASH_SOURCE[0]}")/rules"

cat <<'YAML'
# Made of deploy/prometheus/rules by deploy/prometheus/to-kubernetes.sh: do not edit.
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: fleet
  namespace: fleet
  labels:
    app.kubernetes.io/name: fleet
spec:
  groups:
YAML
for rules in recording.yml alerts.yml; do
  sed -e '1,/^groups:/d' -e '/./s/^/  /' "$rules"
done
