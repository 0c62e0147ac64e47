#!/usr/bin/env bash
# usage: scripts/verify-seeds.sh [RUNS [FIRST-SEED]] [-- VERIFY-OPTIONS]
#
# Runs `consumers verify` with one seed after the other (default: 20 runs, from seed 1 on), says a line of each, and
# closes with the sum. The output of every run stays in .run/verify/; one that is not valid keeps its histories too,
# and its output says where. The exit code is 0 only when every run was valid.
#
#   --   what follows goes to each run, for instance:  scripts/verify-seeds.sh 5 -- --broker kafka-mock --rate 100

set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

numbers=() options=()
while (($# > 0)); do
  case $1 in
    --)
      shift
      options=("$@")
      break
      ;;
    -h | --help) usage_of "$0"; exit 0 ;;
    *)
      [[ $1 =~ ^[1-9][0-9]{0,5}$ ]] && ((${#numbers[@]} < 2)) || die 2 "not a number of runs or a seed: $1 (try --help; options for verify go after --)"
      numbers+=("$1")
      ;;
  esac
  shift
done
runs=${numbers[0]:-20} first=${numbers[1]:-1}

output="$RUN_DIR/verify"
mkdir -p "$output"
valid=0 confirmed=0 bad=()
for ((seed = first; seed < first + runs; seed++)); do
  log="$output/seed-$seed.txt" code=0
  "$WEEK7_ROOT/scripts/consumers" verify --seed "$seed" "${options[@]}" >"$log" 2>&1 || code=$?
  ((code != 130)) || die 130 "interrupted"
  if ((code == 0)); then valid=$((valid + 1)); else bad+=("$seed"); fi
  published=$(sed -n 's/^publish  *confirmed \([0-9,]*\).*/\1/p' "$log" | tr -d ,)
  confirmed=$((confirmed + ${published:-0}))
  say "seed $seed: $(tail -n 1 "$log" | cut -d ' ' -f 1), exit code $code | ${published:-0} confirmed | $(sed -n 's/^\(LOST .*\)/\1/p' "$log")"
done
say "$valid of $runs valid, $confirmed tasks confirmed${bad[*]:+; not valid: seeds ${bad[*]}, see $output}"
((valid == runs))
