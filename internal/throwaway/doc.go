// Package throwaway makes throw-away hosts on a Docker Engine that mirror a lab,
// so that whatever touches hosts can be tried without touching a real machine: by
// tests, and by a rehearsal, which walks the roadmap on them. It knows nothing of
// the engine that walks.
//
// A throw-away host is a container that behaves like a fresh virtual server:
// systemd is its first process, root may log in with one key, sshd and apt
// work, and it has its own network namespace and firewall. What it shares with
// the machine is the kernel, and so the clock, the modules and the boot id.
//
// Everything is done through the docker program, so that contexts, DOCKER_HOST
// and the rights of the user count as they always do. Nothing is assumed of the
// engine: [Probe] and [Measure] find out what it gives.
package throwaway
