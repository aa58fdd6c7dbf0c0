package agent

import (
	"bytes"
	"context"
	"encoding/binary"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"cairn/internal/wire"
)

// addLastLogins adds the last login of each account, from whichever record the host
// keeps: lastlog2(8) since Debian 13, lastlog(8) before, and wtmp(5).
func (a *Agent) addLastLogins(ctx context.Context, accounts []wire.Account) {
	if len(accounts) == 0 {
		return
	}
	byName := a.wtmp()
	for name, at := range parseLastlog2(a.said(ctx, "lastlog2")) {
		byName[name] = later(byName[name], at)
	}
	lastlog := a.lastlog()
	for i, account := range accounts {
		accounts[i].Last = later(byName[account.Name], lastlog(account.UID)).UTC()
	}
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// parseLastlog2 reads the lines that end in a login time. The others are the
// heading, and accounts that never logged in.
func parseLastlog2(text string) map[string]time.Time {
	logins := map[string]time.Time{}
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		if len(fields) < 7 {
			continue
		}
		if at, err := time.Parse("Mon Jan 2 15:04:05 -0700 2006", strings.Join(fields[len(fields)-6:], " ")); err == nil {
			logins[fields[0]] = at
		}
	}
	return logins
}

// timeBytes returns the size of a time in login records. On amd64 they keep the 32
// bits of i386; on arm64 they do not (bits/utmp.h of the GNU C library,
// __WORDSIZE_TIME64_COMPAT32).
func timeBytes() int {
	if runtime.GOARCH == "amd64" {
		return 4
	}
	return 8
}

// lastlog reads /var/log/lastlog. It has one record for each UID: a time, 32 bytes
// of line and 256 bytes of host.
func (a *Agent) lastlog() func(uid int) time.Time {
	size := int64(timeBytes() + 32 + 256)
	return func(uid int) time.Time {
		file, err := os.Open(filepath.Join(a.System.Root, "/var/log/lastlog"))
		if err != nil {
			return time.Time{}
		}
		defer func() { _ = file.Close() }()
		record := make([]byte, timeBytes())
		if _, err := file.ReadAt(record, int64(uid)*size); err != nil {
			return time.Time{}
		}
		return timeOf(record)
	}
}

func timeOf(record []byte) time.Time {
	seconds := int64(binary.LittleEndian.Uint32(record))
	if len(record) >= 8 {
		seconds = int64(binary.LittleEndian.Uint64(record))
	}
	if seconds == 0 {
		return time.Time{}
	}
	return time.Unix(seconds, 0)
}

// Offsets in a record of wtmp(5), struct utmp of the GNU C library.
const (
	wtmpUser    = 44 // after type, process, line and id
	wtmpUserEnd = wtmpUser + 32
	userProcess = 7       // the type of a login
	newestWtmp  = 1 << 20 // bytes that are read: about 2,700 logins
)

// wtmp returns each user's last login, from the newest part of /var/log/wtmp.
func (a *Agent) wtmp() map[string]time.Time {
	// The time comes after the exit status (4 bytes) and the session.
	size, at := 384, 340
	if timeBytes() == 8 {
		size, at = 400, 344
	}
	logins := map[string]time.Time{}
	file, err := os.Open(filepath.Join(a.System.Root, "/var/log/wtmp"))
	if err != nil {
		return logins
	}
	defer func() { _ = file.Close() }()
	if info, err := file.Stat(); err == nil && info.Size() > newestWtmp {
		_, _ = file.Seek((info.Size()-newestWtmp)/int64(size)*int64(size), io.SeekStart)
	}
	record := make([]byte, size)
	for {
		if _, err := io.ReadFull(file, record); err != nil {
			return logins
		}
		if binary.LittleEndian.Uint16(record) != userProcess {
			continue
		}
		name, _, _ := bytes.Cut(record[wtmpUser:wtmpUserEnd], []byte{0})
		logins[string(name)] = later(logins[string(name)], timeOf(record[at:at+timeBytes()]))
	}
}
