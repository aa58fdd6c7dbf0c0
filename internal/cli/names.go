package cli

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"cairn/internal/names"
)

// recordFormat is what names are written for.
type recordFormat names.Format

// Set implements pflag.Value.
func (f *recordFormat) Set(text string) error {
	if !names.Format(text).Known() {
		return errors.New("must be one of " + strings.Join(names.Formats(), ", "))
	}
	*f = recordFormat(text)
	return nil
}

// String implements pflag.Value.
func (f *recordFormat) String() string { return string(*f) }

// Type implements pflag.Value.
func (f *recordFormat) Type() string { return "product" }

func newNames(g *globals) *cobra.Command {
	var format recordFormat
	cmd := &cobra.Command{
		Use:   "names",
		Short: "List the names of the lab with their addresses, as text for a resolver of yours",
		Long: `Names lists what has a name in the lab's domain, and the addresses that it leads to. Those are the hosts, the services and the
certificate authority. It also says which resolvers of the lab know them. It asks no host.

With --for it writes the names as text for a product. Where to put the text stands beside it.

EXIT STATUS
  0  the names were listed
  1  the lab file or a service of the catalog is wrong`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return runNames(g, names.Format(format)) },
	}
	cmd.Flags().Var(&format, "for", "write them for a product: "+strings.Join(names.Formats(), ", "))
	return cmd
}

// nameList is the result of names.
type nameList struct {
	Domain string         `json:"domain"`
	Names  []names.Record `json:"names"`
	// Resolvers are the addresses of the lab's resolvers, which know the names.
	Resolvers []string `json:"resolvers,omitempty"`
	Text      string   `json:"text,omitempty"`  // for the product
	Where     string   `json:"where,omitempty"` // where to put the text
}

func runNames(g *globals, format names.Format) error {
	in, err := g.loadWired()
	if err != nil {
		return err
	}
	list := nameList{Domain: in.lab.Domain, Names: in.services.Names(in.lab), Resolvers: in.resolvers()}
	if format != "" {
		list.Text, list.Where = format.Text(list.Names), format.Where()
		if g.screen.format == formatText {
			g.screen.say("%s", list.Where)
		}
	}
	return g.screen.result(list, func(w io.Writer) {
		if format != "" {
			_, _ = io.WriteString(w, list.Text)
			return
		}
		writeNames(w, list)
	})
}

// resolvers are the addresses of the lab's resolvers.
func (in wired) resolvers() (all []string) {
	for _, name := range in.services.Resolvers(in.lab) {
		h, _ := in.lab.Host(name)
		all = append(all, h.At().String())
	}
	return all
}

func writeNames(w io.Writer, list nameList) {
	width := 0
	for _, r := range list.Names {
		width = max(width, len(r.Name))
	}
	for _, r := range list.Names {
		fmt.Fprintf(w, "%-*s ", width, r.Name)
		for _, a := range r.Addresses {
			fmt.Fprintf(w, " %s", a)
		}
		fmt.Fprintln(w)
	}
	fmt.Fprintln(w)
	if len(list.Resolvers) > 0 {
		fmt.Fprintf(w, "The lab's own resolvers know these names. Your router can tell your devices to ask them: %s\n", strings.Join(list.Resolvers, ", "))
	}
	fmt.Fprintf(w, "Next: cairn names --for PRODUCT, which is one of %s\n", strings.Join(names.Formats(), ", "))
}
