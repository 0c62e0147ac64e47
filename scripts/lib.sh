# shellcheck shell=bash
# What the scripts share. It is sourced, never run; it starts nothing and changes nothing by being read.

WEEK7_ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)"
RUN_DIR="$WEEK7_ROOT/.run"
HOSTS_DIR="$RUN_DIR/hosts"
# shellcheck disable=SC2034  # used by the scripts that source this file
HOST_DLL="$WEEK7_ROOT/Consumers.Host/bin/Release/net10.0/Consumers.Host.dll" BROKERS_DIR="$RUN_DIR/brokers"

# Build servers outlive the command that needed them and hold files open: none are left behind.
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_CLI_USE_MSBUILD_SERVER=0 MSBUILDDISABLENODEREUSE=1

say() { printf '%s\n' "$*"; }
warn() { printf '%s\n' "$*" >&2; }
die() {
  local code=1
  if [[ $1 =~ ^[0-9]+$ ]]; then
    code=$1
    shift
  fi
  printf 'error: %s\n' "$*" >&2
  exit "$code"
}

# usage_of FILE: the comment at the head of a script is its help.
usage_of() { sed -n '2,/^[^#]/{/^#/!d;s/^# \{0,1\}//;p}' "$1"; }

# --- Processes ---------------------------------------------------------------------------------------------------
# A pid alone may have been handed to a stranger since it was written down. A pid with its start time is one process.

# proc_start PID: the start time (clock ticks since boot) goes to REPLY; fails when the process is gone or a zombie.
proc_start() {
  local stat fields
  { read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 1
  # The command name may hold blanks and brackets, so what counts starts after the last bracket.
  read -r -a fields <<<"${stat##*) }"
  [[ ${fields[0]} != Z ]] || return 1
  REPLY=${fields[19]}
}

# is_alive PID START
is_alive() {
  [[ -n ${1:-} && -n ${2:-} ]] || return 1
  proc_start "$1" && [[ $REPLY == "$2" ]]
}

# stop_process PID START SECONDS: SIGTERM, then wait_for_end.
stop_process() {
  is_alive "$1" "$2" || return 0
  kill -TERM "$1" 2>/dev/null || true
  wait_for_end "$@"
}

# wait_for_end PID START SECONDS: SIGKILL only after the deadline (returns 1 then).
wait_for_end() {
  local deadline=$((SECONDS + $3))
  while is_alive "$1" "$2"; do
    if ((SECONDS >= deadline)); then
      kill -KILL "$1" 2>/dev/null || true
      return 1
    fi
    sleep 0.1
  done
}

# --- Small records of key=value lines ----------------------------------------------------------------------------
# They may hold an URL with a password, so only their owner reads them.

# state_get FILE KEY: the value goes to REPLY.
state_get() {
  local line
  REPLY=
  [[ -r $1 ]] || return 1
  while IFS= read -r line; do
    if [[ ${line%%=*} == "$2" ]]; then
      REPLY=${line#*=}
      return 0
    fi
  done <"$1"
  return 1
}

# state_put FILE KEY=VALUE…: replaces the record as a whole, so that a reader never sees half of it.
state_put() {
  local file=$1
  shift
  mkdir -p "$(dirname "$file")"
  (
    umask 077
    printf '%s\n' "$@" >"$file.new"
  )
  mv -f "$file.new" "$file"
}

# --- Locks -------------------------------------------------------------------------------------------------------

# take_lock FD FILE SECONDS WHAT. A background process must be started with FD closed, or it keeps the lock for life.
take_lock() {
  mkdir -p "$(dirname "$2")"
  eval "exec $1>\"\$2\""
  flock -n "$1" && return 0
  warn "waiting for another $4 to finish ..."
  flock -w "$3" "$1" || die "another $4 did not finish within $3 s (lock: $2)"
}

# --- Ports and probes --------------------------------------------------------------------------------------------
# Bash's own /dev/tcp, because a fresh machine has neither curl nor nc.

port_is_open() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# pick_port STANDARD: the standard port when it is free, else one that depends on the checkout's path: two checkouts
# on one machine seldom want the same. It stays below the range from which the kernel hands out ephemeral ports.
pick_port() {
  local port=$1 i
  if ! port_is_open "$port"; then
    REPLY=$port
    return 0
  fi
  for ((i = 0; i < 200; i++)); do
    port=$((20000 + (16#$(checkout_hash) + $1 + i * 7) % 12000))
    if ! port_is_open "$port"; then
      REPLY=$port
      return 0
    fi
  done
  die "no free port found in place of $1"
}

checkout_hash() {
  local sum
  sum=$(printf '%s' "$WEEK7_ROOT" | sha1sum)
  printf '%s' "${sum:0:7}"
}

# amqp_answers PORT [HOST]: true when the broker greets a client with Connection.Start, not merely when the port is open.
amqp_answers() {
  local bytes
  # The inner shell has its own arguments.
  # shellcheck disable=SC2016
  bytes=$(timeout 3 bash -c '
    exec 3<>"/dev/tcp/$1/$2" || exit 1
    printf "AMQP\x00\x00\x09\x01" >&3
    head -c 11 <&3 | od -An -v -tx1' _ "${2:-127.0.0.1}" "$1" 2>/dev/null) || return 1
  [[ ${bytes//[[:space:]]/} == 01????????????000a000a ]]
}

# redis_answers PORT [HOST]: true when PING is answered; a demand for a password is an answer too.
redis_answers() {
  local line
  # shellcheck disable=SC2016
  line=$(timeout 3 bash -c '
    exec 3<>"/dev/tcp/$1/$2" || exit 1
    printf "PING\r\n" >&3
    IFS= read -r line <&3 && printf "%s" "$line"' _ "${2:-127.0.0.1}" "$1" 2>/dev/null) || return 1
  [[ $line == +PONG* || $line == -NOAUTH* ]]
}

# http_status PORT PATH: the status code goes to REPLY.
http_status() {
  REPLY=$( (
    exec 3<>"/dev/tcp/127.0.0.1/$1" || exit 1
    printf 'GET %s HTTP/1.1\r\nHost: 127.0.0.1:%s\r\nConnection: close\r\n\r\n' "$2" "$1" >&3
    IFS=' ' read -r -t 5 _ status _ <&3 && printf '%s' "$status"
  ) 2>/dev/null) || return 1
  [[ -n $REPLY ]]
}

# --- Hosts that run.sh started -----------------------------------------------------------------------------------

host_file() { REPLY="$HOSTS_DIR/$1.pid"; }

# host_is_running FILE
host_is_running() {
  local pid start
  state_get "$1" pid || return 1
  pid=$REPLY
  state_get "$1" start || return 1
  start=$REPLY
  is_alive "$pid" "$start"
}

valid_instance_name() { [[ $1 =~ ^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$ ]]; }

# --- Build -------------------------------------------------------------------------------------------------------

# restore_key: what the restored packages rest on, and whether they are there.
restore_key() {
  (
    cd "$WEEK7_ROOT"
    # obj/ holds the outcome of a restore; a folder that lost it needs another.
    find . -name node_modules -prune -o -name '*.csproj' -print | sort | while read -r project; do
      [[ -f ${project%/*}/obj/project.assets.json ]] || echo "$project is not restored, $RANDOM"
      cksum "$project"
    done
    cksum Directory.Packages.props Directory.Build.props nuget.config global.json
    [[ -f .partial-registry ]] && echo partial
    echo "${NUGET_PACKAGES:-$HOME/.nuget/packages}"
    dotnet --version
  ) | cksum
}

# build_release: quiet when all is well, and each error once when not. MSBuild itself knows what is up to date.
build_release() {
  local started=$SECONDS log="$RUN_DIR/build.log" restore=() restored
  take_lock 7 "$RUN_DIR/build.lock" 900 build
  # A restore asks the registry even when nothing changed, which takes longer than the build: it is left out while what it rests on is the same.
  restored=$(restore_key)
  [[ $restored == "$(cat "$RUN_DIR/restored" 2>/dev/null)" ]] && restore=(--no-restore)
  say "building (Release) ..."
  if ! (cd "$WEEK7_ROOT" && dotnet build Week7.sln -c Release -m:2 -nodeReuse:false -p:UseSharedCompilation=false \
    "${restore[@]}" -tl:off --nologo -v quiet </dev/null 7>&-) >"$log" 2>&1; then
    rm -f "$RUN_DIR/restored"
    { grep -E '(^|[ :])error( |:)' "$log" || tail -n 30 "$log"; } | sed "s#$WEEK7_ROOT/##g" | sort -u | head -n 40 >&2
    die "the build failed (all of its output: .run/build.log)"
  fi
  printf '%s\n' "$restored" >"$RUN_DIR/restored"
  exec 7>&-
  say "built in $((SECONDS - started)) s"
}

# --- Debian packages ---------------------------------------------------------------------------------------------

# as_root COMMAND…: directly when we are root, else through a sudo that does not ask.
as_root() { if ((EUID == 0)); then "$@"; else sudo -n "$@"; fi; }

can_install_packages() {
  command -v apt-get >/dev/null 2>&1 || return 1
  ((EUID == 0)) || { command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; }
}

# install_packages NAME…: without recommendations, and without the services that a Debian package starts by itself.
install_packages() (
  log="$RUN_DIR/apt.log" policy=/usr/sbin/policy-rc.d made_policy=
  apt=(env DEBIAN_FRONTEND=noninteractive apt-get -y -q -o DPkg::Lock::Timeout=180)
  mkdir -p "$RUN_DIR"
  # shellcheck disable=SC2317  # called by the trap
  tidy() { [[ -z $made_policy ]] || as_root rm -f "$policy"; }
  trap tidy EXIT
  trap 'exit 130' INT TERM
  if [[ ! -e $policy ]]; then
    made_policy=yes
    # 101: "action forbidden by policy"; invoke-rc.d then leaves the service stopped.
    as_root sh -c "printf '#!/bin/sh\nexit 101\n' >$policy && chmod 755 $policy"
  fi
  say "installing Debian packages: $*"
  if ! as_root "${apt[@]}" install --no-install-recommends "$@" </dev/null >"$log" 2>&1; then
    # Package lists are fetched only when what is there does not do: that is the slow part.
    if ! { as_root "${apt[@]}" update && as_root "${apt[@]}" install --no-install-recommends "$@"; } </dev/null >>"$log" 2>&1; then
      warn "apt-get could not install: $*"
      tail -n 15 "$log" >&2
      exit 1
    fi
  fi
)
