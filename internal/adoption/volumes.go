package adoption

import (
	"cmp"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/compose-spec/compose-go/v2/types"

	"cairn/internal/document"
)

// keeper gives the volumes of a service their names.
type keeper struct {
	*adopter
	names map[string]string // by what was mounted before
}

// volumes makes volumes of everything that containers write, and copies the files that
// they read.
func (a *adopter) volumes() {
	k := &keeper{a, map[string]string{}}
	for _, name := range a.names() {
		a.change(name, func(c *types.ServiceConfig) {
			var kept []types.ServiceVolumeConfig
			for _, m := range c.Volumes {
				if k.mount(*c, &m) {
					kept = append(kept, m)
				}
			}
			c.Volumes = kept
			k.database(c)
		})
	}
	a.project.Volumes = types.Volumes{}
	for volume := range a.service.Data {
		a.project.Volumes[volume] = types.VolumeConfig{}
	}
}

// mount turns a mount into one that a catalog may have, and reports whether it stays.
func (k *keeper) mount(c types.ServiceConfig, m *types.ServiceVolumeConfig) bool {
	at := k.find(c.Name, containing(m.Target), "volumes")
	switch m.Type {
	case types.VolumeTypeTmpfs:
		return true
	case types.VolumeTypeVolume:
		if m.Source == "" {
			k.warn("anonymous-volume", at, "the volume at %s has no name and would be lost with its container; it gets one", m.Target)
			k.keep(c, m, c.Name+":"+m.Target, c.Name+"-"+path.Base(m.Target))
			return true
		}
		k.named(c, m, at)
		return true
	case types.VolumeTypeBind:
		return k.bind(c, m, at)
	}
	k.stop("mount-type", at, "a mount of the type %s is not possible", document.Quoted(m.Type))
	return false
}

// named keeps a volume of the file.
func (k *keeper) named(c types.ServiceConfig, m *types.ServiceVolumeConfig, at document.Place) {
	v := k.project.Volumes[m.Source]
	place := k.file.Find(func(string) bool { return false }, "volumes", m.Source)
	switch {
	case bool(v.External):
		k.warn("volume-external", place, "the volume %s is made elsewhere; the service gets one of its own, and what is in the other is not taken over", m.Source)
	case len(v.DriverOpts) > 0, v.Driver != "" && v.Driver != "local":
		k.stop("volume-driver", place, "Cairn makes only plain volumes, and %s has options of a driver", m.Source)
	case v.Name != "" && v.Name != k.project.Name+"_"+m.Source:
		k.warn("volume-name", place, "the volume %s gets a name of Cairn's; what is in %s is not taken over", m.Source, v.Name)
	}
	k.keep(c, m, "volume "+m.Source, m.Source)
}

// keep mounts a volume of the service in place of something else.
func (k *keeper) keep(c types.ServiceConfig, m *types.ServiceVolumeConfig, instead, wanted string) {
	name, known := k.names[instead]
	if !known {
		name = k.free(wanted)
		k.names[instead] = name
	}
	m.Type, m.Source, m.Bind, m.Consistency = types.VolumeTypeVolume, name, nil, ""
	if _, has := k.service.Data[name]; !has {
		k.service.Data[name] = Data{Reason: fmt.Sprintf("what %s keeps in %s", c.Name, shortened(m.Target)), Quiesce: "stop"}
	}
}

// free returns a name for a volume that no other one has.
func (k *keeper) free(wanted string) string {
	name := wanted
	if !containerName.MatchString(name) {
		name = cmp.Or(label(name), "data")
	}
	for n := 2; ; n++ {
		if _, taken := k.service.Data[name]; !taken {
			return name
		}
		name = label(fmt.Sprintf("%.50s-%d", wanted, n))
	}
}

// shortened returns a text that fits into a reason.
func shortened(text string) string {
	runes := []rune(strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 {
			return '?'
		}
		return r
	}, text))
	return string(runes[:min(len(runes), 80)])
}

// ofTheSystem are folders of a host that belong to its system.
var ofTheSystem = []string{"/bin", "/boot", "/dev", "/etc", "/lib", "/lib64", "/proc", "/root", "/run", "/sbin", "/sys", "/usr", "/var/lib/docker", "/var/run", "/var/log"}

// bind turns a folder or a file of the host into a volume or a file of the service.
func (k *keeper) bind(c types.ServiceConfig, m *types.ServiceVolumeConfig, at document.Place) bool {
	source := path.Clean(filepath.ToSlash(m.Source))
	shown := k.shown(source)
	rest, below := k.below(source)
	within := func(dir string) bool { return source == dir || strings.HasPrefix(source, dir+"/") }
	switch {
	case strings.HasSuffix(source, ".sock"):
		k.stop("docker-socket", at, "%s makes the container %s root on the host", shown, c.Name)
	case source == "/etc/localtime", source == "/etc/timezone":
		k.warn("host-time-zone", at, "%s is not mounted; the variable TZ has the lab's time zone", shown)
		if c.Environment["TZ"] == nil {
			zone := timezoneMark
			c.Environment["TZ"] = &zone
		}
	case below:
		return k.beside(c, m, at, rest)
	case source == "/", source == "/home", source == "/var", slices.ContainsFunc(ofTheSystem, within):
		k.stop("host-folder", at, "%s belongs to the system of the host", shown)
	case m.ReadOnly:
		k.stop("host-folder", at, "the container %s reads %s, which something else on the host fills; Cairn mounts no folders of a host", c.Name, shown)
	default:
		k.warn("bind-mount", at, "the folder %s of the host becomes a volume; what is in it is not taken over", shown)
		k.keep(c, m, source, path.Base(source))
		return true
	}
	return false
}

// beside turns what is beside the Compose file into a volume, or copies it. rest is its
// path.
func (k *keeper) beside(c types.ServiceConfig, m *types.ServiceVolumeConfig, at document.Place, rest string) bool {
	info, err := os.Stat(filepath.Join(k.dir, filepath.FromSlash(rest)))
	there := err == nil
	switch {
	case rest == ".":
		k.stop("bind-mount", at, "the whole folder of the Compose file is mounted; name what the container needs")
		return false
	case there && info.Mode().IsRegular(), there && m.ReadOnly:
		if !m.ReadOnly {
			k.warn("file-read-only", at, "the container %s cannot write ./%s any more: Cairn writes that file", c.Name, rest)
		}
		if !k.copy(rest, at) {
			return false
		}
		m.Source, m.ReadOnly, m.Bind = "./"+rest, true, nil
		return true
	case !there && (m.ReadOnly || configExtension(path.Ext(rest))):
		k.stop("file-missing", at, "there is no ./%s beside the Compose file", rest)
		return false
	}
	k.warn("bind-mount", at, "the folder ./%s becomes a volume; what is in it is not taken over", rest)
	k.keep(c, m, filepath.Join(k.dir, rest), label(rest))
	return true
}

// configExtension reports whether a name with this extension is that of a file.
func configExtension(ext string) bool {
	return slices.Contains([]string{".conf", ".cfg", ".env", ".ini", ".json", ".sh", ".sql", ".toml", ".txt", ".xml", ".yaml", ".yml"}, strings.ToLower(ext))
}

// The most that is copied for one mount.
const (
	mostFiles = 100
	mostBytes = 1 << 20
)

// copy takes a file or the files of a folder into the service's folder. They are
// templates there.
func (k *keeper) copy(rest string, at document.Place) bool {
	files, size := map[string][]byte{}, 0
	root := os.DirFS(k.dir)
	err := fs.WalkDir(root, rest, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		if size += int(info.Size()); size > mostBytes || len(files) >= mostFiles || !info.Mode().IsRegular() {
			return fs.ErrInvalid
		}
		files[name], err = fs.ReadFile(root, name)
		return err
	})
	if err != nil || slices.ContainsFunc(slices.Collect(maps.Values(files)), func(data []byte) bool { return !utf8.Valid(data) }) {
		k.stop("file-not-copied", at, "./%s cannot be copied: Cairn takes at most %d files of text, of 1 MiB together", rest, mostFiles)
		return false
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if name == "service.yaml" || name == "compose.yaml" || strings.HasPrefix(name, "secrets/") {
			k.stop("file-not-copied", at, "a service has a file %s of its own already", name)
			return false
		}
		if line := secretLine(files[name]); line > 0 {
			k.stop("secret-in-file", at, "line %d of ./%s looks like a secret, and would be copied in the open", line, name)
			return false
		}
		k.files[name] = []byte(strings.ReplaceAll(string(files[name]), "{{", `{{"{{"}}`))
	}
	k.warn("file-copied", at, "./%s is copied into the service's folder; see that no secret is in it", rest)
	return true
}

// database gives a database a volume if it has none.
func (k *keeper) database(c *types.ServiceConfig) {
	p := productOf(*c)
	if p.data == "" {
		return
	}
	targets := []string{}
	for _, m := range c.Volumes {
		targets = append(targets, path.Clean(m.Target))
	}
	for _, text := range c.Tmpfs {
		target, _, _ := strings.Cut(text, ":")
		targets = append(targets, path.Clean(target))
	}
	if p.data == "/var/lib/postgresql" && slices.Contains(targets, "/var/lib/postgresql/data") {
		k.stop("database-path", k.find(c.Name, containing("/var/lib/postgresql/data"), "volumes"), "Postgres 18 and newer keep their data in /var/lib/postgresql, and nothing in /var/lib/postgresql/data")
		return
	}
	if slices.ContainsFunc(targets, func(target string) bool {
		return target == p.data || strings.HasPrefix(p.data, target+"/") || strings.HasPrefix(target, p.data+"/")
	}) {
		return
	}
	k.warn("database-without-volume", k.at(c.Name), "the data of %s would be lost with its container; it gets a volume at %s", c.Name, p.data)
	m := types.ServiceVolumeConfig{Type: types.VolumeTypeVolume, Target: p.data}
	k.keep(*c, &m, c.Name+":"+p.data, c.Name+"-data")
	c.Volumes = append(c.Volumes, m)
}
