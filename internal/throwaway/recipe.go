package throwaway

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"

	"cairn/internal/distro"
)

// recipe holds the files that make the base image: an ordinary Dockerfile and
// what it copies.
//
//go:embed image
var recipe embed.FS

// imageName is the repository of the base image.
const imageName = "cairn-host"

// ImageTag returns the name of the base image that this program makes. The name
// contains a hash of the recipe, so another recipe makes another image.
func ImageTag() (string, error) {
	files, err := recipeFiles(recipe, "image")
	if err != nil {
		return "", err
	}
	return imageName + ":" + distro.Rehearsed.Tag + "-" + hashOf(files), nil
}

// hashOf names the contents of a recipe in a tag.
func hashOf(files []namedFile) string {
	sum := sha256.New()
	for _, file := range files {
		fmt.Fprintf(sum, "%s %d\n%s", file.name, len(file.data), file.data)
	}
	return hex.EncodeToString(sum.Sum(nil))[:12]
}

// namedFile is a file of a build context or of a host.
type namedFile struct {
	name string // path without a leading slash
	mode int64
	data []byte
}

// recipeFiles returns the files of a recipe's folder, sorted by name.
func recipeFiles(in fs.FS, folder string) ([]namedFile, error) {
	entries, err := fs.ReadDir(in, folder)
	if err != nil {
		return nil, err
	}
	var files []namedFile
	for _, entry := range entries {
		data, err := fs.ReadFile(in, folder+"/"+entry.Name())
		if err != nil {
			return nil, err
		}
		files = append(files, namedFile{entry.Name(), 0o644, data})
	}
	return files, nil
}

// archive packs files as a tar for docker build and docker cp. All files belong
// to root.
func archive(files []namedFile) (*bytes.Buffer, error) {
	var buffer bytes.Buffer
	writer := tar.NewWriter(&buffer)
	for _, file := range files {
		header := &tar.Header{Name: file.name, Mode: file.mode, Size: int64(len(file.data)), Typeflag: tar.TypeReg}
		if err := writer.WriteHeader(header); err != nil {
			return nil, err
		}
		if _, err := writer.Write(file.data); err != nil {
			return nil, err
		}
	}
	return &buffer, writer.Close()
}
