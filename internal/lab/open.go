package lab

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"cairn/internal/problem"
	"cairn/internal/system"
)

// OpenLine returns the line of a lab file that opens ports of a host. Ports have
// the form "443/tcp".
func OpenLine(ports []string) string { return "open: [" + strings.Join(ports, ", ") + "]" }

// WriteOpen adds the line that opens ports to a host in the lab file at path, below
// its address. It changes nothing else of the text, so comments and order stay. It
// writes only if the file then differs in nothing but these ports. Otherwise it
// returns a problem that gives the owner the line to add.
func WriteOpen(path, host string, ports []string) error {
	data, err := read(path)
	if err != nil {
		return err
	}
	changed, err := withOpen(path, data, host, ports)
	if err != nil {
		return err
	}
	return replaceFile(path, changed)
}

func withOpen(path string, data []byte, host string, ports []string) ([]byte, error) {
	before, err := Parse(path, data)
	if err != nil {
		return nil, err
	}
	root, _ := dialect.Read(data)
	entry := root.Get("hosts").Get(host)
	address := entry.Pair("address")
	if address == nil || entry.Pair("open") != nil {
		return nil, notWritten(path, host, ports)
	}
	lines := bytes.SplitAfter(data, []byte("\n"))
	at := address.Place.Line
	if at > len(lines) || !bytes.HasSuffix(lines[at-1], []byte("\n")) {
		return nil, notWritten(path, host, ports)
	}
	indent := lines[at-1][:len(lines[at-1])-len(bytes.TrimLeft(lines[at-1], " "))]
	line := []byte(string(indent) + OpenLine(ports) + "\n")
	changed := bytes.Join(slices.Insert(lines, at, line), nil)
	after, err := Parse(path, changed)
	if err != nil || !onlyOpened(before, after, host, ports) {
		return nil, notWritten(path, host, ports)
	}
	return changed, nil
}

// onlyOpened reports whether two labs differ only in the open ports of the host.
func onlyOpened(before, after *Lab, host string, ports []string) bool {
	same := *after
	same.Hash = before.Hash
	same.Hosts = slices.Clone(after.Hosts)
	for i, h := range same.Hosts {
		if h.Name != host {
			continue
		}
		if len(h.Open) != len(ports) {
			return false
		}
		same.Hosts[i].Open = nil
	}
	return reflect.DeepEqual(*before, same)
}

func notWritten(path, host string, ports []string) error {
	return problem.New(problem.LabUnwritten, path, fmt.Sprintf("Cairn cannot add the line to %s without changing more", host)).
		WithFix(fmt.Sprintf("add this line to %s yourself: %s", host, OpenLine(ports)))
}

// replaceFile replaces a file atomically and keeps its mode.
func replaceFile(path string, body []byte) error {
	fail := func(err error) error {
		return problem.Wrap(problem.CommandFile, path, "the lab file cannot be written", err)
	}
	target, err := filepath.EvalSymlinks(path)
	if err != nil {
		return fail(err)
	}
	info, err := os.Stat(target)
	if err != nil {
		return fail(err)
	}
	if err := system.ReplaceFile(target, body, info.Mode().Perm()); err != nil {
		return fail(err)
	}
	return nil
}
