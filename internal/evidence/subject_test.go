package evidence

import "testing"

func TestArgumentsAreReadStrictly(t *testing.T) {
	type port struct {
		Port uint16 `json:"port"`
	}
	written := ArgumentsOf(port{8080})
	var read port
	if err := written.Into(&read); err != nil || read.Port != 8080 {
		t.Errorf("%s is read as %+v, %v", written, read, err)
	}
	if written != ArgumentsOf(map[string]int{"port": 8080}) {
		t.Error("equal arguments are written in two ways")
	}
	for _, bad := range []Arguments{"", `{"prot":1}`, `{"port":70000}`, `{"port":1} {"port":2}`, `[1]`, `{"port":`} {
		if err := bad.Into(&port{}); err == nil {
			t.Errorf("%q was read", bad)
		}
	}
	if ArgumentsOf(nil) != "" {
		t.Error("nil has arguments")
	}
}

func TestLooksAreToldApart(t *testing.T) {
	host := Look{Checkpoint: "c", Probe: "p", Host: "atlas", Vantage: "controller"}
	service, port := host, host
	service.Subject = Subject{AboutService, "grafana"}
	port.Arguments = `{"port":1}`
	for look, want := range map[Look][2]string{
		host:    {"c/p atlas from controller", "atlas"},
		service: {"c/p service grafana on atlas from controller", "service grafana on atlas"},
		port:    {`c/p atlas from controller with {"port":1}`, "atlas"},
	} {
		if look.Key() != want[0] || look.About() != want[1] {
			t.Errorf("%q about %q, want %q", look.Key(), look.About(), want)
		}
	}
	ledger := NewLedger([]Record{{Look: service, Outcome: Proven, Fresh: 1 << 60}})
	if v := ledger.Judge(host, nil, noon); v.Outcome != Unproven {
		t.Errorf("a proof about a service counts for its host: %+v", v)
	}
}
