#!/usr/bin/env bash
# usage: scripts/librdkafka.sh
#
# Makes the package librdkafka.redist, the native library under Confluent.Kafka, for a registry that lacks it: only the
# partial restore profile needs this, and setup.sh calls it there (docs/dependencies.md). The source comes from the npm
# package that carries it, through npm's own configuration. The outcome is kept in the user's cache folder, so that a
# machine builds it once; this checkout's copy is in .run/feed, which is a source of packages in that profile alone.

set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

version=2.15.1
carrier=@confluentinc/kafka-javascript@1.10.1
# Of the carrier's tarball: what is compiled is what was looked at.
sha512=29578f5019f6d44a8254ff667f1cc4b8cdd26091c7105ed7fa2882d9ee374108034b211a92c2279821a8a13df0e6af9c340764482acaef58f42027eaa12a992f

[[ ${1:-} != -h && ${1:-} != --help ]] || { usage_of "$0"; exit 0; }

case $(uname -s)-$(uname -m) in
  Linux-x86_64) rid=linux-x64 ;;
  Linux-aarch64) rid=linux-arm64 ;;
  *) die "librdkafka is built here for Linux on x64 and arm64 only; elsewhere restore with a registry that has librdkafka.redist $version" ;;
esac

name=librdkafka.redist.$version.nupkg
feed="$RUN_DIR/feed"
cache="${XDG_CACHE_HOME:-$HOME/.cache}/week7"
kept="$cache/$rid/$name"

# keep_copy FROM TO: whole or not at all, even when two do it at once.
keep_copy() {
  mkdir -p "$(dirname "$2")"
  cp "$1" "$2.$$"
  mv -f "$2.$$" "$2"
}

take_lock 7 "$cache/librdkafka.lock" 900 "build of librdkafka"
if [[ -s $feed/$name ]]; then exit 0; fi
if [[ -s $kept ]]; then
  keep_copy "$kept" "$feed/$name"
  exit 0
fi

# --- What the build needs ----------------------------------------------------------------------------------------

missing=()
command -v gcc >/dev/null 2>&1 && command -v g++ >/dev/null 2>&1 || missing+=(build-essential)
command -v make >/dev/null 2>&1 || missing+=(make)
command -v npm >/dev/null 2>&1 || missing+=(npm)
has_header() { printf '#include <%s>\n' "$1" | gcc -E - >/dev/null 2>&1; }
has_header openssl/ssl.h || missing+=(libssl-dev)
has_header zlib.h || missing+=(zlib1g-dev)
has_header zstd.h || missing+=(libzstd-dev)
if ((${#missing[@]} > 0)); then
  can_install_packages ||
    die "librdkafka has to be built, because the registry does not have it; that needs ${missing[*]}, and installing them needs apt-get and root (or sudo without a password)"
  install_packages "${missing[@]}" 7>&- || die "librdkafka has to be built, and ${missing[*]} could not be installed"
fi

# --- Source, build, package --------------------------------------------------------------------------------------

work=$(mktemp -d "${TMPDIR:-/tmp}/week7-librdkafka.XXXXXX")
trap 'rm -rf "$work"' EXIT
log="$RUN_DIR/librdkafka.log"
mkdir -p "$RUN_DIR"

failed() {
  warn "the end of what it said:"
  tail -n 15 "$log" >&2
  die "$1 (all of its output: .run/librdkafka.log)"
}

say "building librdkafka $version once for this machine (a minute or two) ..."
(cd "$work" && npm pack --silent "$carrier" </dev/null 7>&-) >"$log" 2>&1 || failed "npm could not fetch $carrier"
tarball=$(find "$work" -maxdepth 1 -name '*.tgz' | head -n 1)
[[ -n $tarball ]] || failed "npm fetched no tarball of $carrier"
found=$(sha512sum "$tarball")
found=${found%% *}
[[ $found == "$sha512" ]] || die "the tarball of $carrier is not the one that is expected: $found"

tar -xzf "$tarball" -C "$work"
source="$work/package/deps/librdkafka"
# Without Kerberos and OAuth over HTTP, which would need more of the machine than the fleet does.
(cd "$source" && ./configure --disable-gssapi --disable-curl && make -s "-j$(nproc)" -C src librdkafka.so.1) </dev/null >>"$log" 2>&1 7>&- ||
  failed "librdkafka could not be built"

mkdir -p "$work/pack/runtimes/$rid/native"
strip --strip-unneeded -o "$work/pack/runtimes/$rid/native/librdkafka.so" "$source/src/librdkafka.so.1"
cp "$source/LICENSES.txt" "$work/pack/"
cat >"$work/pack/librdkafka.redist.csproj" <<PROJECT
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup>
    <TargetFramework>net10.0</TargetFramework>
    <Version>$version</Version>
    <Description>librdkafka $version, built from source by scripts/librdkafka.sh.</Description>
    <Authors>librdkafka contributors</Authors>
    <PackageLicenseFile>LICENSES.txt</PackageLicenseFile>
    <IncludeBuildOutput>false</IncludeBuildOutput>
    <SuppressDependenciesWhenPacking>true</SuppressDependenciesWhenPacking>
    <NoWarn>NU5128</NoWarn>
  </PropertyGroup>
  <ItemGroup>
    <None Include="runtimes/**" Pack="true" PackagePath="runtimes" />
    <None Include="LICENSES.txt" Pack="true" PackagePath="" />
  </ItemGroup>
</Project>
PROJECT
(cd "$work/pack" && dotnet pack -o "$work" -nodeReuse:false -tl:off --nologo) </dev/null >>"$log" 2>&1 7>&- || failed "librdkafka could not be packed"

keep_copy "$work/$name" "$kept"
keep_copy "$kept" "$feed/$name"
say "librdkafka $version is built"
