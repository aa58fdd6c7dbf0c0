package engine

import "cairn/internal/roadmap"

// noSuch is the problem that an id names nothing of the sort that is wanted.
func (v *View) noSuch(wanted roadmap.Sort, id string) error {
	var hosts []string
	for _, h := range v.lab.Hosts {
		hosts = append(hosts, h.Name)
	}
	return v.roadmap.NoSuch(wanted, id, hosts...)
}
