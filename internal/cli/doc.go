// Package cli is Cairn on the command line: it reads what the owner wants, has
// the engine do it, and shows what became of it. It decides nothing.
//
// # Habits
//
// What was asked for goes to stdout; progress and talk go to stderr, so that a
// command can be piped. `-o` chooses text, json (one document at the end) or
// ndjson (one event a line, the document last). Colour is used on a terminal
// only and never alone. Nothing is asked without a terminal.
package cli
