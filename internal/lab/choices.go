package lab

// choice is a question that the roadmap leaves to the owner, answered once for the
// lab.
type choice struct {
	name    string
	doc     string
	options []string // the first is the default
}

// choices are all choices, in the roadmap's order.
var choices = []choice{
	{"time-daemon", "What keeps each host's clock right. `keep` uses the daemon that a host already has, or else timesyncd.", []string{"keep", TimeSyncd, Chrony}},
	{"firewall", "What filters packets on each host.", []string{nftables, "ufw", "firewalld"}},
	{"container-platform", "What runs services. `existing` is your own Kubernetes, reached with a kubeconfig.",
		[]string{dockerPlatform, "k3s", "k0s", "rke2", "existing"}},
	{"reverse-proxy", "What receives HTTP and hands it to services.",
		[]string{"traefik", "caddy", "nginx", "haproxy", proxyManager}},
	{"tls", "Where certificates come from: the lab's own authority, or Let's Encrypt for a domain that you own.",
		[]string{"internal-ca", letsEncrypt}},
	{"names", "What resolves the names of services: dnsmasq on up to two hosts, or a resolver that you have. `own` means that you enter what `cairn names` lists, and that Cairn asks the resolvers in `network.dns`.",
		[]string{Dnsmasq, OwnResolver}},
	{"vpn", "How you get in from elsewhere.", []string{"wireguard", "openvpn"}},
	{"backup", "What makes backups. Velero is for Kubernetes only.", []string{"restic", "borg", "kopia", velero}},
	{"auth", "What asks for a login before services that have none of their own.", []string{"authelia", "keycloak", "none"}},
}

// Options of time-daemon that replace what a host has.
const (
	TimeSyncd = "timesyncd"
	Chrony    = "chrony"
)

// Options of names: a resolver of the lab's, or one that the owner has.
const (
	Dnsmasq     = "dnsmasq"
	OwnResolver = "own"
)

// Options that rules speak of.
const (
	nftables       = "nftables"
	dockerPlatform = "docker"
	proxyManager   = "nginx-proxy-manager"
	letsEncrypt    = "letsencrypt"
	velero         = "velero"
)
