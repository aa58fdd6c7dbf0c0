#!/bin/sh
# Installs what a fresh Debian 12 or 13 machine needs for `make rehearse`, and with
# "test" also for `make test`, and sees to it that a Docker Engine answers. Says
# nothing when nothing is missing, and may be run as often as you like.
#
#   scripts/need.sh [test]   install and start what is missing (as root)
#   scripts/need.sh stop     end a Docker Engine that this script started
set -eu

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
pidfile=/run/cairn-dockerd.pid
log=/var/log/cairn-dockerd.log

say() { echo "need: $*" >&2; }
die() { say "$*"; exit 1; }
# What is undone at the end, however it comes.
scratch=
own_policy=
tidy() {
    [ -z "$scratch" ] || rm -rf "$scratch"
    [ -z "$own_policy" ] || rm -f "$own_policy"
}
trap tidy EXIT
trap 'exit 130' INT TERM

has() { command -v "$1" >/dev/null 2>&1; }

as_root() {
    [ "$(id -u)" = 0 ] || die "missing: $1; installing it needs root: run this as root once"
}

# missing prints those of the packages named that are not installed.
missing() {
    for package; do
        case $(dpkg-query -W -f '${Status}' "$package" 2>/dev/null || :) in
            *' installed') ;;
            *) echo "$package" ;;
        esac
    done
}

# Packages that only the tests want, beside those whose programs count.
test_packages='dnsmasq-base gcc haproxy libc6-dev libxml2-utils nftables nginx openssh-client openssh-tests sudo'

install_packages() {
    tests=$1
    if ! has dpkg-query; then
        has docker || die "this script knows Debian's packages only; install Docker yourself"
        return 0
    fi
    # Docker, sshd, Node.js and pip may come from elsewhere, so there the programs count.
    # shellcheck disable=SC2046 # a list of words
    set -- $(missing ca-certificates curl debootstrap git iproute2 iptables make unzip ${tests:+$test_packages})
    has dockerd || set -- "$@" docker.io
    has pip3 || has pip || set -- "$@" python3-pip
    if [ -n "$tests" ]; then
        has node || set -- "$@" nodejs
        has npm || set -- "$@" npm
        python3 -m pip --version >/dev/null 2>&1 || set -- "$@" python3-pip
        if ! has sshd && [ ! -x /usr/sbin/sshd ]; then set -- "$@" openssh-server; fi
    fi
    if [ $# -gt 0 ]; then apt_install "$@"; fi
    # Debian 13 has the docker program in a package of its own.
    has docker || apt_install docker-cli
}

apt_install() {
    as_root "$*"
    say "installing $*"
    [ -n "$scratch" ] || scratch=$(mktemp -d)
    # The tests want the programs of sshd, nginx and HAProxy; a machine that had none
    # keeps their ports shut.
    # Without systemd, Docker's init script may not start either: it fails, and
    # the installation with it, where root may not raise limits.
    policy=/usr/sbin/policy-rc.d
    if [ ! -e $policy ]; then
        held='ssh|nginx|haproxy'
        [ -d /run/systemd/system ] || held="$held|docker"
        printf '#!/bin/sh\ncase ${1%%%%.*} in %s) exit 101 ;; esac\n' "$held" >$policy
        chmod 755 $policy
        own_policy=$policy
    fi
    if ! { apt-get -q update && DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends "$@"; } >"$scratch/apt" 2>&1; then
        tail -n 20 "$scratch/apt" >&2
        die "apt-get could not install $*"
    fi
    has systemctl || return 0
    case " $* " in *' openssh-server '*) systemctl --quiet disable ssh.service ssh.socket 2>/dev/null || : ;; esac
    for package in nginx haproxy; do
        case " $* " in *" $package "*) systemctl --quiet disable $package.service 2>/dev/null || : ;; esac
    done
}

# Go: the one on PATH when it is new enough or fetches the right one by itself.
install_go() {
    version=$(sed -n 's/^go //p' "$root/go.mod")
    go_works && return 0
    as_root "Go $version"
    case $(uname -m) in
        x86_64) arch=amd64 ;;
        aarch64) arch=arm64 ;;
        *) die "install Go $version yourself: https://go.dev/dl/" ;;
    esac
    say "installing Go $version below /usr/local/lib"
    [ -n "$scratch" ] || scratch=$(mktemp -d)
    from_go_dev || from_module_proxy || die "neither go.dev nor proxy.golang.org has Go $version for $arch"
    rm -rf "/usr/local/lib/go-$version"
    mv "$scratch/go" "/usr/local/lib/go-$version"
    ln -sf "/usr/local/lib/go-$version/bin/go" "/usr/local/lib/go-$version/bin/gofmt" /usr/local/bin/
    go_works || die "an older Go stands before /usr/local/bin/go on PATH: $(command -v go)"
}

go_works() { has go && (cd "$root" && go list -m >/dev/null 2>&1); }

from_go_dev() {
    archive=go$version.linux-$arch.tar.gz
    curl -fsSL --connect-timeout 10 -o "$scratch/$archive" "https://dl.google.com/go/$archive" 2>/dev/null || return 1
    sum=$(curl -fsSL --connect-timeout 10 "https://dl.google.com/go/$archive.sha256" 2>/dev/null) || return 1
    echo "$sum  $scratch/$archive" | sha256sum --check --quiet || return 1
    tar -C "$scratch" -xzf "$scratch/$archive"
}

# The module proxy has the same tree, as the module golang.org/toolchain.
from_module_proxy() {
    module=golang.org/toolchain@v0.0.1-go$version.linux-$arch
    curl -fsSL --connect-timeout 10 -o "$scratch/go.zip" "https://proxy.golang.org/${module%@*}/@v/${module#*@}.zip" 2>/dev/null || return 1
    unzip -q "$scratch/go.zip" -d "$scratch"
    mv "$scratch/$module" "$scratch/go"
    # Modules carry no file modes.
    chmod -R a+rX "$scratch/go"
    chmod a+x "$scratch"/go/bin/* "$scratch"/go/pkg/tool/*/*
}

start_docker() {
    docker info >/dev/null 2>&1 && return 0
    [ -z "${DOCKER_HOST:-}" ] || die "no Docker Engine answers at DOCKER_HOST=$DOCKER_HOST"
    if docker info 2>&1 | grep -qi 'permission denied'; then
        die "you may not use Docker: run as root or as a user of the docker group"
    fi
    as_root "a running Docker Engine"
    if [ -d /run/systemd/system ]; then
        systemctl start docker
    else
        say "starting dockerd, since no init system does (log: $log)"
        nohup dockerd >"$log" 2>&1 </dev/null &
        echo $! >"$pidfile"
    fi
    tries=60
    until docker info >/dev/null 2>&1; do
        tries=$((tries - 1))
        [ $tries -gt 0 ] || die "the Docker Engine does not come up: $(tail -n 1 "$log" 2>/dev/null || :)"
        sleep 1
    done
}

stop_docker() {
    [ -e "$pidfile" ] || return 0
    pid=$(cat "$pidfile")
    rm -f "$pidfile"
    [ "$(cat "/proc/$pid/comm" 2>/dev/null || :)" = dockerd ] || return 0
    kill "$pid"
    while [ -d "/proc/$pid" ]; do sleep 1; done
}

case ${1:-} in
    '' | test) install_packages "${1:-}"; install_go; start_docker ;;
    stop) stop_docker ;;
    *) die "usage: scripts/need.sh [test | stop]" ;;
esac
