package standin

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// dockerHub is the registry behind the names that begin with docker.io.
const dockerHub = "https://registry-1.docker.io"

// Reachable reports whether images can be pulled: from the mirror, if there is one,
// or from Docker Hub. A registry that asks for a login is there (distribution, "API
// Version Check").
func Reachable(ctx context.Context, mirror string) bool {
	const patience = 5 * time.Second
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return answers(ctx, http.DefaultClient, cmp.Or(mirror, dockerHub))
}

func answers(ctx context.Context, client *http.Client, registry string) bool {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, registry+"/v2/", nil)
	if err != nil {
		return false
	}
	answer, err := client.Do(request)
	if err != nil {
		return false
	}
	_ = answer.Body.Close()
	return answer.StatusCode == http.StatusOK || answer.StatusCode == http.StatusUnauthorized
}

// direct asks without a proxy: a registry of ours is on this machine.
var direct = &http.Client{Transport: &http.Transport{}}

// Fill puts images into a registry of ours, once it answers.
func Fill(ctx context.Context, registry string, images ...Made) error {
	const patience = time.Minute
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for !answers(ctx, direct, registry) {
		select {
		case <-ctx.Done():
			return fmt.Errorf("the registry %s does not answer: %w", registry, ctx.Err())
		case <-time.After(50 * time.Millisecond):
		}
	}
	for _, m := range images {
		if err := push(ctx, registry, m); err != nil {
			return fmt.Errorf("push %s: %w", m.Image, err)
		}
	}
	return nil
}

// push puts an image into a registry, under its name without docker.io.
func push(ctx context.Context, registry string, m Made) error {
	whole, _ := strings.CutPrefix(m.Image, "docker.io/")
	name, tag, _ := strings.Cut(whole, ":")
	text, err := os.ReadFile(filepath.Join(m.dir, manifestFile))
	if err != nil {
		return err
	}
	var parts manifest
	if err := json.Unmarshal(text, &parts); err != nil {
		return fmt.Errorf("read its manifest: %w", err)
	}
	at := registry + "/v2/" + name
	if err := pushPart(ctx, at, parts.Config, filepath.Join(m.dir, configFile)); err != nil {
		return err
	}
	for _, layer := range parts.Layers {
		if err := pushPart(ctx, at, layer, filepath.Join(m.dir, layerFile)); err != nil {
			return err
		}
	}
	_, err = put(ctx, http.MethodPut, at+"/manifests/"+tag, manifestType, bytes.NewReader(text), int64(len(text)))
	return err
}

// pushPart uploads a file in one piece (distribution, "Monolithic Upload").
func pushPart(ctx context.Context, at string, part descriptor, path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	upload, err := put(ctx, http.MethodPost, at+"/blobs/uploads/", "", nil, 0)
	if err != nil {
		return err
	}
	query := upload.Query()
	query.Set("digest", part.Digest)
	upload.RawQuery = query.Encode()
	_, err = put(ctx, http.MethodPut, upload.String(), "application/octet-stream", file, part.Size)
	return err
}

// put sends a request that creates something, and returns where that is.
func put(ctx context.Context, method, to, contentType string, body io.Reader, size int64) (*url.URL, error) {
	request, err := http.NewRequestWithContext(ctx, method, to, body)
	if err != nil {
		return nil, err
	}
	request.ContentLength = size
	if contentType != "" {
		request.Header.Set("Content-Type", contentType)
	}
	answer, err := direct.Do(request)
	if err != nil {
		return nil, err
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode != http.StatusCreated && answer.StatusCode != http.StatusAccepted {
		said, _ := io.ReadAll(io.LimitReader(answer.Body, 500))
		return nil, fmt.Errorf("the registry answers %s: %s", answer.Status, bytes.TrimSpace(said))
	}
	return answer.Location()
}
