package throwaway

// Labels of everything a rehearsal makes. They find it again, even after a
// crash.
const (
	labelRun     = "org.cairn.rehearsal"         // the run's id
	labelHost    = "org.cairn.rehearsal.host"    // the host's name in the lab
	labelPID     = "org.cairn.rehearsal.pid"     // the process that made it, for people
	labelMachine = "org.cairn.rehearsal.machine" // the machine that process ran on
	labelLock    = "org.cairn.rehearsal.lock"    // the file that process keeps locked while it lives
	labelKept    = "org.cairn.rehearsal.kept"    // "true" if the owner wanted it kept
	labelProbe   = "org.cairn.rehearsal.probe"   // on containers that only measure
)
