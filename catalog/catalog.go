// Package catalog holds the services that Cairn brings, as data: one folder a
// service. internal/catalog reads them.
package catalog

import "embed"

// Files are the folders of all services.
//
//go:embed */*
var Files embed.FS
