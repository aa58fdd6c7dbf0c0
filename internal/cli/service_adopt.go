package cli

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"cairn/internal/adoption"
	"cairn/internal/lab"
	"cairn/internal/problem"
	"cairn/internal/spelling"
	"cairn/internal/vault"
)

// proposedServices is the result of service add --compose --dry-run.
type proposedServices struct {
	Services map[string]adoption.Service `json:"services"` // by name
	Warnings []adoption.Warning          `json:"warnings"` // what is dangerous or loses data
}

// propose makes a service of the Compose file that the flags name.
func (f serviceFlags) propose(l *lab.Lab, args []string) (*adoption.Proposal, error) {
	o := adoption.Options{Others: serviceNames(l)}
	if len(args) == 1 {
		o.Name = args[0]
	}
	return adoption.Of(f.compose, o)
}

func runServicePropose(g *globals, f serviceFlags, args []string) error {
	s, err := g.loadServices()
	if err != nil {
		return err
	}
	p, err := f.propose(s.lab, args)
	if err != nil {
		return err
	}
	shown := proposedServices{Services: map[string]adoption.Service{p.Service.Service: p.Service}, Warnings: append([]adoption.Warning{}, p.Warnings...)}
	return g.screen.result(shown, func(w io.Writer) { writeProposal(w, p) })
}

func writeProposal(w io.Writer, p *adoption.Proposal) {
	for _, name := range slices.Sorted(maps.Keys(p.Files)) {
		fmt.Fprintf(w, "%s:\n%s\n", filepath.Join(catalogFolder, p.Service.Service, filepath.FromSlash(name)), bytes.TrimRight(p.Files[name], "\n"))
		fmt.Fprintln(w)
	}
	refused := 0
	for _, warning := range p.Warnings {
		word := "warning"
		if warning.Stops() {
			word = "refused"
			refused++
		}
		fmt.Fprintf(w, "%s: %s: %s\n", word, warning.Where, warning.Summary)
	}
	if refused > 0 {
		fmt.Fprintf(w, "%s cannot be added before you change %s of the Compose file. Nothing was changed.\n", p.Service.Service, spelling.Count(refused, "place"))
		return
	}
	fmt.Fprintln(w, "Nothing was changed.\nNext: the same without --dry-run")
}

// runServiceAdopt adds a service that it makes of a Compose file. After an interruption
// it can be run again.
func runServiceAdopt(g *globals, f serviceFlags, args []string) error {
	in, err := g.loadWired()
	if err != nil {
		return err
	}
	p, err := f.propose(in.lab, args)
	if err != nil {
		return err
	}
	name := p.Service.Service
	service, err := p.Catalog()
	if err != nil {
		return err
	}
	folder := filepath.Join(in.lab.Dir, catalogFolder, name)
	if err := free(in, folder, p); err != nil {
		return err
	}
	in.catalog = in.catalog.With(name, service, nil)
	release, err := in.planned(name, f.on)
	if err != nil {
		return err
	}
	secrets, err := g.keepSecrets(p)
	if err != nil {
		return err
	}
	if err := writeFolder(folder, p.Files); err != nil {
		return problem.Wrap(problem.CommandFile, folder, "the service's folder cannot be written", err)
	}
	if err := knownWith(in).AddService(in.lab.File, name, f.on); err != nil {
		return err
	}
	return g.added(changedService{Service: name, File: in.lab.File, In: true, Folder: folder, Secrets: secrets, Warnings: p.Warnings}, release)
}

// free reports a name that the catalog has already. A folder with the same files is
// what an interrupted run left.
func free(in wired, folder string, p *adoption.Proposal) error {
	if hasService(in.lab, p.Service.Service) || !in.catalog.Has(p.Service.Service) || sameFiles(folder, p.Files) {
		return nil // that the lab has it is said later
	}
	return problem.New(problem.ServiceThere, p.Service.Service, "the catalog has a service "+p.Service.Service+" already").
		WithFix("give yours another NAME behind the file, or remove the folder `" + folder + "` if it is of no use any more")
}

// sameFiles reports whether a folder has these files.
func sameFiles(folder string, files map[string][]byte) bool {
	for name, content := range files {
		there, err := os.ReadFile(filepath.Join(folder, filepath.FromSlash(name)))
		if err != nil || !bytes.Equal(there, content) {
			return false
		}
	}
	return true
}

// writeFolder writes a service's folder. It appears at once: its temporary name begins
// with a dot, which the catalog leaves out.
func writeFolder(folder string, files map[string][]byte) error {
	if sameFiles(folder, files) {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(folder), 0o755); err != nil {
		return err
	}
	temporary, err := os.MkdirTemp(filepath.Dir(folder), "."+filepath.Base(folder)+"-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(temporary) }()
	if err := os.Chmod(temporary, 0o755); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		path := filepath.Join(temporary, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, files[name], 0o644); err != nil {
			return err
		}
	}
	return os.Rename(temporary, folder)
}

// keepSecrets puts the secrets of a Compose file into the vault, and returns their
// names. A value that the vault has already stays.
func (g *globals) keepSecrets(p *adoption.Proposal) (names []string, err error) {
	if len(p.Secrets) == 0 {
		return nil, nil
	}
	v, _, err := g.vaultToWrite()
	if err != nil {
		return nil, err
	}
	for _, s := range p.Secrets {
		names = append(names, s.Name)
		_, there, err := entryOf(v, p.Service.Service, s.Name)
		if err != nil {
			return nil, err
		}
		if there {
			g.screen.say("the vault has %s/%s already; that value stays", p.Service.Service, s.Name)
			continue
		}
		if err := v.Set(vault.Declaration{Service: p.Service.Service, Name: s.Name, Form: vault.Given, Escrow: s.Escrow}, s.Value); err != nil {
			return nil, err
		}
	}
	slices.Sort(names)
	return names, nil
}
