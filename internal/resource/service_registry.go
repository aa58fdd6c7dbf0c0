package resource

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"time"
)

// dockerSocket is where the Docker Engine listens (dockerd(8), --host).
const dockerSocket = "/run/docker.sock"

// registryName is an image's name in the path of a request.
var registryName = regexp.MustCompile(`^[a-z0-9][A-Za-z0-9._/:-]*$`)

// RegistryDigest asks the host's Docker Engine which image a name means at its registry
// now: the digest of its manifest. The Engine asks the mirrors that it has been told of
// (https://docs.docker.com/reference/api/engine/version/v1.44/#tag/Distribution). A
// registry has 30 seconds to answer.
func RegistryDigest(ctx context.Context, image string) (string, error) {
	if !registryName.MatchString(image) {
		return "", fmt.Errorf("%q cannot be the name of an image", image)
	}
	// Answers to HTTP/1.0 come in one piece.
	request := "GET /distribution/" + image + "/json HTTP/1.0\r\nHost: docker\r\n\r\n"
	var answer []byte
	err := exchange(ctx, 30*time.Second, "unix", dockerSocket, []byte(request), func(conn io.Reader) (err error) {
		answer, err = io.ReadAll(io.LimitReader(conn, 1<<20))
		return err
	})
	if err == nil {
		var digest string
		if digest, err = digestIn(string(answer)); err == nil {
			return digest, nil
		}
	}
	return "", imageProblem("", image, err)
}

// digestIn reads an answer of the Engine.
func digestIn(answer string) (string, error) {
	_, body, _ := strings.Cut(answer, "\r\n\r\n")
	var said struct {
		Descriptor struct {
			Digest string `json:"digest"`
		}
		Message string `json:"message"`
	}
	if err := json.Unmarshal([]byte(body), &said); err != nil {
		return "", errors.New("the Docker Engine gave no answer that can be understood")
	}
	switch digest := said.Descriptor.Digest; {
	case said.Message != "":
		return "", errors.New(said.Message)
	case digest == "" || !imageDigest.MatchString(digest):
		return "", errors.New("the Docker Engine named no digest")
	default:
		return digest, nil
	}
}
