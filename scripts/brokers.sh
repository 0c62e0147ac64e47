#!/usr/bin/env bash
# usage: scripts/brokers.sh up | down | status | env
#
#   up      starts RabbitMQ, Redis and Kafka for this checkout, and waits until they take connections
#   down    stops what `up` started, and nothing else
#   status  says what runs where
#   env     prints RABBITMQ_URL, REDIS_URL and KAFKA_BOOTSTRAP_SERVERS as exports:  eval "$(scripts/brokers.sh env)"
#
# A broker whose URL is already in the environment is used as it is. Else a Docker engine runs it, when one answers;
# else the Debian packages do, as child processes with their own data under .run/. Everything is bound to 127.0.0.1, on
# the standard ports when they are free. Kafka is a mock cluster: the built host as a process, which keeps all messages in
# memory; for a real one set KAFKA_BOOTSTRAP_SERVERS. Exit codes: 1 a broker failed, 2 wrong usage, 3 there is no way to have one.

set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

rabbitmq_state="$BROKERS_DIR/rabbitmq"
redis_state="$BROKERS_DIR/redis"
kafka_state="$BROKERS_DIR/kafka"
rabbitmq_home="$RUN_DIR/rabbitmq"
redis_home="$RUN_DIR/redis"
kafka_home="$RUN_DIR/kafka"
rabbitmq_server=/usr/lib/rabbitmq/bin/rabbitmq-server
compose_file="$WEEK7_ROOT/docker/compose.yaml"
start_seconds=120

node_name() { printf 'week7-%s@localhost' "$(checkout_hash)"; }

# answers rabbitmq|redis|kafka PORT
answers() {
  case $1 in
    rabbitmq) amqp_answers "$2" ;;
    redis) redis_answers "$2" ;;
    kafka) port_is_open "$2" ;;
  esac
}

# variable_of rabbitmq|redis|kafka: the name of the variable that says where it is.
variable_of() {
  case $1 in
    rabbitmq) REPLY=RABBITMQ_URL ;;
    redis) REPLY=REDIS_URL ;;
    kafka) REPLY=KAFKA_BOOTSTRAP_SERVERS ;;
  esac
}

# url_in_environment rabbitmq|redis|kafka
url_in_environment() {
  variable_of "$1"
  REPLY=${!REPLY:-}
  [[ -n $REPLY ]]
}

# port_for rabbitmq|redis STANDARD: a broker that died comes back where its clients look for it.
port_for() {
  if state_get "$BROKERS_DIR/$1" port && ! port_is_open "$REPLY"; then return 0; fi
  pick_port "$2"
}

url_of_port() {
  case $1 in
    rabbitmq) REPLY="amqp://guest:guest@127.0.0.1:$2/" ;;
    redis) REPLY="redis://127.0.0.1:$2" ;;
    kafka) REPLY="127.0.0.1:$2" ;;
  esac
}

# is_up rabbitmq|redis|kafka: what `up` recorded is still there and answers.
is_up() {
  local state="$BROKERS_DIR/$1" pid
  state_get "$state" kind || return 1
  if [[ $REPLY == process ]]; then
    state_get "$state" pid || return 1
    pid=$REPLY
    state_get "$state" start || return 1
    is_alive "$pid" "$REPLY" || return 1
  fi
  state_get "$state" port && answers "$1" "$REPLY"
}

# --- Docker ------------------------------------------------------------------------------------------------------

docker_answers() {
  command -v docker >/dev/null 2>&1 || return 1
  timeout 5 docker info >/dev/null 2>&1 && timeout 5 docker compose version >/dev/null 2>&1
}

compose() { docker compose -p "week7-$(checkout_hash)" -f "$compose_file" "$@" </dev/null 6>&-; }

# up_in_docker NAME…
up_in_docker() {
  local name
  for name in "$@"; do
    # A container of ours that merely stopped answering holds its port; it keeps it.
    if ! state_get "$BROKERS_DIR/$name" kind || [[ $REPLY != docker ]] || ! state_get "$BROKERS_DIR/$name" port; then
      if [[ $name == rabbitmq ]]; then pick_port 5672; else pick_port 6379; fi
    fi
    if [[ $name == rabbitmq ]]; then export WEEK7_RABBITMQ_PORT=$REPLY; else export WEEK7_REDIS_PORT=$REPLY; fi
  done
  say "starting $* in Docker ..."
  compose up -d --wait "$@" >"$BROKERS_DIR/docker.log" 2>&1 || return 1
  for name in "$@"; do
    if [[ $name == rabbitmq ]]; then REPLY=$WEEK7_RABBITMQ_PORT; else REPLY=$WEEK7_REDIS_PORT; fi
    # An engine on another machine starts them too, but not on our loopback.
    if ! answers "$name" "$REPLY"; then
      printf '%s started, but does not answer on 127.0.0.1:%s\n' "$name" "$REPLY" >>"$BROKERS_DIR/docker.log"
      return 1
    fi
    state_put "$BROKERS_DIR/$name" kind=docker "port=$REPLY"
  done
  rm -f "$BROKERS_DIR/docker.log"
}

# --- Processes from Debian packages ------------------------------------------------------------------------------

have_rabbitmq() { [[ -x $rabbitmq_server ]]; }
have_redis() { command -v redis-server >/dev/null 2>&1; }

# ensure_packages NAME…: exit code 3 when they are not there and cannot be had.
ensure_packages() {
  local name missing=()
  for name in "$@"; do "have_$name" || missing+=("$name-server"); done
  ((${#missing[@]} > 0)) || return 0
  can_install_packages ||
    die 3 "no broker can be started: no Docker engine answers, ${missing[*]} is not installed, and installing it needs apt-get and root (or sudo without a password). Set RABBITMQ_URL and REDIS_URL to use brokers of your own."
  install_packages "${missing[@]}" 6>&- || die 3 "no broker can be started: no Docker engine answers and ${missing[*]} could not be installed"
  # A package enables its service for the next boot. Nobody asked for that: these brokers are child processes.
  if command -v systemctl >/dev/null 2>&1; then as_root systemctl disable "${missing[@]}" epmd.socket >/dev/null 2>&1 || true; fi
}

# pids_of_node COMM: processes of our own node by its name in their environment, for a command line can be anybody's.
pids_of_node() {
  local dir comm node
  node=$(node_name)
  for dir in /proc/[0-9]*; do
    { read -r comm <"$dir/comm"; } 2>/dev/null || continue
    [[ $comm == "$1" ]] || continue
    # It may end, or belong to somebody else, while we look.
    if { tr '\0' '\n' <"$dir/environ" | grep -qxF "RABBITMQ_NODENAME=$node"; } 2>/dev/null; then printf '%s\n' "${dir#/proc/}"; fi
  done
}

stop_pids() {
  local pid
  for pid in "$@"; do
    if proc_start "$pid"; then stop_process "$pid" "$REPLY" 30 || warn "process $pid did not stop in 30 s and was killed"; fi
  done
}

# stop_node: the server first, then the name daemon that was started for it alone.
stop_node() {
  local pids
  mapfile -t pids < <(pids_of_node beam.smp)
  stop_pids "${pids[@]}"
  mapfile -t pids < <(pids_of_node epmd)
  stop_pids "${pids[@]}"
}

# pids_of_redis: ours is the one that works in our data folder.
pids_of_redis() {
  local dir comm
  for dir in /proc/[0-9]*; do
    { read -r comm <"$dir/comm"; } 2>/dev/null || continue
    if [[ $comm == redis-server && $(readlink "$dir/cwd" 2>/dev/null) == "$redis_home" ]]; then printf '%s\n' "${dir#/proc/}"; fi
  done
}

stop_redis() {
  local pids
  mapfile -t pids < <(pids_of_redis)
  stop_pids "${pids[@]}"
}

start_rabbitmq() {
  local port dist_port epmd_port pid beam deadline schedulers node
  # A node of ours without a record (the record was deleted, or a start was cut short) would keep the data folder locked.
  stop_node
  port_for rabbitmq 5672; port=$REPLY
  pick_port 25672; dist_port=$REPLY
  # Never the machine's own name daemon: whoever stops that one stops it for everybody.
  pick_port 14369; epmd_port=$REPLY
  node=$(node_name)
  schedulers=$(nproc)
  ((schedulers <= 4)) || schedulers=4

  mkdir -p "$rabbitmq_home/mnesia" "$rabbitmq_home/log"
  cat >"$rabbitmq_home/rabbitmq.conf" <<CONF
listeners.tcp.local = 127.0.0.1:$port
log.console = false
log.file.level = info
# A small disk is no reason to block publishers before it is nearly full.
disk_free_limit.absolute = 50MB
# The default lets the write-ahead log of quorum queues grow to 512 MB.
raft.wal_max_size_bytes = 134217728
CONF
  printf '[].\n' >"$rabbitmq_home/enabled_plugins"
  : >"$rabbitmq_home/rabbitmq-env.conf"

  # The machine's own RabbitMQ configuration and whatever the caller's environment holds must not leak in.
  local clean=(env -i "PATH=$PATH" LANG=C.UTF-8 "HOME=$rabbitmq_home"
    "ERL_EPMD_PORT=$epmd_port" ERL_EPMD_ADDRESS=127.0.0.1
    "RABBITMQ_NODENAME=$node"
    "RABBITMQ_DIST_PORT=$dist_port"
    "RABBITMQ_MNESIA_BASE=$rabbitmq_home/mnesia"
    "RABBITMQ_LOG_BASE=$rabbitmq_home/log"
    "RABBITMQ_CONFIG_FILE=$rabbitmq_home/rabbitmq"
    "RABBITMQ_ADVANCED_CONFIG_FILE=$rabbitmq_home/advanced"
    "RABBITMQ_CONF_ENV_FILE=$rabbitmq_home/rabbitmq-env.conf"
    "RABBITMQ_ENABLED_PLUGINS_FILE=$rabbitmq_home/enabled_plugins"
    "RABBITMQ_PID_FILE=$rabbitmq_home/rabbitmq.pid"
    "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS=+S $schedulers:$schedulers +sbwt none +sbwtdcpu none +sbwtdio none -kernel inet_dist_use_interface {127,0,0,1}")

  say "starting RabbitMQ on 127.0.0.1:$port (Debian package, data in .run/rabbitmq) ..."
  : >"$rabbitmq_home/log/start.log"
  (cd "$rabbitmq_home" && exec setsid "${clean[@]}" "$rabbitmq_server") </dev/null >>"$rabbitmq_home/log/start.log" 2>&1 6>&- &
  pid=$!

  deadline=$((SECONDS + start_seconds))
  until amqp_answers "$port"; do
    if ! kill -0 "$pid" 2>/dev/null || ((SECONDS >= deadline)); then
      warn "RabbitMQ did not come up; the end of its logs:"
      tail -n 30 "$rabbitmq_home/log/start.log" "$rabbitmq_home/log/$node.log" >&2 2>/dev/null || true
      stop_node
      die "RabbitMQ did not come up within $start_seconds s (logs: .run/rabbitmq/log)"
    fi
    sleep 0.25
  done

  beam=$(pids_of_node beam.smp | head -n 1)
  if [[ -z $beam ]] || ! proc_start "$beam"; then
    stop_node
    die "something answers on port $port, but it is not the RabbitMQ that was started; try again"
  fi
  state_put "$rabbitmq_state" kind=process "port=$port" "pid=$beam" "start=$REPLY" "epmd_port=$epmd_port"
}

start_redis() {
  local port pid deadline
  stop_redis
  port_for redis 6379; port=$REPLY
  mkdir -p "$redis_home"
  cat >"$redis_home/redis.conf" <<CONF
bind 127.0.0.1
port $port
dir "$redis_home"
daemonize no
logfile "$redis_home/redis.log"
# Counters survive a restart; a second's worth of them may be lost when the machine dies.
appendonly yes
appendfsync everysec
save ""
CONF
  say "starting Redis on 127.0.0.1:$port (Debian package, data in .run/redis) ..."
  setsid redis-server "$redis_home/redis.conf" </dev/null >>"$redis_home/redis.log" 2>&1 6>&- &
  pid=$!
  deadline=$((SECONDS + 30))
  until redis_answers "$port"; do
    if ! kill -0 "$pid" 2>/dev/null || ((SECONDS >= deadline)); then
      warn "Redis did not come up; the end of its log:"
      tail -n 20 "$redis_home/redis.log" >&2 || true
      if proc_start "$pid"; then stop_process "$pid" "$REPLY" 10 || true; fi
      die "Redis did not come up (log: .run/redis/redis.log)"
    fi
    sleep 0.1
  done
  proc_start "$pid" || die "something answers on port $port, but it is not the Redis that was started; try again"
  state_put "$redis_state" kind=process "port=$port" "pid=$pid" "start=$REPLY"
}

# The mock cluster chooses its port itself, and tells it in a file.
start_kafka() {
  local pid address deadline
  stop_kafka
  mkdir -p "$kafka_home"
  rm -f "$kafka_home/address"
  if [[ ! -f $HOST_DLL ]]; then
    "$WEEK7_ROOT/scripts/setup.sh" 6>&-
    build_release
  fi
  (cd "$kafka_home" && exec setsid dotnet "$HOST_DLL" mock-kafka --address-file "$kafka_home/address") </dev/null >"$kafka_home/kafka.log" 2>&1 6>&- &
  pid=$!
  deadline=$((SECONDS + 60))
  until [[ -s $kafka_home/address ]]; do
    if ! kill -0 "$pid" 2>/dev/null || ((SECONDS >= deadline)); then
      warn "the mock Kafka cluster did not come up; the end of its log:"
      tail -n 20 "$kafka_home/kafka.log" >&2 || true
      if proc_start "$pid"; then stop_process "$pid" "$REPLY" 10 || true; fi
      die "the mock Kafka cluster did not come up (log: .run/kafka/kafka.log)"
    fi
    sleep 0.1
  done
  address=$(<"$kafka_home/address")
  proc_start "$pid" || die "the mock Kafka cluster ended as soon as it was up (log: .run/kafka/kafka.log)"
  state_put "$kafka_state" kind=process "port=${address##*:}" "pid=$pid" "start=$REPLY"
  say "started a mock Kafka cluster on $address (in memory: it forgets its messages when it stops)"
}

stop_kafka() {
  local pid
  state_get "$kafka_state" pid || return 0
  pid=$REPLY
  state_get "$kafka_state" start || return 0
  stop_process "$pid" "$REPLY" 10 || warn "process $pid did not stop in 10 s and was killed"
}

# --- The verbs ---------------------------------------------------------------------------------------------------

describe() {
  local label=RabbitMQ variable=RABBITMQ_URL standard=5672
  case $1 in
    redis) label=Redis variable=REDIS_URL standard=6379 ;;
    kafka) label=Kafka variable=KAFKA_BOOTSTRAP_SERVERS standard=9092 ;;
  esac
  if [[ $1 == kafka && ${KAFKA_BOOTSTRAP_SERVERS:-} == embedded ]]; then
    printf '%-9s embedded in the process that uses it\n' "$label"
  elif url_in_environment "$1"; then
    # Only host and port are shown: the rest of the URL may be a password.
    if [[ $REPLY =~ ^((amqp|redis)://)?([^@/]*@)?([A-Za-z0-9._-]+)(:([0-9]+))?([/,?].*)?$ ]]; then
      local host=${BASH_REMATCH[4]} port=${BASH_REMATCH[6]:-$standard} answer='it answers'
      case $1 in
        rabbitmq) amqp_answers "$port" "$host" || answer='it does not answer' ;;
        redis) redis_answers "$port" "$host" || answer='it does not answer' ;;
        kafka) (exec 3<>"/dev/tcp/$host/$port") 2>/dev/null || answer='it does not answer' ;;
      esac
      printf '%-9s %s:%s, given by %s; %s\n' "$label" "$host" "$port" "$variable" "$answer"
      [[ $answer == 'it answers' ]]
    else
      printf '%-9s given by %s\n' "$label" "$variable"
    fi
  elif is_up "$1"; then
    state_get "$BROKERS_DIR/$1" port
    local port=$REPLY how='in Docker'
    if state_get "$BROKERS_DIR/$1" pid; then how="as process $REPLY"; fi
    printf '%-9s up on 127.0.0.1:%s, %s\n' "$label" "$port" "$how"
  else
    printf '%-9s down\n' "$label"
    return 1
  fi
}

up() {
  local name wanted=() missing=()
  for name in rabbitmq redis; do url_in_environment "$name" || wanted+=("$name"); done
  if ((${#wanted[@]} > 0)); then
    mkdir -p "$BROKERS_DIR"
    take_lock 6 "$BROKERS_DIR/lock" 300 "brokers.sh"
    for name in "${wanted[@]}"; do is_up "$name" || missing+=("$name"); done
    if ((${#missing[@]} > 0)); then
      if docker_answers && up_in_docker "${missing[@]}"; then
        :
      else
        if [[ -e $BROKERS_DIR/docker.log ]]; then
          warn "Docker answers, but did not start the brokers; going on without it. Its last words:"
          tail -n 3 "$BROKERS_DIR/docker.log" | sed 's/^/  /' >&2
          compose rm -s -f "${missing[@]}" >/dev/null 2>&1 || true
          for name in "${missing[@]}"; do rm -f "$BROKERS_DIR/$name"; done
          rm -f "$BROKERS_DIR/docker.log"
        fi
        ensure_packages "${missing[@]}"
        for name in "${missing[@]}"; do "start_$name"; done
      fi
    fi
  fi
  if ! url_in_environment kafka && ! is_up kafka; then
    mkdir -p "$BROKERS_DIR"
    ((${#wanted[@]} > 0)) || take_lock 6 "$BROKERS_DIR/lock" 300 "brokers.sh"
    is_up kafka || start_kafka
  fi
  describe rabbitmq || warn "RABBITMQ_URL is set, so nothing was started in its place"
  describe redis || warn "REDIS_URL is set, so nothing was started in its place"
  describe kafka || warn "KAFKA_BOOTSTRAP_SERVERS is set, so nothing was started in its place"
}

# down_one NAME LABEL
down_one() {
  local state="$BROKERS_DIR/$1" kind stray
  if state_get "$state" kind; then
    kind=$REPLY
  else
    # A start that was cut short leaves a process without a record.
    case $1 in
      rabbitmq) stray=$(pids_of_node beam.smp) ;;
      redis) stray=$(pids_of_redis) ;;
      *) stray='' ;;
    esac
    [[ -n $stray ]] || return 1
    kind=process
  fi
  if [[ $kind == docker ]]; then
    # The whole project is ours, so both go at once, with their network; the volumes stay.
    compose down >/dev/null 2>&1 || warn "Docker did not stop $2"
  else
    case $1 in
      rabbitmq) stop_node ;;
      redis) stop_redis ;;
      kafka) stop_kafka ;;
    esac
  fi
  rm -f "$state"
  say "stopped $2"
}

down() {
  local stopped=
  mkdir -p "$BROKERS_DIR"
  take_lock 6 "$BROKERS_DIR/lock" 300 "brokers.sh"
  if down_one rabbitmq RabbitMQ; then stopped=yes; fi
  if down_one redis Redis; then stopped=yes; fi
  if down_one kafka "the mock Kafka cluster"; then stopped=yes; fi
  [[ -n $stopped ]] || say "no broker was running that 'up' had started"
}

print_env() {
  local name variable
  for name in rabbitmq redis kafka; do
    variable_of "$name"
    variable=$REPLY
    if ! url_in_environment "$name"; then
      is_up "$name" || die 3 "$name is down; start it with ./scripts/brokers.sh up"
      state_get "$BROKERS_DIR/$name" port
      url_of_port "$name" "$REPLY"
    fi
    printf 'export %s=%q\n' "$variable" "$REPLY"
  done
}

(($# == 1)) || { usage_of "$0" >&2; exit 2; }
case $1 in
  up) up ;;
  down) down ;;
  status)
    code=0
    describe rabbitmq || code=3
    describe redis || code=3
    describe kafka || code=3
    exit "$code"
    ;;
  env) print_env ;;
  -h | --help) usage_of "$0" ;;
  *) usage_of "$0" >&2; exit 2 ;;
esac
