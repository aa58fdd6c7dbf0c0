#!/bin/bash
# Managed by Cairn. Loads the table FAMILY NAME from its file and keeps it as the
# file has it: when somebody flushes, replaces or changes the table, it is loaded
# again at once, and the journal says so. It needs nft(8), bash(1) and unshare(1),
# and nothing of Cairn's.
#
# To change the rules by hand, change the file and run
# `systemctl reload UNIT`. To do without them:
# `systemctl disable --now UNIT && nft delete table FAMILY NAME`.
set -u

lasting=RULES
# Rules on trial come first. They are in /run, so a restart of the host ends them.
trial=TRIAL

known=''  # the text of the rules, as last read
wanted='' # what nft makes of it
last=-60  # when the table was last put back, in seconds since this began

rules() { if [ -e "$trial" ]; then cat "$trial"; else cat "$lasting"; fi 2>/dev/null; }

listed() { nft --stateless list table FAMILY NAME 2>/dev/null; }

# meant has nft read and list the rules where they are not in force.
meant() { unshare --net sh -c 'nft -f - && exec nft --stateless list table FAMILY NAME' <<<"$1"; }

# load puts the rules in force; again, where they were replaced meanwhile.
load() {
    local text
    while :; do
        text=$(rules)
        [ -n "$text" ] || { echo "<3>there is no $lasting to load"; return 1; }
        nft -f - <<<"$text" || return
        [ "$text" != "$(rules)" ] || return 0
    done
}

# keep loads the rules where the table is not as they say.
keep() {
    local text now
    text=$(rules)
    if [ "$text" != "$known" ]; then
        wanted=$(meant "$text") || return
        known=$text
        [ "$(listed)" = "$wanted" ] || load
        return
    fi
    now=$(listed)
    [ "$now" != "$wanted" ] || return 0
    if [ -n "$now" ]; then
        # A new nft, or new names in /etc/protocols, list the same rules in other words.
        wanted=$(meant "$text") || return
        [ "$now" != "$wanted" ] || return 0
    fi
    load || return
    if [ -z "$now" ]; then
        echo '<4>the table FAMILY NAME was gone: loaded it again'
    else
        echo '<4>the table FAMILY NAME was changed: loaded it again'
        diff <(echo "$wanted") <(echo "$now") | sed -n 's/^>[[:space:]]*/was there: /p; s/^<[[:space:]]*/was missing: /p' | head -n 5
    fi
    # Two who want different things must not keep the host busy.
    if ((SECONDS - last < 10)); then sleep 2; fi
    last=$SECONDS
}

# watch looks whenever nft reports a change, and every three seconds whatever it
# reports. When `nft monitor` ends, so does this, and systemd starts it anew.
watch() {
    local until
    exec 3< <(exec nft monitor)
    while keep; do
        read -r -t 3 -u 3
        case $? in
        0) ;;
        1) echo '<4>nft monitor has ended'; return 1 ;;
        *) continue ;; # nothing happened
        esac
        keep || return
        # What is reported at the same time is one change.
        until=$((SECONDS + 2))
        while ((SECONDS < until)) && read -r -t 0.1 -u 3; do :; done
    done
    return 1
}

case ${1-} in
load | watch) "$1" ;;
*) echo "usage: $0 load|watch" >&2; exit 2 ;;
esac
