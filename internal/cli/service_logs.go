package cli

import (
	"context"
	"fmt"
	"io"
	"regexp"
	"strings"
	"time"
	"unicode"

	"github.com/spf13/cobra"

	"cairn/internal/host"
	"cairn/internal/problem"
	"cairn/internal/resource"
	"cairn/internal/system"
)

// mostLogLines is how many lines of each container a command may ask for.
const mostLogLines = 10000

// logFlags say which lines of a service's log are shown.
type logFlags struct {
	lines         int
	container, on string
	follow        bool
}

func newServiceLogs(g *globals) *cobra.Command {
	var f logFlags
	cmd := &cobra.Command{
		Use:   "logs NAME",
		Short: "Show what the containers of a service say",
		Long: `Logs shows the newest lines of each container of a service, in the order of their times. In place of the service's secrets it shows
(secret). It changes nothing.

EXIT STATUS
  0    the lines were shown
  1    failed: there is no such service or container, or its host does not run it or cannot be reached
  4    the host refused the login
  130  interrupted`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return runServiceLogs(cmd.Context(), g, args[0], f) },
	}
	cmd.Flags().IntVarP(&f.lines, "lines", "n", 100, "the `NUMBER` of lines of each container")
	cmd.Flags().StringVar(&f.container, "container", "", "only this container, by its `NAME` in the Compose file")
	cmd.Flags().BoolVarP(&f.follow, "follow", "f", false, "go on with new lines until you interrupt it")
	addOn(cmd, &f.on)
	return cmd
}

// serviceLog is the result of service logs.
type serviceLog struct {
	Service string             `json:"service"`
	Host    string             `json:"host"`
	Lines   []resource.LogLine `json:"lines"`         // oldest first
	Cut     bool               `json:"cut,omitempty"` // there were more than one answer takes
}

func runServiceLogs(ctx context.Context, g *globals, name string, f logFlags) error {
	switch {
	case f.lines < 1 || f.lines > mostLogLines:
		return problem.New(problem.CommandUsage, "--lines", fmt.Sprintf("%d is no number from 1 to %d", f.lines, mostLogLines))
	case f.follow && g.screen.format != formatText:
		return problem.New(problem.CommandUsage, "--follow", "a log without an end is shown as text only").WithFix("leave out --follow or --output")
	}
	return g.connected(ctx, name, f.on, func(session *host.Session) error {
		request := resource.LogRequest{Service: name, Container: f.container, Lines: f.lines}
		if f.follow {
			request.Since = time.Unix(0, 1)
			return followLog(ctx, g, session, request)
		}
		log, err := session.ServiceLog(ctx, request)
		if err != nil {
			return err
		}
		return g.showLog(session, name, log)
	})
}

func (g *globals) showLog(session *host.Session, name string, log resource.ServiceLog) error {
	shown := serviceLog{Service: name, Host: session.Host().Name, Lines: append([]resource.LogLine{}, log.Lines...), Cut: log.Cut}
	if shown.Cut {
		g.screen.say("Older lines are left out: one answer has up to 1 MiB.")
	}
	return g.screen.result(shown, func(w io.Writer) { writeLog(w, shown.Lines) })
}

// followEvery is how often a log is asked for new lines.
const followEvery = time.Second

// followLog shows new lines as they come. Each question goes on where the answer before
// was complete, by the host's clock.
func followLog(ctx context.Context, g *globals, session *host.Session, request resource.LogRequest) error {
	for {
		log, err := session.ServiceLog(ctx, request)
		if err == nil {
			log.Lines = log.Complete()
			err = g.showLog(session, request.Service, log)
		}
		if err == nil {
			err = system.Pause(ctx, followEvery)
		}
		if err != nil {
			return err
		}
		request.Since, request.Lines = log.Until, mostLogLines
	}
}

// colourCodes are the sequences that colour text on a terminal (ECMA-48, 8.3.117).
var colourCodes = regexp.MustCompile(`\x1b\[[0-9;]*m`)

// writeLog writes lines of a log. A container may say anything, so control sequences
// are left out.
func writeLog(w io.Writer, lines []resource.LogLine) {
	width := 0
	for _, l := range lines {
		width = max(width, len(l.Container))
	}
	for _, l := range lines {
		text := strings.Map(func(r rune) rune {
			if r != '\t' && unicode.IsControl(r) {
				return -1
			}
			return r
		}, colourCodes.ReplaceAllString(l.Text, ""))
		fmt.Fprintf(w, "%s %-*s  %s\n", l.At.Local().Format(time.DateTime), width, l.Container, text)
	}
}
