# The same work in pyinfra, without any guard.
import os

from pyinfra import host
from pyinfra.operations import apt, files, server, systemd

here = os.path.dirname(os.path.abspath(__file__))
owner = host.data.owner


def put(path, mode):
    return files.put(src=os.path.join(here, "files" + path), dest=path, mode=mode)


apt.packages(packages=["ca-certificates", "nftables", "sudo", "systemd-timesyncd", "tzdata", "unattended-upgrades"])
server.hostname(hostname=host.data.hostname)
files.link(path="/etc/localtime", target="/usr/share/zoneinfo/Etc/UTC")
put("/etc/timezone", "644")
put("/etc/apt/apt.conf.d/20auto-upgrades", "644")
put("/etc/apt/apt.conf.d/52cairn-unattended-upgrades", "644")
put("/etc/security/limits.d/50-cairn.conf", "644")
put("/etc/systemd/journald.conf.d/50-cairn.conf", "644")
systemd.service(service="apt-daily-upgrade.timer", running=True, enabled=True)
for name, value in [
    ("net.ipv4.conf.all.accept_redirects", 0),
    ("net.ipv4.conf.all.accept_source_route", 0),
    ("net.ipv4.conf.all.log_martians", 1),
    ("net.ipv4.conf.all.secure_redirects", 0),
    ("net.ipv4.conf.all.send_redirects", 0),
    ("net.ipv4.icmp_echo_ignore_broadcasts", 1),
    ("net.ipv4.icmp_ignore_bogus_error_responses", 1),
    ("net.ipv4.tcp_syncookies", 1),
    ("net.ipv6.conf.all.accept_redirects", 0),
    ("net.ipv6.conf.all.accept_source_route", 0),
]:
    server.sysctl(key=name, value=value, persist=True, persist_file=f"/etc/sysctl.d/60-cairn-{name}.conf")
server.group(group="ssh-users", system=True)
server.user(user=owner, shell="/bin/bash", groups=["ssh-users"], append=True, ensure_home=True, public_keys=[host.data.owner_key])
put(f"/etc/sudoers.d/cairn-{owner}", "440")
sshd = put("/etc/ssh/sshd_config.d/00-cairn.conf", "600")
systemd.service(service="ssh", reloaded=True, _if=sshd.did_change)
rules = put("/etc/cairn/cairn.nft", "600")
put("/etc/cairn/cairn-firewall.sh", "644")
unit = put("/etc/systemd/system/cairn-firewall.service", "644")
put("/etc/systemd/system/cairn-firewall-again.service", "644")
systemd.daemon_reload(_if=unit.did_change)
systemd.service(service="cairn-firewall", running=True, enabled=True)
systemd.service(service="cairn-firewall-again", enabled=True)
systemd.service(service="cairn-firewall", reloaded=True, _if=rules.did_change)
