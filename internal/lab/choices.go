package lab

// choice is a question of the roadmap that the owner answers once for the lab.
type choice struct {
	name    string
	doc     string
	options []string // the first is the default
}

// choices are all there are, in the roadmap's order.
var choices = []choice{
	{"time-daemon", "What keeps the clock of each host right. `keep` is the daemon that a host has, or else timesyncd.", []string{"keep", TimeSyncd, Chrony}},
	{"firewall", "What filters packets on each host.", []string{nftables, "ufw", "firewalld"}},
	{"container-platform", "What runs services. `existing` is a Kubernetes that is there already, reached with a kubeconfig.",
		[]string{dockerPlatform, "k3s", "k0s", "rke2", "existing"}},
	{"reverse-proxy", "What receives HTTP and hands it to services.",
		[]string{"traefik", "caddy", "nginx", "haproxy", proxyManager}},
	{"tls", "Where certificates come from: the lab's own authority, or Let's Encrypt for a domain that is really yours.",
		[]string{"internal-ca", letsEncrypt}},
	{"vpn", "How you get in from elsewhere.", []string{"wireguard", "openvpn"}},
	{"backup", "What makes backups. Velero is for Kubernetes only.", []string{"restic", "borg", "kopia", velero}},
	{"auth", "What asks for a login before services that have none of their own.", []string{"authelia", "keycloak", "none"}},
}

// Options of time-daemon that replace what a host has.
const (
	TimeSyncd = "timesyncd"
	Chrony    = "chrony"
)

// Options that rules speak of.
const (
	nftables       = "nftables"
	dockerPlatform = "docker"
	proxyManager   = "nginx-proxy-manager"
	letsEncrypt    = "letsencrypt"
	velero         = "velero"
)
