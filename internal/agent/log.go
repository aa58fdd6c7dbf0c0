package agent

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"syscall"

	"cairn/internal/wire"
)

// Log stores a run's events on the host's disk. A record is a length, a CRC-32C and
// an event in CBOR, and is synced before the next one. If a crash cut a record
// short, opening the log for writing removes it. One process may write and any may
// read.
type Log struct {
	file    *os.File
	run     string
	last    wire.Event
	reserve string
}

const (
	logFile     = "events.log"
	reserveFile = "reserve"
	// reserveSize bytes are kept free for the events that report a full disk.
	reserveSize = 256 << 10
	recordHead  = 8
	maxRecord   = 1 << 20
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// OpenLog opens the log of the run in dir for writing.
func OpenLog(dir, run string) (*Log, error) {
	file, err := os.OpenFile(filepath.Join(dir, logFile), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	l := &Log{file: file, run: run, reserve: filepath.Join(dir, reserveFile)}
	whole, err := readEvents(file, 0, func(e wire.Event) error {
		l.last = e
		return nil
	})
	if err == nil {
		err = errors.Join(file.Truncate(whole), seekEnd(file, whole))
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	l.holdReserve()
	return l, nil
}

func seekEnd(file *os.File, at int64) error {
	_, err := file.Seek(at, io.SeekStart)
	return err
}

// holdReserve allocates the reserve if there is room for it. A run can begin
// without.
func (l *Log) holdReserve() {
	file, err := os.OpenFile(l.reserve, os.O_WRONLY|os.O_CREATE, 0o600)
	if err != nil {
		return
	}
	defer func() { _ = file.Close() }()
	_, _ = file.Write(make([]byte, reserveSize))
}

// Append numbers the event, writes it and syncs it to disk.
func (l *Log) Append(e wire.Event) (wire.Event, error) {
	if e.Type.Passing() {
		return e, fmt.Errorf("%s is for the moment, and in no log", e.Type)
	}
	e.Run, e.Seq = l.run, l.last.Seq+1
	body, err := wire.Encode(e)
	if err != nil {
		return e, err
	}
	record := binary.BigEndian.AppendUint32(nil, uint32(len(body)))
	record = binary.BigEndian.AppendUint32(record, crc32.Checksum(body, castagnoli))
	record = append(record, body...)
	err = l.write(record)
	if errors.Is(err, syscall.ENOSPC) && os.Remove(l.reserve) == nil {
		err = l.write(record)
	}
	if err == nil {
		l.last = e
	}
	return e, err
}

// write adds a record completely or not at all.
func (l *Log) write(record []byte) error {
	at, err := l.file.Seek(0, io.SeekCurrent)
	if err != nil {
		return err
	}
	if _, err := l.file.Write(record); err != nil {
		return errors.Join(err, l.file.Truncate(at), seekEnd(l.file, at))
	}
	return l.file.Sync()
}

// Last returns the newest event, or the zero Event if there is none.
func (l *Log) Last() wire.Event { return l.last }

// Close closes the log and frees the reserve.
func (l *Log) Close() error {
	_ = os.Remove(l.reserve)
	return l.file.Close()
}

// readEvents calls each for the records from an offset on. It returns where the
// last complete one ends.
func readEvents(file io.ReaderAt, from int64, each func(wire.Event) error) (end int64, err error) {
	for at := from; ; {
		var head [recordHead]byte
		if n, err := file.ReadAt(head[:], at); n < recordHead {
			return at, unlessEOF(err)
		}
		length := binary.BigEndian.Uint32(head[:4])
		if length > maxRecord {
			return at, nil
		}
		body := make([]byte, length)
		if n, err := file.ReadAt(body, at+recordHead); n < len(body) {
			return at, unlessEOF(err)
		}
		if crc32.Checksum(body, castagnoli) != binary.BigEndian.Uint32(head[4:]) {
			return at, nil
		}
		var e wire.Event
		if err := wire.Decode(body, &e); err != nil {
			return at, err
		}
		if err := each(e); err != nil {
			return at, err
		}
		at += recordHead + int64(length)
	}
}

func unlessEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// lastEvent returns the newest event of the run in dir.
func lastEvent(dir string) (last wire.Event, err error) {
	file, err := os.Open(filepath.Join(dir, logFile))
	if errors.Is(err, os.ErrNotExist) {
		return wire.Event{}, nil
	}
	if err != nil {
		return wire.Event{}, err
	}
	defer func() { _ = file.Close() }()
	_, err = readEvents(file, 0, func(e wire.Event) error {
		last = e
		return nil
	})
	return last, err
}
