// Package document reads YAML documents strictly: within bounds, and so that
// whatever is wrong has its place. What a document may say is for the package
// that owns it, which declares it as a [Shape]; this one knows how it is written,
// and makes of the shape what is wrong with a document, the schema by which editors
// complete it, and the tables of its reference page.
package document
