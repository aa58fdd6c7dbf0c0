// Package roadmap is what must happen: stages with their tasks, milestones,
// checkpoints, challenges and criteria, the choices they leave, and the to-do
// list. The homelab roadmap itself is data (homelab.yaml); the page for its
// readers is made from that ([Markdown]).
//
// Every thing has an id of its own that begins with its stage's, as in
// "foundation.firewall". What belongs to a discretionary task counts only when
// that task is planned in.
//
// A Roadmap is not changed after loading, and so may be read by many at once.
package roadmap
