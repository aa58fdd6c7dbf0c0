// Package diagram lays a case model out and draws it in the notation of CMMN 1.1
// (OMG formal/2016-12-01, chapter 6).
//
// [Layout] gives every element its place, [SVG] draws a laid out model, alone or
// with the [Marks] of a running case, and [Mermaid] writes a flowchart for
// Markdown. All three are pure: the same model gives the same bytes, and
// everything here may be used concurrently. They take models that [cmmn.Compile]
// accepts.
//
// # How it is laid out
//
// Each stage is a grid. Its columns are layers: an item stands right of
// everything in its stage that it waits for. What would be too wide goes on in
// the next row of columns. Between columns and rows run streets, which hold no
// boxes; lines follow streets, so no line crosses a box that contains neither of
// its ends. A street is as wide as its lines need: this takes two rounds, one to
// find the routes and one to place everything with room for them.
package diagram
