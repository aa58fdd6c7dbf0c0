package host

import "strings"

// The scripts run on the host before there is an agent. They are plain POSIX sh;
// what they need comes as arguments, and nothing in them is secret. Their words
// are lines of CAIRN-NEED, the nonce, the processor as uname names it, and what is
// needed; wire.ReadHello finds them in what a login shell prints.

// startScript runs as root: it becomes the agent that fits the host, or says what
// is missing and which system it is. It ends with 0 always, so that a failure can
// only be sudo's. $1 nonce, $2 and $3 the agents' hashes for amd64 and arm64, $4
// the controller's address, $5 who logged in.
const startScript = `
m=$(uname -m)
case $m in x86_64) s=$2 ;; aarch64) s=$3 ;; *) s=none ;; esac
for d in /var/lib/cairn /run/cairn; do
  a=$d/agents/$s/cairn-agent
  [ -x "$a" ] && [ -s "$a" ] || continue
  "$a" -state "$d" serve -user "$5" -peer "$4" "$1" && exit 0
  break
done
o=$(. /etc/os-release 2>/dev/null && printf "%s %s %s" "${ID:--}" "${VERSION_ID:--}" "$PRETTY_NAME")
printf "\nCAIRN-NEED %s %s missing %s\n" "$1" "$m" "$o"
exit 0
`

// uploadScript runs as root and takes a packed agent from its input. Each place is
// tried: whether it can be written to, and run from. The hash is checked, and the
// content is on the disk, before the agent gets its name; whatever happens before
// that leaves nothing behind. $1 nonce, $2 hash.
const uploadScript = `
umask 077
new=
tidy() { [ -z "$new" ] || { rm -f "$new"; rmdir -p "${new%/*}"; } 2>/dev/null; new=; }
say() { printf "\nCAIRN-NEED %s - %s\n" "$nonce" "$(printf %s "$1" | tr "\n" " ")"; exit 0; }
trap tidy EXIT
trap 'exit 0' HUP INT TERM PIPE
nonce=$1 why= to=
for d in /var/lib/cairn /run/cairn; do
  new=$d/agents/$2/.new.$$
  if e=$( { mkdir -p "${new%/*}" && printf "#!/bin/sh\n" >"$new" && chmod 0755 "$new" && "$new"; } 2>&1 ); then to=$d/agents/$2; break; fi
  why="$why$d: $e; "
  tidy
done
[ -n "$to" ] || say "failed $why"
e=$( { gzip -dc >"$new"; } 2>&1 ) || say "failed $to: $e"
h=$(sha256sum <"$new")
[ "${h%% *}" = "$2" ] || say "failed $to: what arrived has another hash"
e=$( { sync "$new" && mv "$new" "$to/cairn-agent" && sync "$to"; } 2>&1 ) || say "failed $to: $e"
say uploaded
`

// asRootScript runs $1 as root, with the other arguments: directly, or through
// sudo that asks for nothing. $2 is the nonce.
const asRootScript = `
export LC_ALL=C
s=$1; shift
set -- "$@" "${SSH_CONNECTION%% *}" "$(id -un)"
if [ "$(id -u)" = 0 ]; then exec sh -c "$s" sh "$@"; fi
command -v sudo >/dev/null 2>&1 || { printf "\nCAIRN-NEED %s - no-sudo\n" "$1"; exit 0; }
sudo -n sh -c "$s" sh "$@" || printf "\nCAIRN-NEED %s - password\n" "$1"
`

// withPasswordScript is the same with a sudo that asks, always (-k), on its
// standard error and with $1 as its prompt.
const withPasswordScript = `
export LC_ALL=C
p=$1; s=$2; shift 2
exec sudo -k -S -p "$p" sh -c "$s" sh "$@" "${SSH_CONNECTION%% *}" "$(id -un)"
`

// command is a line that any login shell hands to sh.
func command(script string, args ...string) string {
	words := []string{"exec", "sh", "-c", quote(script), "sh"}
	for _, arg := range args {
		words = append(words, quote(arg))
	}
	return strings.Join(words, " ")
}

// quote makes one word of a text, for every shell in the Bourne tradition and
// for fish.
func quote(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }
