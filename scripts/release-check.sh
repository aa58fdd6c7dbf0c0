#!/bin/sh
# Builds the release that is in dist/ once more, as on another machine: in a clone in
# another place, with another umask and time zone, and with nothing built before.
# Compares every byte.
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
scratch=$(mktemp -d)
trap 'chmod -R u+w "$scratch"; rm -rf "$scratch"' EXIT
trap 'exit 130' INT TERM

case $(git -C "$root" status --porcelain) in '') ;; *)
    echo "release-check: the tree has changes that a clone does not have: commit them" >&2
    exit 1
    ;;
esac
git clone --quiet "$root" "$scratch/elsewhere"
git -C "$scratch/elsewhere" checkout --quiet "$(git -C "$root" rev-parse HEAD)"
umask 077
TZ=Asia/Tokyo GOCACHE=$scratch/cache "$scratch/elsewhere/scripts/release.sh" "$scratch/again"
diff -r "$root/dist" "$scratch/again"
echo "release-check: the same bytes"
