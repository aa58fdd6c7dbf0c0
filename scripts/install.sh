#!/bin/sh
# Installs, upgrades or removes Cairn on Linux or macOS. It is short so that you can
# read it before you run it.
#
#   sh install.sh --from PLACE [--prefix FOLDER] [--dry-run]
#   sh install.sh --remove     [--prefix FOLDER] [--dry-run]
#
#   --from PLACE     a release: its address on the web, or a folder that holds its files
#   --prefix FOLDER  where to install (default: /usr/local for root, else ~/.local)
#   --dry-run        download and check, say what would be done, and change nothing
#   --remove         take away what this script has installed
#
# It writes below the prefix only: the program, its man pages, and completions for
# bash, zsh and fish. It needs no root where you may write to the prefix. It starts
# nothing, and reads and writes nothing of your labs. An install over an older one is
# an upgrade.
#
# The checksum shows that the download is whole. It comes from the same place, so it
# does not show that the place is honest: take releases only from one that you trust.
set -eu
umask 022

say() { echo "cairn: $*"; }
die() {
    echo "cairn: $*" >&2
    exit 1
}

from='' prefix='' dry='' remove=''
while [ $# -gt 0 ]; do
    case $1 in
        --from | --prefix)
            [ $# -ge 2 ] || die "$1 needs a value"
            if [ "$1" = --from ]; then from=${2%/}; else prefix=${2%/}; fi
            shift
            ;;
        --dry-run) dry=yes ;;
        --remove) remove=yes ;;
        *) die "unknown option $1; read the head of this script" ;;
    esac
    shift
done
if [ -z "$prefix" ]; then
    if [ "$(id -u)" = 0 ]; then prefix=/usr/local; else prefix=$HOME/.local; fi
fi
case $prefix in /*) ;; *) die "--prefix must begin with /" ;; esac

# The lists of what was installed: the files, and the folders that were made for them.
files=$prefix/share/cairn/files
folders=$prefix/share/cairn/folders

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
trap 'exit 130' INT TERM HUP

# uninstall takes away what the lists name. A folder goes only if it is empty.
uninstall() {
    [ -f "$files" ] || die "this script has installed nothing in $prefix"
    if [ -n "$dry" ]; then
        say "would remove from $prefix:"
        sed 's/^/  /' "$files"
        return
    fi
    while read -r name; do rm -f "$prefix/$name"; done <"$files"
    cp "$folders" "$scratch/folders"
    rm -f "$files" "$folders"
    sort -r "$scratch/folders" | while read -r name; do rmdir "$prefix/$name" 2>/dev/null || :; done
    say "removed from $prefix; your labs and your hosts are as they were"
}

# fetch brings a file of the release to the scratch folder.
fetch() {
    case $from in
        https://* | http://127.0.0.1:* | http://localhost:*)
            if command -v curl >/dev/null 2>&1; then
                curl -fsSL -o "$scratch/$1" "$from/$1"
            elif command -v wget >/dev/null 2>&1; then
                wget -q -O "$scratch/$1" "$from/$1"
            else
                die "neither curl nor wget is here to download with"
            fi
            ;;
        http://*) die "$from is not encrypted: use https" ;;
        *) cp "$from/$1" "$scratch/$1" ;;
    esac || die "could not get $1 from $from"
}

sum_of() {
    if command -v sha256sum >/dev/null 2>&1; then sha256sum "$1"; else shasum -a 256 "$1"; fi | cut -d ' ' -f 1
}

# chosen says which archive of the release is for this machine.
chosen() {
    case $(uname -s) in Linux) os=linux ;; Darwin) os=darwin ;; *) die "there is no release for $(uname -s)" ;; esac
    case $(uname -m) in x86_64 | amd64) arch=amd64 ;; aarch64 | arm64) arch=arm64 ;; *) die "there is no release for $(uname -m)" ;; esac
    awk -v end="_${os}_$arch.tar.gz" '$2 ~ /^cairn_[^\/]*$/ && substr($2, length($2) - length(end) + 1) == end { print $2 }' "$scratch/SHA256SUMS"
}

# download leaves the checked and unpacked archive in the scratch folder.
download() {
    [ -n "$from" ] || die "say with --from where the release is"
    fetch SHA256SUMS
    archive=$(chosen)
    [ -n "$archive" ] && [ "$(echo "$archive" | wc -l)" -eq 1 ] || die "$from does not have one archive for this machine"
    fetch "$archive"
    want=$(awk -v name="$archive" '$2 == name { print $1 }' "$scratch/SHA256SUMS")
    have=$(sum_of "$scratch/$archive")
    [ "$have" = "$want" ] || die "$archive is damaged or was exchanged: its SHA-256 is $have, and should be $want"
    say "$archive is whole (SHA-256 $have)"
    mkdir "$scratch/new"
    tar -xzf "$scratch/$archive" -C "$scratch/new"
    (cd "$scratch/new" && find bin share ! -type d | sort) >"$scratch/files"
}

# strangers are files in the way that this script has not installed.
strangers() {
    while read -r name; do
        if [ -e "$prefix/$name" ] && ! { [ -f "$files" ] && grep -qxF "$name" "$files"; }; then echo "$prefix/$name"; fi
    done <"$scratch/files"
}

# make_folders makes what is missing of the folder of a file, and notes it.
make_folders() {
    below=''
    for part in $(dirname "$1" | tr / ' '); do
        below=${below:+$below/}$part
        [ ! -d "$prefix/$below" ] || continue
        mkdir "$prefix/$below"
        echo "$below" >>"$scratch/folders"
    done
}

install_files() {
    mkdir -p "$prefix"
    cat "$folders" >"$scratch/folders" 2>/dev/null || :
    while read -r name; do
        make_folders "$name"
        # Beside its place first, so that a program in use is exchanged at once.
        cp "$scratch/new/$name" "$prefix/$name.new"
        mv -f "$prefix/$name.new" "$prefix/$name"
    done <"$scratch/files"
    if [ -f "$files" ]; then # of an older version
        grep -vxFf "$scratch/files" "$files" | while read -r name; do rm -f "$prefix/$name"; done
    fi
    make_folders share/cairn/files
    cp "$scratch/folders" "$folders"
    cp "$scratch/files" "$files"
}

if [ -n "$remove" ]; then
    uninstall
    exit
fi
download
others=$(strangers)
[ -z "$others" ] || die "this is here already, and not from this script: $others"
if [ -n "$dry" ]; then
    say "would install in $prefix:"
    sed 's/^/  /' "$scratch/files"
    exit
fi
install_files
say "installed $("$prefix/bin/cairn" --version) in $prefix; to remove it: sh install.sh --remove --prefix $prefix"
case :$PATH: in *":$prefix/bin:"*) ;; *) say "$prefix/bin is not in your PATH: add it in the start file of your shell" ;; esac
