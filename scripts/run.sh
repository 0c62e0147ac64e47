#!/usr/bin/env bash
# usage: scripts/run.sh [--embedded] [--instance NAME] [--port N]
#
# Does everything from a fresh clone to a running host: picks the restore profile, starts RabbitMQ and Redis, builds in
# Release, starts the host in the background and waits until it is ready.
#
#   --embedded       no broker: the in-memory transport, for trying out (nothing is durable but the ledger)
#   --instance NAME  the instance's name in the fleet (default consumer-1); another name joins the same brokers and ledger
#   --port N         the port of the dashboard and the API (default 8080; beside running instances the next free one)
#
# scripts/stop.sh ends what this started. Logs and pids are in .run/hosts/.

set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

ready_seconds=60
embedded='' asked_embedded='' instance=consumer-1 port=''
while (($# > 0)); do
  case $1 in
    --embedded) embedded=yes asked_embedded=yes ;;
    --instance | --port)
      (($# > 1)) || die 2 "$1 needs a value"
      if [[ $1 == --port ]]; then port=$2; else instance=$2; fi
      shift
      ;;
    -h | --help) usage_of "$0"; exit 0 ;;
    *) die 2 "unknown option: $1 (try --help)" ;;
  esac
  shift
done
valid_instance_name "$instance" || die 2 "--instance: '$instance' is not a name: letters, digits, '.', '_' and '-', at most 64"
[[ -z $port ]] || { [[ $port =~ ^[0-9]{1,5}$ ]] && ((port >= 1 && port <= 65535)); } || die 2 "--port: '$port' is not a port"
if [[ ${RABBITMQ_URL:-} == embedded ]]; then embedded=yes; fi

record="$HOSTS_DIR/$instance.pid"
log="$HOSTS_DIR/$instance.log"

field() { if ! state_get "$record" "$1"; then REPLY=; fi; }

host_is_ready() { http_status "$1" /health/ready && [[ $REPLY == 200 ]]; }

print_next_steps() {
  local url transport extra=
  field url; url=$REPLY
  field transport; transport=$REPLY
  [[ $instance == consumer-1 ]] || extra=" --instance $instance"
  say ""
  say "  $url    ($instance on $transport)"
  say ""
  say "Try next:"
  say "  ./scripts/consumers publish rabbit --type sleep --payload '{\"complexityMs\":50}' --count 1000"
  say "  ./scripts/consumers publish scaling --type sleep --payload '{\"complexityMs\":50}' --count 1000    # and $url/scaling"
  say "  ./scripts/stop.sh$extra"
}

take_lock 5 "$RUN_DIR/run.lock" 900 run.sh

# --- Already there? ----------------------------------------------------------------------------------------------

if host_is_running "$record"; then
  field port; running_port=$REPLY
  field transport; running_on=$REPLY
  field since; since=$REPLY
  mend="stop it first: ./scripts/stop.sh --instance $instance"
  [[ -z $port || $port == "$running_port" ]] || die "$instance already runs on port $running_port; $mend"
  [[ -z $asked_embedded || $running_on == *embedded* ]] || die "$instance already runs on $running_on; $mend"
  host_is_ready "$running_port" || die "$instance runs since $since but is not ready (log: .run/hosts/$instance.log); $mend"
  say "$instance is already running since $since; for the newest code $mend"
  print_next_steps
  exit 0
fi

# --- A port ------------------------------------------------------------------------------------------------------

port_of_our_host() {
  local file
  for file in "$HOSTS_DIR"/*.pid; do
    if state_get "$file" port && [[ $REPLY == "$1" ]] && host_is_running "$file"; then
      REPLY=${file##*/} REPLY=${REPLY%.pid}
      return 0
    fi
  done
  return 1
}

if [[ -n $port ]]; then
  if port_of_our_host "$port"; then die "port $port is taken by the instance $REPLY; choose another with --port"; fi
else
  port=8080
  while port_of_our_host "$port"; do ((port += 1)); done
fi
if port_is_open "$port"; then die "port $port is taken by another program; choose another with --port N"; fi

# --- Build, brokers ----------------------------------------------------------------------------------------------

"$WEEK7_ROOT/scripts/setup.sh" 5>&-
# Before the brokers, because one of them is the built host.
build_release 5>&-

if [[ -z $embedded ]]; then
  code=0
  "$WEEK7_ROOT/scripts/brokers.sh" up 5>&- || code=$?
  if ((code == 3)) && [[ -z ${RABBITMQ_URL:-} ]]; then
    warn "going on with the embedded in-memory transport"
    embedded=yes
  elif ((code != 0)); then
    die "the brokers did not start; mend what is said above, or run without any: ./scripts/run.sh --embedded"
  fi
fi

if [[ -z $embedded ]]; then
  exports=$("$WEEK7_ROOT/scripts/brokers.sh" env 5>&-)
  eval "$exports"
  transport="RabbitMQ and Kafka"
  ledger="$WEEK7_ROOT/data/ledger.db"
else
  # An embedded instance is a fleet of its own, and shares its ledger with nobody.
  export RABBITMQ_URL=embedded KAFKA_BOOTSTRAP_SERVERS=embedded
  unset REDIS_URL
  transport="the embedded in-memory transport"
  ledger="$WEEK7_ROOT/data/embedded.db"
  [[ $instance == consumer-1 ]] || ledger="$WEEK7_ROOT/data/embedded-$instance.db"
fi
ledger=${Consumers__Ledger__Path:-$ledger}

# --- The host ----------------------------------------------------------------------------------------------------

mkdir -p "$HOSTS_DIR" "$WEEK7_ROOT/data"
[[ ! -e $log ]] || mv -f "$log" "$log.old"
url="http://127.0.0.1:$port"
say "starting $instance ..."
# A session of its own: closing this terminal, or Ctrl-C in it, must not end the host.
(cd "$WEEK7_ROOT" && exec env "CONSUMER_ID=$instance" "Consumers__Ledger__Path=$ledger" \
  setsid dotnet "$HOST_DLL" run --urls "$url") </dev/null >"$log" 2>&1 5>&- &
pid=$!

proc_start "$pid" || REPLY=0
state_put "$record" "pid=$pid" "start=$REPLY" "port=$port" "url=$url" "transport=$transport" "since=$(date '+%Y-%m-%d %H:%M:%S')" \
  "ledger=$ledger" "rabbitmq_url=$RABBITMQ_URL" "redis_url=${REDIS_URL:-}" "kafka_servers=${KAFKA_BOOTSTRAP_SERVERS:-}"

deadline=$((SECONDS + ready_seconds))
until host_is_ready "$port"; do
  if ! kill -0 "$pid" 2>/dev/null; then
    code=0
    wait "$pid" || code=$?
    rm -f "$record"
    warn "the end of $instance's log:"
    tail -n 30 "$log" >&2
    die "$instance ended with exit code $code before it was ready"
  fi
  if ((SECONDS >= deadline)); then
    warn "the end of $instance's log:"
    tail -n 30 "$log" >&2
    field start
    stop_process "$pid" "$REPLY" 35 || true
    rm -f "$record"
    die "$instance was not ready after $ready_seconds s and was stopped (GET $url/health/ready; log: .run/hosts/$instance.log)"
  fi
  sleep 0.2
done

say "$instance is ready"
print_next_steps
