#!/usr/bin/env bash
# usage: scripts/ledger-schema.sh
#
# Writes Consumers.Ledger/Schema/ledger.sql, of which a new ledger is made, from the migrations. To be run when a migration
# was added, or when EF Core's version changed; a test fails until then.

set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

if (($# > 0)); then
  usage_of "$0"
  exit 0
fi

cd "$WEEK7_ROOT"
dotnet build Consumers.Tests -c Release -p:CompileAhead=false -v q
WEEK7_WRITE_LEDGER_SCHEMA=1 dotnet Consumers.Tests/bin/Release/net10.0/Consumers.Tests.dll -noLogo -method '*The_script_is_what_the_migrations_make'
git --no-pager diff --stat -- Consumers.Ledger/Schema/ledger.sql
