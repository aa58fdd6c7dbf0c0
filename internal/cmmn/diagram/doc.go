// Package diagram lays out a case model and draws it in the notation of CMMN
// 1.1 (OMG formal/2016-12-01, chapter 6).
//
// [Layout] gives every element its place. [SVG] draws a model that was laid
// out, alone or with the [Marks] of a running case. [Mermaid] writes a
// flowchart for Markdown. All three are pure: the same model gives the same
// bytes, and several goroutines may call them at once. They take models that
// [cmmn.Compile] accepts.
//
// # How it is laid out
//
// Each stage is a grid. Its columns are layers: an item stands to the right of
// everything in its stage that it waits for. Stages keep the model's order.
// What would be too wide continues in the next row of columns. Streets run
// between columns and rows and hold no boxes. Lines follow streets, so a line
// crosses only boxes that contain one of its ends. A street is as wide as its
// lines need. That takes two rounds: one finds the routes, the other places
// everything with room for them.
package diagram
