// Package throwaway makes throw-away hosts on a Docker Engine that mirror a
// lab. So anything that changes hosts can be tried without a real machine: by
// tests, and by a rehearsal, which walks the roadmap on them. The package does
// not know the code that walks.
//
// A throw-away host is a container that behaves like a fresh virtual server.
// Its first process is systemd, root may log in with one key, sshd and apt
// work, and it has its own network namespace and firewall. It shares the kernel
// with the machine, and with it the clock, the modules and the boot id.
//
// Everything goes through the docker program, so that contexts, DOCKER_HOST and
// the user's rights apply as usual. The package assumes nothing about the
// engine: [Probe] and [Measure] find out what it can do.
package throwaway
