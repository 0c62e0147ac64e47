#!/usr/bin/env bash
# usage: scripts/stop.sh [--instance NAME] [--keep-brokers]
#
# Ends the hosts that run.sh started, letting each finish what it works on, then the brokers that brokers.sh started.
# With --instance only that host is ended, and the brokers stay.

set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# The host drains for up to 30 s; a little longer, so that it is not killed in the middle of its last settlement.
stop_seconds=45
instance='' keep_brokers=''
while (($# > 0)); do
  case $1 in
    --instance)
      (($# > 1)) || die 2 "$1 needs a value"
      instance=$2
      keep_brokers=yes
      shift
      ;;
    --keep-brokers) keep_brokers=yes ;;
    -h | --help) usage_of "$0"; exit 0 ;;
    *) die 2 "unknown option: $1 (try --help)" ;;
  esac
  shift
done
[[ -z $instance ]] || valid_instance_name "$instance" || die 2 "--instance: '$instance' is not a name"

shopt -s nullglob
if [[ -n $instance ]]; then records=("$HOSTS_DIR/$instance.pid"); else records=("$HOSTS_DIR"/*.pid); fi

# All are asked first and waited for together: their drain times do not add up.
names=() pids=() starts=()
for record in "${records[@]}"; do
  if host_is_running "$record"; then
    name=${record##*/}
    names+=("${name%.pid}")
    state_get "$record" start
    starts+=("$REPLY")
    state_get "$record" pid
    pids+=("$REPLY")
    kill -TERM "$REPLY" 2>/dev/null || true
  else
    rm -f "$record"
  fi
done

code=0
deadline=$((SECONDS + stop_seconds))
for i in "${!names[@]}"; do
  left=$((deadline - SECONDS))
  if wait_for_end "${pids[i]}" "${starts[i]}" "$((left > 0 ? left : 0))"; then
    say "stopped ${names[i]}"
  else
    warn "${names[i]} did not end within $stop_seconds s and was killed; what it worked on goes back to the broker"
    code=1
  fi
  rm -f "$HOSTS_DIR/${names[i]}.pid"
done
if ((${#names[@]} == 0)); then
  if [[ -n $instance ]]; then say "$instance is not running"; else say "no host was running that run.sh had started"; fi
fi

[[ -n $keep_brokers ]] || "$WEEK7_ROOT/scripts/brokers.sh" down
exit "$code"
