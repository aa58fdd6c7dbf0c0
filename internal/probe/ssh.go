package probe

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/ssh"
)

// sshKeyLogin logs in as the lab's user with the owner's key and becomes root.
// The answer must contain the nonce.
func sshKeyLogin(ctx context.Context, from Vantage, target Target) Finding {
	expected := fields("user", target.Host.User, "login", "accepted", "sudo", "works")
	client, err := attempt(ctx, from, target, ssh.ClientConfig{
		User: target.Host.User, Auth: []ssh.AuthMethod{ssh.PublicKeys(target.Owner)},
	})
	if errors.Is(err, errUnreachable) {
		return blind(err.Error())
	}
	if err != nil {
		return judged(expected, fields("login", err), "the server does not accept the owner's key")
	}
	defer func() { _ = client.Close() }()
	answer, err := runRemote(ctx, client, "sudo -n printf '%s-%s' root "+target.Nonce)
	observed := fields("login", "accepted", "server", string(client.ServerVersion()), "sudo", lastLine(answer))
	if err != nil || !strings.Contains(answer, "root-"+target.Nonce) {
		return judged(expected, observed, fmt.Sprintf("sudo without a password does not work (%v)", err))
	}
	return judged(expected, observed)
}

// runRemote runs a command over an SSH session and returns everything it
// printed. It closes the connection if the answer takes too long.
func runRemote(ctx context.Context, client *ssh.Client, command string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, attemptTime)
	defer cancel()
	stop := context.AfterFunc(ctx, func() { _ = client.Close() })
	defer stop()
	session, err := client.NewSession()
	if err != nil {
		return "", err
	}
	defer func() { _ = session.Close() }()
	out, err := session.CombinedOutput(command)
	return string(out), err
}

func lastLine(text string) string {
	text = strings.TrimSpace(text)
	return text[strings.LastIndexByte(text, '\n')+1:]
}

// sshRootRefused tries root with the owner's key. A host that was just taken
// over often still accepts it.
func sshRootRefused(ctx context.Context, from Vantage, target Target) Finding {
	return refused(ctx, from, target, "root with the owner's key", ssh.ClientConfig{
		User: "root", Auth: []ssh.AuthMethod{ssh.PublicKeys(target.Owner)},
	})
}

// refused expects the server to refuse the login.
func refused(ctx context.Context, from Vantage, target Target, what string, config ssh.ClientConfig) Finding {
	expected := fields(what, "refused")
	client, err := attempt(ctx, from, target, config)
	if errors.Is(err, errUnreachable) {
		return blind(err.Error())
	}
	if err == nil {
		_ = client.Close()
		return judged(expected, fields(what, "accepted"), what+" is let in")
	}
	if !authenticationEnded(err) {
		return blind("the server disconnected before it judged the login: " + err.Error())
	}
	return judged(expected, fields(what, "refused", "answer", serverAnswer(err)))
}

// sshPasswordRefused checks that the server does not even offer passwords.
func sshPasswordRefused(ctx context.Context, from Vantage, target Target) Finding {
	return notOffered(ctx, from, target, "password", ssh.Password(wrongPassword()))
}

// sshKeyboardInteractiveRefused checks that the server does not offer
// keyboard-interactive, through which PAM would also take a password.
func sshKeyboardInteractiveRefused(ctx context.Context, from Vantage, target Target) Finding {
	answer := func(_, _ string, questions []string, _ []bool) ([]string, error) {
		answers := make([]string, len(questions))
		for i := range answers {
			answers[i] = wrongPassword()
		}
		return answers, nil
	}
	return notOffered(ctx, from, target, "keyboard-interactive", ssh.KeyboardInteractive(answer))
}

// notOffered expects the server not to offer an authentication method to the
// lab's user.
func notOffered(ctx context.Context, from Vantage, target Target, method string, auth ssh.AuthMethod) Finding {
	expected := fields(method, "not offered")
	client, err := attempt(ctx, from, target, ssh.ClientConfig{User: target.Host.User, Auth: []ssh.AuthMethod{auth}})
	switch {
	case errors.Is(err, errUnreachable):
		return blind(err.Error())
	case err == nil:
		_ = client.Close()
		return judged(expected, fields(method, "accepted"), "a login by "+method+" is let in")
	case methodTried(err, method):
		return judged(expected, fields(method, "offered", "answer", serverAnswer(err)), "the server offers "+method)
	case !authenticationEnded(err):
		return blind("the server disconnected before it said what it offers: " + err.Error())
	}
	return judged(expected, fields(method, "not offered", "answer", serverAnswer(err)))
}

// weakAlgorithms are algorithms that a hardened server must refuse: key
// exchange, cipher and MAC, each alone among good partners (Mozilla OpenSSH
// guideline, "modern"; RFC 9142 section 3 for the key exchanges).
var weakAlgorithms = []struct {
	name   string
	config ssh.Config
}{
	{"kex diffie-hellman-group14-sha1", ssh.Config{KeyExchanges: []string{ssh.InsecureKeyExchangeDH14SHA1}}},
	{"kex diffie-hellman-group14-sha256", ssh.Config{KeyExchanges: []string{ssh.KeyExchangeDH14SHA256}}},
	{"kex ecdh-sha2-nistp256", ssh.Config{KeyExchanges: []string{ssh.KeyExchangeECDHP256}}},
	{"cipher aes128-cbc", ssh.Config{Ciphers: []string{ssh.InsecureCipherAES128CBC}}},
	{"mac hmac-sha1", ssh.Config{Ciphers: []string{ssh.CipherAES128CTR}, MACs: []string{ssh.HMACSHA1}}},
	{"mac hmac-sha2-256", ssh.Config{Ciphers: []string{ssh.CipherAES128CTR}, MACs: []string{ssh.HMACSHA256}}},
}

// sshWeakAlgorithmsRefused offers one weak algorithm at a time. The server must
// disconnect because no algorithm is common.
func sshWeakAlgorithmsRefused(ctx context.Context, from Vantage, target Target) Finding {
	var observed, wrong []string
	for _, weak := range weakAlgorithms {
		client, err := attempt(ctx, from, target, ssh.ClientConfig{
			Config: weak.config, User: target.Host.User, Auth: []ssh.AuthMethod{ssh.PublicKeys(target.Owner)},
		})
		switch {
		case errors.Is(err, errUnreachable):
			return blind(err.Error())
		case err == nil:
			_ = client.Close()
			wrong = append(wrong, weak.name+" is accepted")
			observed = append(observed, weak.name, "accepted")
		case negotiationFailed(err):
			observed = append(observed, weak.name, "no common algorithm")
		default:
			wrong = append(wrong, weak.name+" passes the negotiation")
			observed = append(observed, weak.name, err.Error())
		}
	}
	return judged(fields("weak algorithms", "no common algorithm"), fields(anys(observed)...), wrong...)
}

func anys(texts []string) []any {
	var all []any
	for _, text := range texts {
		all = append(all, text)
	}
	return all
}
