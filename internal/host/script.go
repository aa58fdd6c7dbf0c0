package host

import "strings"

// The scripts run on the host while there is no agent. They are plain POSIX sh,
// take what they need as arguments, and contain no secrets. A script answers with a
// line of four fields: CAIRN-NEED, the nonce, the processor as uname names it, and
// what is needed. wire.ReadHello finds that line in the output of a login shell.

// startScript runs as root. It becomes the agent that fits the host, or says what
// is missing and which system the host runs. It always exits with 0, so that only
// sudo can cause a failure. $1 is the nonce. $2 and $3 are the agents' hashes for
// amd64 and arm64. $4 is both ends of the connection as sshd has them
// (SSH_CONNECTION in ssh(1)), and $5 is the user who logged in.
const startScript = `
m=$(uname -m)
case $m in x86_64) s=$2 ;; aarch64) s=$3 ;; *) s=none ;; esac
for d in /var/lib/cairn /run/cairn; do
  a=$d/agents/$s/cairn-agent
  [ -x "$a" ] && [ -s "$a" ] || continue
  "$a" -state "$d" serve -user "$5" -connection "$4" "$1" && exit 0
  break
done
o=$(. /etc/os-release 2>/dev/null && printf "%s %s %s" "${ID:--}" "${VERSION_ID:--}" "$PRETTY_NAME")
printf "\nCAIRN-NEED %s %s missing %s\n" "$1" "$m" "$o"
exit 0
`

// uploadScript runs as root and reads a packed agent from its input. It tries each
// place for writing and for running a program. The agent gets its name only after
// its hash was checked and its content is on disk. A failure before that leaves
// nothing behind. $1 is the nonce and $2 the hash.
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
[ "${h%% *}" = "$2" ] || say "failed $to: the received agent has another hash"
e=$( { sync "$new" && mv "$new" "$to/cairn-agent" && sync "$to"; } 2>&1 ) || say "failed $to: $e"
say uploaded
`

// lookScript runs as the user who logged in, on a host that is only a vantage. It
// reads a packed agent from its input into a folder of its own, and becomes the
// agent's parent. The agent removes the files once it runs. The script removes
// whatever is left when it ends. It tries each place for writing and for running a
// program. $1 is the nonce. $2 and $3 are the agents' hashes for amd64 and arm64.
// $4 and $5 are their packed sizes in bytes.
const lookScript = `
export LC_ALL=C
umask 077
nonce=$1 m=$(uname -m) d= why=
case $m in x86_64) s=$2 n=$4 ;; aarch64) s=$3 n=$5 ;; *) s=none n=0 ;; esac
say() { printf "\nCAIRN-NEED %s %s %s\n" "$nonce" "$m" "$(printf %s "$1" | tr "\n" " ")"; }
tidy() { [ -z "$d" ] || rm -rf "$d"; d=; }
trap tidy EXIT
trap 'exit 0' HUP INT TERM PIPE
for p in "$XDG_RUNTIME_DIR" "${TMPDIR:-/tmp}" /var/tmp /dev/shm "$HOME"; do
  [ -n "$p" ] || continue
  e=$(mktemp -d "$p/.cairn-XXXXXXXXXX" 2>&1) || { why="$why$p: $e; "; continue; }
  d=$e
  if e=$( { printf "#!/bin/sh\n" >"$d/cairn-agent" && chmod 0700 "$d/cairn-agent" && "$d/cairn-agent"; } 2>&1 ); then break; fi
  why="$why$p: $e; "
  tidy
done
[ -n "$d" ] || { say "failed $why"; exit 0; }
say send
e=$( { timeout 180 head -c "$n" | gzip -dc >"$d/cairn-agent"; } 2>&1 ) || { say "failed $d: $e"; exit 0; }
h=$(sha256sum <"$d/cairn-agent")
[ "${h%% *}" = "$s" ] || { say "failed $d: the received agent has another hash"; exit 0; }
"$d/cairn-agent" look -user "$(id -un)" -connection "$SSH_CONNECTION" "$nonce"
`

// asRootScript runs $1 as root, directly or through sudo without a password. The
// other arguments are for $1. $2 is the nonce.
const asRootScript = `
export LC_ALL=C
s=$1; shift
set -- "$@" "$SSH_CONNECTION" "$(id -un)"
if [ "$(id -u)" = 0 ]; then exec sh -c "$s" sh "$@"; fi
command -v sudo >/dev/null 2>&1 || { printf "\nCAIRN-NEED %s - no-sudo\n" "$1"; exit 0; }
sudo -n sh -c "$s" sh "$@" || printf "\nCAIRN-NEED %s - password\n" "$1"
`

// sudoScript does the same with a sudo that always asks for the password (-k), on
// standard error and with the prompt $1.
const sudoScript = `
export LC_ALL=C
p=$1; s=$2; shift 2
exec sudo -k -S -p "$p" sh -c "$s" sh "$@" "$SSH_CONNECTION" "$(id -un)"
`

// suScript does the same with su(1), which asks for root's password on standard
// error. su reads it from its input if that is not a terminal. Its prompt cannot be
// chosen, so $1 is printed before it. su keeps the user's PATH, which lacks the
// administrator's programs.
const suScript = `
export LC_ALL=C
p=$1; s=$2; shift 2
set -- "$@" "$SSH_CONNECTION" "$(id -un)"
printf %s "$p" >&2
exec su -s /bin/sh -c 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin; export PATH; exec sh -c "$0" sh "$@"' -- root "$s" "$@"
`

// command returns a line that any login shell passes on to sh.
func command(script string, args ...string) string {
	words := []string{"exec", "sh", "-c", quote(script), "sh"}
	for _, arg := range args {
		words = append(words, quote(arg))
	}
	return strings.Join(words, " ")
}

// quote quotes a text as one word for fish and for every shell of the Bourne
// family.
func quote(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }
