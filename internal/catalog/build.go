package catalog

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"cairn/internal/document"
)

// build makes a service from the values of its service.yaml. It treats a value of the
// wrong form as missing: the form check has reported it.
func build(root *document.Node, main string) *Service {
	b := builder{main: main}
	text := func(key string) string { return document.TextOf(root.Get(key)) }
	s := &Service{
		Name: text("service"), Summary: text("summary"), Task: text("task"), Licence: text("licence"), Website: text("website"),
		Proof: cmp.Or(Proof(text("proof")), Rendered), Main: main,
		Needs: b.needs(root.Get("needs")), Uses: texts(root.Get("uses")), Metrics: b.metrics(root.Get("metrics")),
		Proxy: text("proxy"), Logs: root.Get("logs") == nil || yes(root.Get("logs")), Egress: yes(root.Get("egress")),
		Deprecated: b.deprecation(root.Get("deprecated")),
	}
	s.Authority = b.authority(root.Get("authority"))
	s.Routes = each(root.Get("routes"), b.route)
	s.Data = each(root.Get("data"), b.data)
	s.Secrets = each(root.Get("secrets"), b.secret)
	s.Options = each(root.Get("options"), b.option)
	s.Hooks = each(root.Get("hooks"), b.hook)
	s.Exceptions = each(root.Get("exceptions"), b.exception)
	for _, n := range root.Get("ports").List() {
		s.Ports = append(s.Ports, b.port(n))
	}
	return s
}

// builder makes the facets of a service. main is the container of those facets that
// name no container.
type builder struct{ main string }

// each makes one value from each named entry, in the file's order.
func each[T any](n *document.Node, make func(name string, n *document.Node) T) []T {
	var all []T
	for _, p := range n.Each() {
		all = append(all, make(p.Key, p.Value))
	}
	return all
}

func texts(n *document.Node) []string {
	var all []string
	for _, item := range n.List() {
		all = append(all, document.TextOf(item))
	}
	return all
}

func yes(n *document.Node) bool { return n != nil && n.Kind == document.Boolean && document.IsTrue(n) }

func memory(n *document.Node) document.Bytes { return document.ParseMemory(document.TextOf(n)) }

func (b builder) container(n *document.Node) string {
	return cmp.Or(document.TextOf(n.Get("container")), b.main)
}

func (b builder) needs(n *document.Node) Needs {
	return Needs{
		Memory: memory(n.Get("memory")), Disk: memory(n.Get("disk")), CPUFlags: texts(n.Get("cpu-flags")),
		GPU: yes(n.Get("gpu")), Architectures: texts(n.Get("architectures")),
	}
}

func (b builder) route(name string, n *document.Node) Route {
	return Route{
		Name: name, Container: b.container(n), Port: uint16(document.NumberOf(n.Get("port"))),
		Health: document.TextOf(n.Get("health")), Login: Login(document.TextOf(n.Get("login"))), Open: texts(n.Get("open")),
		WebSocket: yes(n.Get("websocket")), MaxBody: memory(n.Get("max-body")), Timeout: int(document.NumberOf(n.Get("timeout"))),
	}
}

func (b builder) port(n *document.Node) Port {
	number, protocol, _ := strings.Cut(document.TextOf(n.Get("port")), "/")
	port, err := strconv.ParseUint(number, 10, 16)
	if err != nil {
		port = 0 // the form check has reported it
	}
	return Port{
		Number: uint16(port), Protocol: protocol, Container: b.container(n),
		Target: cmp.Or(uint16(document.NumberOf(n.Get("target"))), uint16(port)), Reason: document.TextOf(n.Get("reason")),
	}
}

func (b builder) authority(n *document.Node) *Authority {
	if n == nil {
		return nil
	}
	return &Authority{
		Name: document.TextOf(n.Get("name")), Port: uint16(document.NumberOf(n.Get("port"))),
		Directory: document.TextOf(n.Get("directory")), Daily: document.TextOf(n.Get("daily")),
	}
}

func (b builder) metrics(n *document.Node) *Metrics {
	if n == nil {
		return nil
	}
	return &Metrics{Container: b.container(n), Port: uint16(document.NumberOf(n.Get("port"))), Path: cmp.Or(document.TextOf(n.Get("path")), "/metrics")}
}

func (b builder) data(name string, n *document.Node) Data {
	return Data{
		Volume: name, Dump: texts(n.Get("dump")), Quiesce: cmp.Or(Quiesce(document.TextOf(n.Get("quiesce"))), QuiesceNone),
		Reason: document.TextOf(n.Get("reason")),
	}
}

func (b builder) secret(name string, n *document.Node) Secret {
	return Secret{
		Name: name, Form: cmp.Or(document.TextOf(n.Get("form")), "password"), Length: int(cmp.Or(document.NumberOf(n.Get("length")), 32)),
		Escrow: yes(n.Get("escrow")), Variable: document.TextOf(n.Get("variable")), Container: b.container(n),
		Owner: int(document.NumberOf(n.Get("owner"))), Reason: document.TextOf(n.Get("reason")),
	}
}

func (b builder) option(name string, n *document.Node) Option {
	kinds := map[string]document.Kind{"number": document.Integer, "yes-no": document.Boolean}
	kind, known := kinds[document.TextOf(n.Get("kind"))]
	if !known {
		kind = document.Text
	}
	return Option{Name: name, Kind: kind, Default: document.TextOf(n.Get("default")), Doc: document.TextOf(n.Get("doc"))}
}

func (b builder) hook(name string, n *document.Node) Hook {
	return Hook{
		Name: name, Container: b.container(n), Command: texts(n.Get("command")), Unless: texts(n.Get("unless")),
		Reason: document.TextOf(n.Get("reason")),
	}
}

func (b builder) exception(name string, n *document.Node) Exception {
	return Exception{
		Container: name, Writable: yes(n.Get("writable")), Capabilities: texts(n.Get("capabilities")),
		Privileges: yes(n.Get("privileges")), Socket: yes(n.Get("socket")), Reason: document.TextOf(n.Get("reason")),
	}
}

func (b builder) deprecation(n *document.Node) *Deprecation {
	if n == nil {
		return nil
	}
	return &Deprecation{Since: document.TextOf(n.Get("since")), Reason: document.TextOf(n.Get("reason")), Instead: document.TextOf(n.Get("instead"))}
}

// referencesIn returns where a service.yaml names other services.
func referencesIn(root *document.Node, file string) (all []reference) {
	named := root.Get("uses").List()
	if instead := root.Get("deprecated").Get("instead"); instead != nil {
		named = append(slices.Clone(named), instead)
	}
	for _, n := range named {
		if name := document.TextOf(n); name != "" {
			all = append(all, reference{name: name, file: file, place: n.Place})
		}
	}
	return all
}
