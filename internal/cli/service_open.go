package cli

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"cairn/internal/problem"
)

func newServiceOpen(g *globals) *cobra.Command {
	var on string
	cmd := &cobra.Command{
		Use:   "open NAME",
		Short: "Print the address of a service, and open it in your browser",
		Long: `Open prints the addresses at which a service answers. If this computer has a desktop, it also opens the first of them in your
browser. It asks no host.

EXIT STATUS
  0  the addresses were printed
  1  there is no such service, or it has no address`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return runServiceOpen(cmd.Context(), g, args[0], on) },
	}
	addOn(cmd, &on)
	return cmd
}

// openedService is the result of service open.
type openedService struct {
	Service   string   `json:"service"`
	Host      string   `json:"host"`
	Addresses []string `json:"addresses"`
	Opened    bool     `json:"opened"` // the browser got the first one
}

func runServiceOpen(ctx context.Context, g *globals, name, on string) error {
	in, s, err := g.placed(g.loadWired, name, on)
	if err != nil {
		return err
	}
	opened := openedService{Service: name, Host: s.host.Name, Addresses: s.release.Addresses()}
	if len(opened.Addresses) == 0 {
		return problem.New(problem.ServiceNoAddress, name, name+" has no address for a browser")
	}
	for _, route := range s.release.Service.Routes {
		if name := s.release.Values.Routes[route.Name]; !resolves(ctx, name) {
			g.screen.say("%s has no address on this computer. %s", name, in.whereNamesAre())
		}
	}
	if argv := browser(runtime.GOOS, os.Getenv); g.screen.format == formatText && argv != nil {
		opened.Opened = exec.CommandContext(ctx, argv[0], append(argv[1:], opened.Addresses[0])...).Run() == nil
	}
	return g.screen.result(opened, func(w io.Writer) {
		for _, address := range opened.Addresses {
			fmt.Fprintln(w, address)
		}
	})
}

// whereNamesAre says how a computer learns the lab's names.
func (in wired) whereNamesAre() string {
	if all := in.resolvers(); len(all) > 0 {
		return "Let it ask the lab's resolver at " + strings.Join(all, " or ") + ", or enter what `cairn names` lists."
	}
	return "`cairn names` lists what to enter at your resolver."
}

// resolves reports whether a name has an address on this computer.
func resolves(ctx context.Context, name string) bool {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	found, err := net.DefaultResolver.LookupHost(ctx, name)
	return err == nil && len(found) > 0
}

// browser returns the program that opens an address in the owner's browser, or nil if
// there is no desktop, as over SSH.
func browser(system string, getenv func(string) string) []string {
	desktop := getenv("DISPLAY") != "" || getenv("WAYLAND_DISPLAY") != ""
	switch {
	case getenv("SSH_CONNECTION") != "":
		return nil
	case system == "darwin":
		return []string{"open"}
	case system == "windows":
		return []string{"rundll32", "url.dll,FileProtocolHandler"}
	case desktop:
		return []string{"xdg-open"}
	}
	return nil
}
