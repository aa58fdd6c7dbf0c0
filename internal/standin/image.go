package standin

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"
)

// The media types of an image with one layer (distribution, "Image Manifest Version
// 2, Schema 2"), which every Docker Engine takes.
const (
	manifestType = "application/vnd.docker.distribution.manifest.v2+json"
	configType   = "application/vnd.docker.container.image.v1+json"
	layerType    = "application/vnd.docker.image.rootfs.diff.tar.gzip"
)

// The files of an image in the cache.
const (
	layerFile    = "layer.tar.gz"
	configFile   = "config.json"
	manifestFile = "manifest.json"
)

// CacheDir returns the folder in which the images of this user are kept.
func CacheDir() (string, error) {
	dir, err := os.UserCacheDir()
	return filepath.Join(dir, "cairn", "images"), err
}

// Made is an image in the cache.
type Made struct {
	Recipe
	dir string
}

// Make returns the image of a recipe for an architecture, which it makes in the
// cache if it is not there yet. progress gets a line if it has to.
func Make(ctx context.Context, cache string, r Recipe, arch string, progress func(string)) (Made, error) {
	made := Made{Recipe: r, dir: filepath.Join(cache, r.key(arch))}
	if _, err := os.Stat(made.dir); err == nil {
		return made, nil
	}
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return made, err
	}
	removeAbandoned(cache)
	dir, err := os.MkdirTemp(cache, makingPrefix)
	if err != nil {
		return made, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	progress("making " + r.Image)
	programs, err := r.fetch(ctx, dir, arch)
	if err != nil {
		return made, fmt.Errorf("make %s: %w", r.Image, err)
	}
	image := filepath.Join(dir, "image")
	if err := r.pack(programs, image, arch); err != nil {
		return made, fmt.Errorf("pack %s: %w", r.Image, err)
	}
	err = os.Rename(image, made.dir)
	if _, there := os.Stat(made.dir); there == nil {
		err = nil // another rehearsal has made the same meanwhile
	}
	return made, err
}

// program is a file on this machine, and where it belongs in an image.
type program struct{ file, path string }

// fetch has the programs of an image fetched, each into a folder of its own.
func (r Recipe) fetch(ctx context.Context, dir, arch string) (all []program, err error) {
	for i, p := range append([]part{{r.program, r.source}}, r.beside...) {
		folder := filepath.Join(dir, fmt.Sprint("program-", i))
		if err := os.Mkdir(folder, 0o755); err != nil {
			return nil, err
		}
		file, err := p.source.fetch(ctx, folder, arch)
		if err != nil {
			return nil, err
		}
		all = append(all, program{file, p.path})
	}
	return all, nil
}

// makingPrefix begins the names of folders in which images are made.
const makingPrefix = ".making-"

// removeAbandoned removes what was left by processes that were killed.
func removeAbandoned(cache string) {
	const old = time.Hour
	left, _ := filepath.Glob(filepath.Join(cache, makingPrefix+"*"))
	for _, dir := range left {
		if info, err := os.Stat(dir); err == nil && time.Since(info.ModTime()) > old {
			_ = os.RemoveAll(dir)
		}
	}
}

// key names an image in the cache: another recipe makes another one.
func (r Recipe) key(arch string) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "1 %s %+v", arch, r))
	name := strings.NewReplacer("/", "_", ":", "_").Replace(r.Image)
	return name + "-" + arch + "-" + hex.EncodeToString(sum[:])[:12]
}

// pack writes an image into a new folder. The same programs give the same bytes.
func (r Recipe) pack(programs []program, dir, arch string) error {
	if err := os.Mkdir(dir, 0o755); err != nil {
		return err
	}
	layer, content, err := r.packLayer(programs, filepath.Join(dir, layerFile))
	if err != nil {
		return err
	}
	config, err := putJSON(filepath.Join(dir, configFile), r.config(arch, content))
	if err != nil {
		return err
	}
	layer.MediaType, config.MediaType = layerType, configType
	_, err = putJSON(filepath.Join(dir, manifestFile), manifest{SchemaVersion: 2, MediaType: manifestType, Config: config, Layers: []descriptor{layer}})
	return err
}

// manifest is what an image consists of.
type manifest struct {
	SchemaVersion int          `json:"schemaVersion"`
	MediaType     string       `json:"mediaType"`
	Config        descriptor   `json:"config"`
	Layers        []descriptor `json:"layers"`
}

// descriptor is a part of an image.
type descriptor struct {
	MediaType string `json:"mediaType"`
	Size      int64  `json:"size"`
	Digest    string `json:"digest"`
}

// config is how containers of the image run, and which content its layer has.
func (r Recipe) config(arch, content string) any {
	ports := map[string]struct{}{}
	for _, p := range r.ports {
		ports[p] = struct{}{}
	}
	return map[string]any{
		"os": "linux", "architecture": arch,
		"config": map[string]any{
			"Env":        []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"},
			"Entrypoint": r.entrypoint, "ExposedPorts": ports, "WorkingDir": "/",
			"Labels": map[string]string{"org.cairn.stand-in": r.From},
		},
		"rootfs": map[string]any{"type": "layers", "diff_ids": []string{content}},
	}
}

func putJSON(path string, value any) (descriptor, error) {
	text, err := json.Marshal(value)
	if err != nil {
		return descriptor{}, err
	}
	sum := sha256.Sum256(text)
	return descriptor{Size: int64(len(text)), Digest: digestOf(sum[:])}, os.WriteFile(path, text, 0o644)
}

func digestOf(sum []byte) string { return "sha256:" + hex.EncodeToString(sum) }

// certificates are those that this machine trusts. Upstream's images bring the same
// from their distribution.
const certificates = "/etc/ssl/certs/ca-certificates.crt"

// packLayer writes the only layer of an image: the programs, a folder for temporary
// files, and certificates where this machine has them. It also returns the digest
// of what is in the layer before it is compressed.
func (r Recipe) packLayer(programs []program, target string) (layer descriptor, content string, err error) {
	file, err := os.Create(target)
	if err != nil {
		return layer, "", err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	packed := &counter{hash: sha256.New()}
	// Images are made to be pulled a moment later, so time counts more than size.
	compressor, err := gzip.NewWriterLevel(io.MultiWriter(file, packed), gzip.BestSpeed)
	if err != nil {
		return layer, "", err
	}
	plain := sha256.New()
	archive := tar.NewWriter(io.MultiWriter(compressor, plain))
	files := files{archive, map[string]bool{}}
	if err := files.folder("tmp/", 0o1777, 0); err != nil {
		return layer, "", err
	}
	for _, f := range r.folders {
		if err := files.folder(f.path, 0o755, f.user); err != nil {
			return layer, "", err
		}
	}
	for _, p := range programs {
		if err := files.add(p.path, p.file, 0o755); err != nil {
			return layer, "", err
		}
	}
	if _, err := os.Stat(certificates); err == nil {
		if err := files.add(strings.TrimPrefix(certificates, "/"), certificates, 0o644); err != nil {
			return layer, "", err
		}
	}
	if err := errors.Join(archive.Close(), compressor.Close()); err != nil {
		return layer, "", err
	}
	return descriptor{Size: packed.size, Digest: digestOf(packed.hash.Sum(nil))}, digestOf(plain.Sum(nil)), nil
}

// files are those of a layer. Docker takes no layer with the same folder twice.
type files struct {
	archive *tar.Writer
	folders map[string]bool
}

func (f files) folder(name string, mode int64, user int) error {
	if f.folders[name] {
		return nil
	}
	f.folders[name] = true
	return f.archive.WriteHeader(&tar.Header{Typeflag: tar.TypeDir, Name: name, Mode: mode, Uid: user, Gid: user, ModTime: time.Unix(0, 0)})
}

// add puts a file into the layer, with the folders above it.
func (f files) add(name, from string, mode int64) error {
	file, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	var above []string
	for dir := path.Dir(name); dir != "."; dir = path.Dir(dir) {
		above = append([]string{dir + "/"}, above...)
	}
	for _, dir := range above {
		if err := f.folder(dir, 0o755, 0); err != nil {
			return err
		}
	}
	if err := f.archive.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: mode, Size: info.Size(), ModTime: time.Unix(0, 0)}); err != nil {
		return err
	}
	_, err = io.Copy(f.archive, file)
	return err
}

// counter digests what is written, and counts it.
type counter struct {
	hash hash.Hash
	size int64
}

func (c *counter) Write(p []byte) (int, error) {
	c.size += int64(len(p))
	return c.hash.Write(p)
}
