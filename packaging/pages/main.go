// Command pages writes what a package holds beside the program: man pages and
// completions for bash, zsh and fish, in the folders below share/ where systems
// look for them. They are made from the commands, so that they cannot say anything
// else than `cairn help`.
//
//	go run ./packaging/pages FOLDER VERSION
package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"cairn/internal/cli"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: pages FOLDER VERSION")
		os.Exit(1)
	}
	if err := write(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "writing the pages:", err)
		os.Exit(1)
	}
}

func write(dir, version string) error {
	files, err := completions(cli.Commands())
	if err != nil {
		return err
	}
	for name, text := range manual(cli.Commands(), version) {
		files[filepath.Join("man", "man1", name)] = text
	}
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// completions are the scripts that ask the program for what completes a word, under
// the names by which the shells find them.
func completions(root *cobra.Command) (map[string]string, error) {
	var bash, zsh, fish bytes.Buffer
	if err := root.GenBashCompletionV2(&bash, true); err != nil {
		return nil, err
	}
	if err := root.GenZshCompletion(&zsh); err != nil {
		return nil, err
	}
	if err := root.GenFishCompletion(&fish, true); err != nil {
		return nil, err
	}
	return map[string]string{
		"bash-completion/completions/cairn":    bash.String(),
		"zsh/vendor-completions/_cairn":        zsh.String(),
		"fish/vendor_completions.d/cairn.fish": fish.String(),
	}, nil
}
