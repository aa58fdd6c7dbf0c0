package cli

import (
	"context"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/pflag"

	builtin "cairn/catalog"
	"cairn/internal/adoption"
	"cairn/internal/catalog"
	"cairn/internal/engine"
	"cairn/internal/host"
	"cairn/internal/lab"
	"cairn/internal/problem"
	"cairn/internal/roadmap"
	"cairn/internal/task"
	"cairn/internal/wiring"
)

// globals are the flags that every command has, and what they lead to.
type globals struct {
	screen  *screen
	labPath string
}

func (g *globals) addFlags(flags *pflag.FlagSet) {
	flags.StringVar(&g.labPath, "lab", "", "the lab `FILE` (default: lab.yaml here or in a folder above)")
	flags.VarP(&g.screen.format, "output", "o", "`FORMAT` of the result: text, json or ndjson")
}

// loadLab reads the lab file and checks it against the roadmap.
func (g *globals) loadLab() (*lab.Lab, *roadmap.Roadmap, error) {
	l, r, _, err := g.loadWithCatalog()
	return l, r, err
}

// loadWithCatalog also returns the services that the lab file was checked against.
func (g *globals) loadWithCatalog() (*lab.Lab, *roadmap.Roadmap, *catalog.Catalog, error) {
	r, err := roadmap.Homelab(task.Implemented)
	if err != nil {
		return nil, nil, nil, err
	}
	path := g.labPath
	if path == "" {
		if path, err = lab.Find("."); err != nil {
			return nil, nil, nil, err
		}
	}
	known := knownTo(r)
	c, err := catalogBeside(path)
	if err != nil {
		return nil, nil, nil, err
	}
	known.Services = c
	l, err := known.Load(path)
	if err != nil {
		return l, r, c, err
	}
	return l, r, withOwn(c, l), nil
}

// withOwn returns a catalog with the services that a lab has from Compose files of the
// owner's own.
func withOwn(c *catalog.Catalog, l *lab.Lab) *catalog.Catalog {
	for _, declared := range l.Services {
		if declared.Compose == "" {
			continue
		}
		var service *catalog.Service
		p, err := adoption.Of(filepath.Join(l.Dir, filepath.FromSlash(declared.Compose)), adoption.Options{
			Name: declared.Name, HTTPPort: declared.HTTPPort, Others: serviceNames(l), NoSecrets: true,
		})
		if err == nil {
			service, err = p.Catalog()
		}
		c = c.With(declared.Name, service, err)
	}
	return c
}

// serviceNames returns the names of a lab's services.
func serviceNames(l *lab.Lab) (names []string) {
	if l == nil {
		return nil
	}
	for _, s := range l.Services {
		names = append(names, s.Name)
	}
	return names
}

// catalogFolder is the folder beside the lab file with services of the owner's own.
const catalogFolder = "catalog"

// catalogBeside returns the services that come with Cairn, and those of the folder
// beside a lab file.
func catalogBeside(labPath string) (*catalog.Catalog, error) {
	sources := []catalog.Source{{Dir: catalogFolder, Files: builtin.Files}}
	own := filepath.Join(filepath.Dir(labPath), catalogFolder)
	if info, err := os.Stat(own); err == nil && info.IsDir() {
		sources = append(sources, catalog.Source{Dir: own, Files: os.DirFS(own)})
	}
	return catalog.Open(sources...)
}

// knownTo is what a lab file is checked against: the roadmap's names, today's
// date, and what this version cannot do.
func knownTo(r *roadmap.Roadmap) lab.Known {
	known := lab.Known{Parts: map[string][]string{}, Now: time.Now(), LaterOptions: map[string][]string{}, LaterServices: true}
	known.Home, _ = os.UserHomeDir()
	ready := map[string]bool{}
	for _, stage := range r.Stages {
		for _, c := range stage.Checkpoints {
			known.Checkpoints = append(known.Checkpoints, c.ID)
			for _, use := range c.Probes {
				known.Parts[c.ID] = append(known.Parts[c.ID], use.Probe)
			}
		}
		for _, t := range stage.Tasks {
			for _, choice := range t.Choices {
				ready[choice] = ready[choice] || t.Available
			}
		}
	}
	for _, c := range r.Choices {
		for i, o := range c.Options {
			if c.Lab && (!ready[c.ID] || task.Later(c.ID, o.ID, i == 0)) {
				known.LaterOptions[c.ID] = append(known.LaterOptions[c.ID], o.ID)
			}
		}
	}
	return known
}

// addHosts adds the flag that narrows a command down to some hosts.
func addHosts(flags *pflag.FlagSet, hosts *[]string) {
	flags.StringSliceVar(hosts, "host", nil, "only this host, by its `NAME` in lab.yaml; may be given several times")
}

// open makes the engine for a command that changes hosts: those named or all.
func (g *globals) open(ctx context.Context, login loginFlags, hosts ...string) (*engine.Engine, error) {
	return g.openAs(ctx, g.loadToReach, login, hosts, false)
}

// survey makes the engine for a command that looks at hosts and changes none.
func (g *globals) survey(ctx context.Context, login loginFlags, hosts ...string) (*engine.Engine, error) {
	return g.openAs(ctx, g.loadToReach, login, hosts, true)
}

// steering makes the engine for a command that changes the case and reaches no host.
func (g *globals) steering(ctx context.Context) (*engine.Engine, error) {
	return g.openAs(ctx, g.loadWired, loginFlags{}, nil, false)
}

// look makes the reader for a command that shows what is known. It writes nothing
// and reaches no host.
func (g *globals) look(ctx context.Context, show func(*engine.View) error) error {
	in, err := g.loadWired()
	if in.lab == nil {
		return err
	}
	if err != nil { // it does not keep an owner from seeing the rest
		g.screen.say("warning: services are left out: %s", err.Error())
	}
	reader, err := engine.OpenReader(ctx, engine.ReadOptions{Lab: in.lab, Roadmap: in.roadmap, Services: in.services, Now: time.Now})
	if err != nil {
		return err
	}
	defer func() { _ = reader.Close() }()
	view, err := reader.View(ctx)
	if err != nil {
		return err
	}
	return show(view)
}

// wired is a lab with everything that follows from it before a host is asked.
type wired struct {
	lab      *lab.Lab
	roadmap  *roadmap.Roadmap
	catalog  *catalog.Catalog
	services *wiring.Wiring
}

// loadWired reads the lab and what its services need. If only the services are
// wrong, it returns the lab without them, with the error.
func (g *globals) loadWired() (wired, error) {
	l, r, c, err := g.loadWithCatalog()
	if err != nil {
		return wired{}, err
	}
	w, err := wiring.Of(l, c)
	if err != nil {
		return wired{l, r, c, &wiring.Wiring{}}, err
	}
	lock, err := l.ReadImageLock()
	w.Pin(lock.Images)
	return wired{l, r, c, w}, err
}

// loader reads the lab for a command.
type loader func() (wired, error)

// loadToReach loads the lab for a command that logs in to hosts. It refuses a lab
// whose key is missing here, and reports settings that have expired.
func (g *globals) loadToReach() (wired, error) {
	in, err := g.loadWired()
	if err != nil {
		return wired{}, err
	}
	return g.toReach(in)
}

// toReach is [globals.loadToReach] for a lab that was read already.
func (g *globals) toReach(in wired) (wired, error) {
	for _, f := range remarksOf(in.lab, problem.LabExpired) {
		g.screen.say("warning: %s", f.Error())
	}
	return in, keyMissing(in.lab)
}

func (g *globals) openAs(ctx context.Context, load loader, login loginFlags, hosts []string, lookOnly bool) (*engine.Engine, error) {
	in, err := load()
	if err != nil {
		return nil, err
	}
	how, err := login.login(in.lab)
	if err != nil {
		return nil, err
	}
	connector, err := g.connector(in.lab, login)
	if err != nil {
		return nil, err
	}
	return engine.Open(ctx, engine.Options{
		Lab: in.lab, Roadmap: in.roadmap, Services: in.services, Secrets: g.secretsOf(in.lab), Root: rootOf(in.lab), KeepImages: g.keepImages(in),
		Connector: connector, Now: time.Now, Progress: g.screen.progress,
		Login: how, Only: hosts, LookOnly: lookOnly,
	})
}

func (g *globals) connector(l *lab.Lab, login loginFlags) (*host.Connector, error) {
	home, err := os.UserHomeDir()
	if err != nil {
		home = ""
	}
	return host.New(host.Options{
		Lab: l, Dir: engine.StateDirOf(l), Home: home, AgentSocket: os.Getenv("SSH_AUTH_SOCK"), Ask: g.screen.prompter(), Fingerprint: login.fingerprint, Now: time.Now,
		Progress: func(name, text string) {
			g.screen.progress(engine.Event{Type: engine.EventConnecting, Host: name, Text: text, At: time.Now().UTC()})
		},
	})
}
