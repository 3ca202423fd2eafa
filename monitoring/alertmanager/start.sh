#!/bin/sh
# Alertmanager of compose.yaml. It reads no environment itself, so its settings are written here, from:
#   ALERT_URL      where alerts are posted (Alertmanager's webhook: PagerDuty, Opsgenie, a chat's bridge, your own)
#   WATCHDOG_URL   a dead man's switch outside of this machine: called every minute, it calls you when that stops
# Without them alerts are seen at Alertmanager's own page, and nobody is called.
set -eu
out=${1:-/tmp/alertmanager.yml}

receiver() { # name, address
  echo "  - name: $1"
  [ -z "$2" ] || printf '    webhook_configs:\n      - url: "%s"\n        send_resolved: %s\n' "$2" "$3"
}

for url in "${ALERT_URL:-}" "${WATCHDOG_URL:-}"; do
  case $url in "" | http://* | https://*) ;; *) echo "ALERT_URL and WATCHDOG_URL are addresses: $url is none" >&2; exit 1 ;; esac
  case $url in *[\"\\\ ]*) echo "this address needs percent-encoding: $url" >&2; exit 1 ;; esac
done

{
  cat <<'ROUTES'
route:
  receiver: people
  group_by: [namespace, alertname, channel]
  group_wait: 30s
  group_interval: 5m
  repeat_interval: 12h
  routes:
    - receiver: watchdog
      matchers: ['alertname = "ParleyWatchdog"']
      group_wait: 0s
      group_interval: 1m
      repeat_interval: 1m
    - receiver: people
      matchers: ['severity = "page"']
      repeat_interval: 2h
inhibit_rules:
  # Where nothing is observed, what follows from that is no news.
  - source_matchers: ['alertname = "ParleyNotObserved"']
    target_matchers: ['severity = "ticket"']
    equal: [namespace]
receivers:
ROUTES
  receiver people "${ALERT_URL:-}" true
  receiver watchdog "${WATCHDOG_URL:-}" false
} >"$out"
[ "${2:-}" = only ] || exec /bin/alertmanager --config.file="$out" --storage.path=/alertmanager
