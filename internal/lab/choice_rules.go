package lab

import (
	"fmt"
	"slices"
	"strings"

	"cairn/internal/document"
	"cairn/internal/problem"
)

// choices checks that the chosen options fit together.
func (r *rules) choices() {
	n := r.root.Get("choose")
	r.implemented(n.Get("firewall"))
	platform, docker := r.lab.Choose["container-platform"], r.lab.Choose["container-platform"] == dockerPlatform
	if r.bad[n.Get("container-platform")] {
		return
	}
	if backup := n.Get("backup"); docker && document.TextOf(backup) == velero {
		r.conflict(backup.Place, "velero backs up Kubernetes, and the container platform is docker")
	}
	if proxy := n.Get("reverse-proxy"); !docker && document.TextOf(proxy) == proxyManager {
		r.conflict(proxy.Place, "nginx-proxy-manager runs on docker only, and the container platform is %s", platform)
	}
	r.publicDomain(n.Get("tls"))
	if names := n.Get("names"); document.TextOf(names) == OwnResolver && len(r.lab.Network.DNS) == 0 && !r.bad[r.root.Get("network")] {
		r.conflict(names.Place, "the names are looked for at the resolvers in network.dns, and the lab has none")
	}
}

// implemented refuses a firewall that this version cannot set up. Otherwise Cairn
// would set up another one than the owner asked for.
func (r *rules) implemented(firewall *document.Node) {
	if chosen := document.TextOf(firewall); r.good(firewall) && chosen != nftables {
		r.fault(firewall.Place, document.Flaw{
			Code: problem.LabNotReady, Message: fmt.Sprintf("this version of Cairn cannot set up %s yet; write %s, which %[1]s uses as well", chosen, nftables),
		})
	}
}

// publicDomain checks that a public authority can certify the domain, if the choice
// of tls needs that.
func (r *rules) publicDomain(tls *document.Node) {
	ending := privateEnding(r.lab.Domain)
	if document.TextOf(tls) != letsEncrypt || ending == "" || r.bad[r.root.Get("domain")] {
		return
	}
	r.conflict(tls.Place, "letsencrypt gives certificates for public domains only, and nobody can own %s, which ends in .%s", document.Quoted(r.lab.Domain), ending)
}

// privateEnding returns the ending of a domain that nobody can own, so that no
// public authority certifies it, or "". Such endings are the special-use names of
// RFC 2606, 6761, 6762 and 8375, "internal" (set aside by ICANN in 2024), and names
// that routers use without being assigned them.
func privateEnding(domain string) string {
	endings := []string{"home.arpa", "local", "internal", "lan", "home", "corp", "test", "example", "invalid", "localhost", "localdomain"}
	i := slices.IndexFunc(endings, func(e string) bool { return domain == e || strings.HasSuffix(domain, "."+e) })
	if i < 0 {
		return ""
	}
	return endings[i]
}
