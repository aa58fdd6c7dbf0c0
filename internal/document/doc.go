// Package document reads YAML documents strictly: within bounds, and so that
// whatever is wrong has its place. What a document may say is for the package
// that owns it; this one knows how it is written.
package document
