// Package document reads YAML documents strictly: within limits, and with a
// place for everything that is wrong. The package that owns a kind of document
// declares what it may contain, as a [Shape]. From the shape this package
// derives the faults of a document, the schema with which editors complete it,
// and the tables of its reference page.
package document
