#!/usr/bin/env bash
# usage: scripts/setup.sh [--again]
#
# Checks that the .NET 10 SDK is there and finds out, once, whether the registry at hand has every package of the
# public profile. Only when it does not, and the partial profile restores, the ignored marker .partial-registry is
# written, which Directory.Packages.props reads. The answer is remembered in .run/; --again asks anew.

set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

again=
for arg in "$@"; do
  case $arg in
    --again) again=yes ;;
    -h | --help) usage_of "$0"; exit 0 ;;
    *) die 2 "unknown option: $arg (try --help)" ;;
  esac
done

marker="$WEEK7_ROOT/.partial-registry"
stamp="$RUN_DIR/profile"
props="$WEEK7_ROOT/Directory.Packages.props"

command -v dotnet >/dev/null 2>&1 ||
  die "'dotnet' was not found. Install the .NET 10 SDK (https://dotnet.microsoft.com/download/dotnet/10.0) and have it on PATH."

# packages_of '!=' | '==': the packages whose version or presence depends on the profile, and on nothing else.
packages_of() {
  awk -v op="$1" '
    /<ItemGroup/   { on = index($0, "$(PartialRegistry)") && index($0, op) }
    /<\/ItemGroup/ { on = 0 }
    on && match($0, /PackageVersion Include="[^"]+"/) { print substr($0, RSTART + 24, RLENGTH - 25) }
    ' "$props"
}

set_marker() {
  if [[ $1 == partial ]]; then
    [[ -e $marker ]] || printf 'Written by scripts/setup.sh: the registry at hand lacks packages of the public profile.\n' >"$marker"
  else
    rm -f "$marker"
  fi
}

# make_what_lacks public|partial: the packages that only this profile needs, and that no registry gives it.
make_what_lacks() { [[ $1 != partial ]] || "$WEEK7_ROOT/scripts/librdkafka.sh" 6>&-; }

take_lock 6 "$RUN_DIR/setup.lock" 900 "set-up"

# The answer holds as long as the versions are the ones that were asked for.
key=$(grep -F '<PackageVersion' "$props" | cksum)
if [[ -z $again ]] && state_get "$stamp" key && [[ $REPLY == "$key" ]] && state_get "$stamp" profile; then
  set_marker "$REPLY"
  make_what_lacks "$REPLY"
  exit 0
fi

sdks=$(dotnet --list-sdks 2>&1) || true
[[ $'\n'$sdks == *$'\n'10.* ]] ||
  die "the .NET 10 SDK is needed; this 'dotnet' has: ${sdks:-none}. Get it from https://dotnet.microsoft.com/download/dotnet/10.0"

# Asked outside the repository, so that nothing but the profile's own versions plays a part.
probe=$(mktemp -d "${TMPDIR:-/tmp}/week7-probe.XXXXXX")
trap 'rm -rf "$probe"' EXIT

restore_seconds=600

# restores public|partial: into an empty packages folder, because a registry's index may name what it cannot deliver.
restores() {
  local op='!=' flag=false name dir="$probe/$1" options=()
  [[ $1 == public ]] || op='==' flag=true
  [[ -z $again ]] || options=(--no-http-cache)
  mkdir -p "$dir"
  cp "$props" "$WEEK7_ROOT/nuget.config" "$WEEK7_ROOT/global.json" "$dir/"
  {
    printf '<Project Sdk="Microsoft.NET.Sdk">\n  <PropertyGroup>\n    <TargetFramework>net10.0</TargetFramework>\n'
    # As in the product: another version than asked for is an error, unless the profile allows it.
    # shellcheck disable=SC2016
    printf '    <WarningsAsErrors>$(WarningsAsErrors);NU1603</WarningsAsErrors>\n  </PropertyGroup>\n  <ItemGroup>\n'
    while read -r name; do printf '    <PackageReference Include="%s" />\n' "$name"; done < <(packages_of "$op")
    printf '  </ItemGroup>\n</Project>\n'
  } >"$dir/Probe.csproj"
  (cd "$dir" && NUGET_PACKAGES="$probe/packages-$1" timeout "$restore_seconds" dotnet restore Probe.csproj "${options[@]}" \
    "-p:PartialRegistry=$flag" -nodeReuse:false -tl:off --nologo </dev/null 6>&-) >"$probe/$1.log" 2>&1
}

say "asking once which packages the registry has ..."
code=0
restores public || code=$?
# Slow is not the same as lacking: guessing here would settle on the wrong profile for good.
((code != 124)) || die "the registry did not answer within $restore_seconds s; try again when it does"
if ((code == 0)); then
  profile=public
elif restores partial; then
  profile=partial
else
  warn "NuGet's answer for the public profile:"
  { grep -E 'error|NU[0-9]{4}' "$probe/public.log" || cat "$probe/public.log"; } | sort -u | head -n 8 | sed 's/^/  /' >&2
  warn "NuGet's answer for the partial profile:"
  { grep -E 'error|NU[0-9]{4}' "$probe/partial.log" || cat "$probe/partial.log"; } | sort -u | head -n 8 | sed 's/^/  /' >&2
  die "neither set of packages restores. Is the machine online, and does 'dotnet nuget list source' name a registry?"
fi

make_what_lacks "$profile"
set_marker "$profile"
state_put "$stamp" "key=$key" "profile=$profile"
say "restore profile: $profile"
