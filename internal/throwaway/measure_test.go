package throwaway

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cairn/internal/problem"
)

func TestMissingCapabilities(t *testing.T) {
	tests := []struct {
		set  string
		last int
		want []string
	}{
		{"000001ffffffffff", 40, nil},
		{"000001fffeffffff\n", 40, []string{"SYS_RESOURCE"}},
		{"0000003fffffffff", 37, nil}, // an old kernel has no PERFMON to miss
		{"0000003fffffffff", 40, []string{"PERFMON", "BPF", "CHECKPOINT_RESTORE"}},
	}
	for _, test := range tests {
		got, err := missingCapabilities(test.set, test.last)
		if err != nil || !slices.Equal(got, test.want) {
			t.Errorf("missingCapabilities(%q, %d) = %q, %v", test.set, test.last, got, err)
		}
	}
	if _, err := missingCapabilities("no", 40); err == nil {
		t.Error("took words for a set")
	}
}

func TestRights(t *testing.T) {
	v1 := Capabilities{Engine: Engine{CgroupVersion: 1}, Missing: []string{"SYS_RESOURCE"}, Tun: true}
	v2 := Capabilities{Engine: Engine{CgroupVersion: 2, UserNS: true}}
	tests := []struct {
		name          string
		found         Capabilities
		with, without []string
	}{
		{"version 1, not all capabilities", v1,
			[]string{"--cap-drop SYS_RESOURCE", "--device /dev/net/tun", "--cgroupns host", "--volume /sys/fs/cgroup:/sys/fs/cgroup:rw", "SYSTEMD_CGROUP_ENABLE_LEGACY_FORCE=1"},
			[]string{"--privileged", "REHEARSAL_CGROUP"}},
		{"version 2, user namespaces", v2,
			[]string{"--cgroupns private", "--env REHEARSAL_CGROUP=2", "--userns host"},
			[]string{"--privileged", "--cap-drop", "/sys/fs/cgroup:", "SYSTEMD_", "--device"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			args := strings.Join(test.found.rights(), " ")
			for _, word := range test.with {
				if !strings.Contains(args, word) {
					t.Errorf("no %q in %q", word, args)
				}
			}
			for _, word := range test.without {
				if strings.Contains(args, word) {
					t.Errorf("%q in %q", word, args)
				}
			}
		})
	}
}

func TestWhatIsMissingIsSaid(t *testing.T) {
	all := []string{"mount", "cgroup", "overlay", "nftables", "ipv6", "sysctl", "module:wireguard", "watchers:128"}
	var found Capabilities
	found.read(all)
	if err := found.check(all); err != nil {
		t.Error(err)
	}
	want := Capabilities{IPv6: true, Nftable: true, Overlay: true, Modules: []string{"wireguard"}, Watchers: 128}
	if diff := cmp.Diff(want, found); diff != "" {
		t.Error(diff)
	}
	for word, sentence := range map[string]string{"cgroup": "control group", "nftables": "nft", "sysctl": "/proc/sys", "mount": "mount anything"} {
		less := slices.DeleteFunc(slices.Clone(all), func(w string) bool { return w == word })
		err := found.check(append(less, word+failure+"what mkdir saw "))
		if problem.CodeOf(err) != problem.RehearsalNoSystemd || !strings.Contains(err.Error(), sentence) || !strings.HasSuffix(err.Error(), ": what mkdir saw") {
			t.Errorf("without %s: %v", word, err)
		}
		if err := found.check(less); problem.CodeOf(err) != problem.RehearsalNoSystemd {
			t.Errorf("without %s and without a word: %v", word, err)
		}
	}
	found = Capabilities{}
	if found.read([]string{"module:wireguard" + failure + "Not supported"}); len(found.Modules) != 0 {
		t.Errorf("took a failure for a module: %q", found.Modules)
	}
}

func TestRoomForHosts(t *testing.T) {
	for _, test := range []struct {
		watchers, hosts int
		fix             string
	}{
		{128, 10, ""},
		{128, 11, "sysctl fs.inotify.max_user_instances=256"},
		{128, 50, "sysctl fs.inotify.max_user_instances=1024"},
		{1024, 50, ""},
		{0, 50, ""},
	} {
		err := Capabilities{Watchers: test.watchers}.roomFor(test.hosts)
		p := problem.Of(err)
		if (p == nil) != (test.fix == "") || p != nil && (p.Code != problem.RehearsalNoRoom || !strings.Contains(p.Fix, test.fix)) {
			t.Errorf("%d hosts with %d instances: %v", test.hosts, test.watchers, err)
		}
	}
}

func TestCreateArgs(t *testing.T) {
	spec := hostSpec{
		name: "server", container: "cairn-1-server", network: "cairn-1", volume: "cairn-1-server-docker",
		place:  place{"server", netip.MustParseAddr("10.83.0.10"), netip.MustParseAddr("fd83::10")},
		labels: []string{"--label", "a=b"},
	}
	got := strings.Join(spec.createArgs(Capabilities{}, "image"), " ")
	for _, word := range []string{"create --name cairn-1-server --hostname server --network cairn-1 --ip 10.83.0.10 --ip6 fd83::10",
		"--label a=b", "--label " + labelHost + "=server", "--volume cairn-1-server-docker:/var/lib/docker"} {
		if !strings.Contains(got, word) {
			t.Errorf("no %q in %q", word, got)
		}
	}
	if !strings.HasSuffix(got, " image") {
		t.Errorf("%q does not end in the image", got)
	}
}
