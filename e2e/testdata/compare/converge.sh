#!/bin/sh
# What a careful owner would write by hand, run on the host as root: the base, and
# then the three changes that could lock them out, each with a way back that is
# armed before it. It stops after each of those and says so; that it is run again,
# over a new login, is the confirmation.
#
#   $1 the host's name, $2 the owner's user, $3 the owner's key; files/ is beside it
set -eu
cd "$(dirname "$0")"
name=$1 user=$2 key=$3
packages='ca-certificates nftables sudo systemd-timesyncd tzdata unattended-upgrades'

same() { cmp -s "files$1" "$1" && [ "$(stat -c %a "$1")" = "$2" ]; }
put() { # file mode: makes it as it stands below files/
    same "$1" "$2" || install -D -m "$2" "files$1" "$1"
}
arm() { # what, how to put it back
    systemd-run --quiet --on-active=60 --unit="undo-$1" sh -c "$2"
}
confirm() {
    for guard in access sshd firewall; do
        ! systemctl --quiet is-active "undo-$guard.timer" || systemctl stop "undo-$guard.timer"
    done
}
come_again() { echo "$1"; exit 0; } # now, or later, when it has settled

confirm

dpkg-query -W -f '${Status}\n' $packages 2>/dev/null | grep -c '^install ok installed$' | grep -qx 6 ||
    DEBIAN_FRONTEND=noninteractive apt-get install -y -q $packages >/dev/null
[ "$(hostname)" = "$name" ] || hostnamectl set-hostname "$name"
[ "$(readlink -f /etc/localtime)" = /usr/share/zoneinfo/Etc/UTC ] || ln -sf /usr/share/zoneinfo/Etc/UTC /etc/localtime
for file in /etc/timezone /etc/apt/apt.conf.d/20auto-upgrades /etc/apt/apt.conf.d/52cairn-unattended-upgrades \
    /etc/security/limits.d/50-cairn.conf /etc/systemd/journald.conf.d/50-cairn.conf; do
    put $file 644
done
systemctl --quiet is-enabled apt-daily-upgrade.timer && systemctl --quiet is-active apt-daily-upgrade.timer ||
    systemctl --quiet enable --now apt-daily-upgrade.timer
for file in files/etc/sysctl.d/*; do
    same "${file#files}" 644 && continue
    put "${file#files}" 644
    sysctl -q -p "$file"
done

home=/home/$user
if ! id -nG "$user" 2>/dev/null | grep -qw ssh-users || ! grep -qxF "$key" "$home/.ssh/authorized_keys" ||
    ! cmp -s "files/etc/sudoers.d/cairn-$user" "/etc/sudoers.d/cairn-$user"; then
    arm access "userdel $user; groupdel ssh-users; rm -f /etc/sudoers.d/cairn-$user"
    getent group ssh-users >/dev/null || groupadd --system ssh-users
    id "$user" >/dev/null 2>&1 || useradd --create-home --shell /bin/bash --groups ssh-users "$user"
    install -d -m 700 -o "$user" -g "$user" "$home/.ssh"
    printf '%s\n' "$key" >>"$home/.ssh/authorized_keys"
    chmod 600 "$home/.ssh/authorized_keys" && chown "$user:$user" "$home/.ssh/authorized_keys"
    visudo -q -c -f "files/etc/sudoers.d/cairn-$user"
    put "/etc/sudoers.d/cairn-$user" 440
    come_again now
fi

dropin=/etc/ssh/sshd_config.d/00-cairn.conf
if ! cmp -s "files$dropin" $dropin; then
    arm sshd "rm -f $dropin; systemctl reload ssh"
    put $dropin 600
    /usr/sbin/sshd -t && systemctl reload ssh
    come_again later
fi

if ! cmp -s files/etc/cairn/cairn.nft /etc/cairn/cairn.nft || ! nft list table inet cairn >/dev/null 2>&1; then
    nft -c -f files/etc/cairn/cairn.nft
    arm firewall 'systemctl disable --now cairn-firewall cairn-firewall-again; nft delete table inet cairn'
    put /etc/cairn/cairn.nft 600
    put /etc/cairn/cairn-firewall.sh 644
    put /etc/systemd/system/cairn-firewall.service 644
    put /etc/systemd/system/cairn-firewall-again.service 644
    systemctl daemon-reload && systemctl --quiet enable --now cairn-firewall && systemctl --quiet enable cairn-firewall-again
    come_again later
fi
