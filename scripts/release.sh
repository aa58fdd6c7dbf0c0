#!/bin/sh
# Builds a release: for four systems a static program and an archive, for Linux
# also .deb and .rpm, for each program a list of the modules in it (CycloneDX), and
# the checksums of them all. The same commit gives the same bytes.
#
#   scripts/release.sh [FOLDER]    (default: dist, made anew)
#
# SYSTEMS="linux/amd64" builds for these only.
set -eu
umask 022

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
out=${1:-$root/dist}
systems=${SYSTEMS:-linux/amd64 linux/arm64 darwin/amd64 darwin/arm64}
cd "$root"

# Nothing of the machine or of the hour gets into what is built.
export CGO_ENABLED=0 GOFLAGS='' GOAMD64=v1 GOARM64=v8.0 LC_ALL=C TZ=UTC
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}
export SOURCE_DATE_EPOCH

# The version is the tag. After a tag, or without one, it says which commit it is, in
# a form that sorts behind the tag for dpkg and rpm.
version() {
    described=$(git describe --tags --match 'v[0-9]*' --dirty=.dirty 2>/dev/null) || {
        described=v0.0.0-0-g$(git describe --always --abbrev=10 --exclude '*' --dirty=.dirty)
    }
    echo "${described#v}" | sed -E 's/-([0-9]+)-(g[0-9a-f]+)/+\1.\2/'
}
VERSION=$(version)
export VERSION

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
trap 'exit 130' INT TERM

# The tools are built without the paths of this machine, since the list of modules has
# the hash of the one that wrote it.
tool() { GOFLAGS='-trimpath -buildvcs=false' go tool -C packaging/tools "$@"; }

# modules lists what is in a program. Its hour is the commit's.
modules() {
    tool cyclonedx-gomod bin -json -noserial -std -output "$2" -version "$VERSION" "$1"
    sed -i -E "s/^(    \"timestamp\": )\"[^\"]*\"/\\1\"$(date -u -d "@$SOURCE_DATE_EPOCH" +%Y-%m-%dT%H:%M:%SZ)\"/" "$2"
}

# What lies beside the program is the same for all systems.
share=$scratch/share
go run ./internal/host/agents/build
go run ./packaging/pages "$share" "$VERSION"
find "$share/man" -type f -exec gzip -9n {} +
install -D -m 644 LICENSE "$share/doc/cairn/copyright"
gzip -9nc CHANGELOG.md >"$share/doc/cairn/changelog.gz"

rm -rf "$out"
mkdir -p "$out"
out=$(CDPATH='' cd -- "$out" && pwd)

# archive packs a tree as it is unpacked below /usr/local or ~/.local.
archive() {
    tar --create --sort=name --mtime="@$SOURCE_DATE_EPOCH" --owner=0 --group=0 --numeric-owner --format=ustar \
        -C "$1" bin share | gzip -9n >"$2"
}

for system in $systems; do
    os=${system%/*} arch=${system#*/}
    name=cairn_${VERSION}_${os}_$arch
    tree=$scratch/$os-$arch
    mkdir -p "$tree/bin"
    GOOS=$os GOARCH=$arch go build -trimpath -buildvcs=false -o "$tree/bin/cairn" \
        -ldflags "-s -w -buildid= -X cairn/internal/cli.released=$VERSION -X cairn/internal/cli.revision=$(git rev-parse HEAD)" ./cmd/cairn
    cp -R "$share" "$tree/share"
    # Outside of a distribution's packages these two have other names.
    mv "$tree/share/zsh/vendor-completions" "$tree/share/zsh/site-functions"
    archive "$tree" "$out/$name.tar.gz"
    modules "$tree/bin/cairn" "$out/$name.cdx.json"
    [ "$os" = linux ] || continue
    for packager in deb rpm; do
        ARCH=$arch PROGRAM=$tree/bin/cairn SHARE=$share tool nfpm package --config "$root/packaging/nfpm.yaml" --packager $packager --target "$out/$name.$packager"
    done
done

cd "$out"
sha256sum -- * >"$scratch/SHA256SUMS"
mv "$scratch/SHA256SUMS" .
echo "release $VERSION is in $out"
