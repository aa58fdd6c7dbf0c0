package probe

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	"cairn/internal/evidence"
	"cairn/internal/wire"
)

// How long a reverse proxy may take to answer, and how much of it is read.
const (
	answerWithin = 10 * time.Second
	mostOfAnswer = 64 << 10
)

// routeAnswers asks for a route by its name, as a browser does.
func routeAnswers(ctx context.Context, from Vantage, target Target, route evidence.RouteArguments) Finding {
	name := target.Subject.Name
	answer, err := askRoute(ctx, from, route, name, route.Path)
	expected := fields(name+route.Path, "200 to 299")
	if err != nil {
		return unanswered(err, expected, name)
	}
	observed := fields(name+route.Path, answer.status, "took", answer.took)
	if answer.code < 200 || answer.code > 299 {
		return judged(expected, observed, fmt.Sprintf("the reverse proxy answers %s for %s%s", answer.status, name, route.Path))
	}
	return judged(expected, observed)
}

// unanswered is the finding where nobody answered. That is a refutation: the vantage
// reached the host for other looks, and the reverse proxy should answer there.
func unanswered(err error, expected []evidence.Field, name string) Finding {
	return judged(expected, fields(name, "no answer: "+err.Error()), "nothing answers for "+name+": "+err.Error())
}

// routeUnknown asks the same reverse proxy for names that nobody has. It must not
// lead to any service, and must not say what there is.
func routeUnknown(ctx context.Context, from Vantage, target Target, route evidence.RouteArguments) Finding {
	names := []string{strings.ToLower(target.Nonce) + "." + parentOf(target.Subject.Name), route.Address.String()}
	expected, observed := fields(), fields()
	var wrong []string
	for _, name := range names {
		expected = append(expected, fields(name, "404")...)
		answer, err := askRoute(ctx, from, route, name, route.Path)
		if err != nil {
			return unanswered(err, expected, name)
		}
		observed = append(observed, fields(name, answer.status)...)
		if answer.code != http.StatusNotFound {
			wrong = append(wrong, fmt.Sprintf("a name that nobody has, %s, is answered with %s", name, answer.status))
		}
		if strings.Contains(answer.body, target.Subject.Name) {
			wrong = append(wrong, "the answer to an unknown name names "+target.Subject.Name)
		}
	}
	return judged(expected, observed, wrong...)
}

// parentOf is the domain that a name is in.
func parentOf(name string) string {
	_, parent, _ := strings.Cut(name, ".")
	return parent
}

// requests is how many requests routeReaches sends. A health check of Docker's makes
// fewer packets in that time.
const requests = 40

// routeReaches sends requests to a route and has the host count the packets that
// come into the container that should answer. The answers alone would not tell one
// service from another.
func routeReaches(ctx context.Context, from Vantage, target Target, route evidence.RouteArguments) Finding {
	before, err := packetsInto(ctx, target, route.Container)
	if err != nil {
		return blind(err.Error())
	}
	name := target.Subject.Name
	expected := fields("packets into "+route.Container, fmt.Sprintf("at least %d", requests))
	for range requests {
		if _, err := askRoute(ctx, from, route, name, route.Path); err != nil {
			return unanswered(err, expected, name)
		}
	}
	after, err := packetsInto(ctx, target, route.Container)
	if err != nil {
		return blind(err.Error())
	}
	observed := fields("requests", requests, "packets into "+route.Container, after-before)
	if after-before < requests {
		return judged(expected, observed, fmt.Sprintf("requests for %s do not reach the container %s", name, route.Container))
	}
	return judged(expected, observed)
}

// packetsInto reads how many TCP segments a container has received.
func packetsInto(ctx context.Context, target Target, container string) (int64, error) {
	reply, err := target.Inside.Read(ctx, wire.ReadCommand{Name: "container-segments", Args: []string{container}})
	if err == nil && reply.Failure == nil && reply.Exit != 0 {
		err = errors.New(strings.TrimSpace(string(reply.Output)))
	}
	if err != nil || reply.Failure != nil {
		return 0, fmt.Errorf("the host cannot count what comes into %s: %s", container, readError(err, reply))
	}
	return strconv.ParseInt(strings.TrimSpace(string(reply.Output)), 10, 64)
}

// httpAnswer is what came of a request.
type httpAnswer struct {
	code   int
	status string
	body   string
	took   time.Duration
}

// askRoute asks a reverse proxy for a path of a name. It follows one redirection to
// HTTPS. Certificates are looked at by other probes.
func askRoute(ctx context.Context, from Vantage, route evidence.RouteArguments, name, path string) (httpAnswer, error) {
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	client := http.Client{
		Transport: &http.Transport{
			DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
				return from.Dial(ctx, network, atProxy(route, address).String())
			},
			TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, DisableKeepAlives: true,
		},
		CheckRedirect: func(to *http.Request, via []*http.Request) error {
			if len(via) == 1 && to.URL.Scheme == "https" && to.URL.Hostname() == via[0].URL.Hostname() {
				return nil
			}
			return http.ErrUseLastResponse
		},
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, (&url.URL{Scheme: "http", Host: name, Path: path}).String(), nil)
	if err != nil {
		return httpAnswer{}, err
	}
	started := time.Now()
	response, err := client.Do(request)
	if err != nil {
		return httpAnswer{}, withoutURL(err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(response.Body, mostOfAnswer))
	return httpAnswer{response.StatusCode, response.Status, string(body), time.Since(started).Round(time.Millisecond)}, err
}

// withoutURL takes the request out of an error, since the finding names it anyway.
func withoutURL(err error) error {
	var asked *url.Error
	if errors.As(err, &asked) {
		return asked.Err
	}
	return err
}

// atProxy is the address of the proxy for the port that the client wants. The name
// is not resolved: whether it resolves is another look.
func atProxy(route evidence.RouteArguments, wanted string) netip.AddrPort {
	port := route.Port
	if _, text, err := net.SplitHostPort(wanted); err == nil && text == "443" {
		port = 443
	}
	return netip.AddrPortFrom(route.Address, port)
}
