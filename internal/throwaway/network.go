package throwaway

import (
	"context"
	"time"
)

// networkLimit limits one command about a network.
const networkLimit = 30 * time.Second

// createNetwork makes the network of a run.
func (d Docker) createNetwork(ctx context.Context, name string, l layout, labels []string) error {
	_, err := d.finish(ctx, networkLimit, nil, networkArgs(name, l, labels)...)
	return err
}

// networkArgs returns the arguments of docker network create. The subnets are
// explicit, so that hosts can get the lab's addresses.
func networkArgs(name string, l layout, labels []string) []string {
	args := []string{"network", "create", "--driver", "bridge", "--subnet", l.cidr.String(), "--gateway", l.gateway.String()}
	if l.cidr6.IsValid() {
		args = append(args, "--ipv6", "--subnet", l.cidr6.String(), "--gateway", l.gateway6.String())
	}
	return append(append(args, labels...), name)
}

// addressArgs gives a container its addresses in a network.
func addressArgs(p place) []string {
	args := []string{"--ip", p.address.String()}
	if p.address6.IsValid() {
		args = append(args, "--ip6", p.address6.String())
	}
	return args
}

// collided reports whether making a network failed because its range was taken
// in the meantime.
func collided(err error) bool {
	return said(err, "pool overlaps", "conflicts with network", "cannot create network", "overlaps with")
}
