// Package roadmap says what must happen: stages with their tasks, milestones,
// checkpoints, challenges and criteria, the choices that they leave open, and
// the to-do list. The homelab roadmap itself is data (homelab.yaml). Its page
// for readers is made from that ([Markdown]).
//
// Every thing has its own id, which begins with its stage's, as in
// "foundation.firewall". What belongs to a discretionary task counts only once
// that task is planned in.
//
// A Roadmap does not change after loading, so several goroutines may read it.
package roadmap
