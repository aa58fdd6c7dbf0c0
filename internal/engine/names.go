package engine

import "cairn/internal/roadmap"

// noSuch is the problem that nothing of the wanted kind has that id.
func (v *View) noSuch(wanted roadmap.Sort, id string) error {
	var hosts []string
	for _, h := range v.lab.Hosts {
		hosts = append(hosts, h.Name)
	}
	return v.roadmap.NoSuch(wanted, id, hosts...)
}
