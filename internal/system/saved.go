package system

// Undo restores a part of a host: first the files, then the results of commands. It
// is data, so that it can be written to disk before a change. Another process can
// carry it out, also after a restart of the host.
type Undo struct {
	Files    []SavedFile `cbor:"1,keyasint,omitempty"`
	Commands []Command   `cbor:"2,keyasint,omitempty"`
	// States are properties of the host that only a program can read.
	States []State `cbor:"3,keyasint,omitempty"`
}

// State is the output of a program that only reads.
type State struct {
	Command Command `cbor:"1,keyasint"`
	Exit    int     `cbor:"2,keyasint,omitempty"`
	Output  []byte  `cbor:"3,keyasint,omitempty"`
}

// SavedFile is a file or directory as it was, or the fact that nothing was there.
type SavedFile struct {
	Path    string `cbor:"1,keyasint"`
	Absent  bool   `cbor:"2,keyasint,omitempty"`
	Content []byte `cbor:"3,keyasint,omitempty"`
	Link    string `cbor:"4,keyasint,omitempty"` // target, for a symbolic link
	Dir     bool   `cbor:"5,keyasint,omitempty"`
	Mode    uint32 `cbor:"6,keyasint,omitempty"` // permission, setuid, setgid and sticky bits
	UID     uint32 `cbor:"7,keyasint,omitempty"`
	GID     uint32 `cbor:"8,keyasint,omitempty"`
	ModTime int64  `cbor:"9,keyasint,omitempty"` // nanoseconds since 1970
	// Long stands for the content if it is not held in memory.
	Long *LongContent `cbor:"10,keyasint,omitempty"`
}
