package host

import (
	"context"
	"fmt"

	"cairn/internal/lab"
	"cairn/internal/problem"
	"cairn/internal/secret"
)

// connect logs in as the owner, or as the first user if that does not work yet, and
// starts the agent.
func (c *Connector) connect(ctx context.Context, h lab.Host, how Login) (*Session, error) {
	if how.OwnerOnly {
		return c.asOwner(ctx, h, how)
	}
	how, err := c.remembered(h, how)
	if err != nil {
		return nil, err
	}
	session, err := c.asOwner(ctx, h, c.ownersOwn(h, how))
	if err == nil {
		return session, c.forgetFirst(session)
	}
	if !anotherMayGetIn(err, how.User != "" && how.User != h.User) {
		return nil, err
	}
	return c.asFirst(ctx, h, how, err)
}

// ownersOwn returns the login for the owner's attempt. If another user is known,
// the owner is not asked for a sudo password before that one was tried.
func (c *Connector) ownersOwn(h lab.Host, how Login) Login {
	if how.User != "" && how.User != h.User {
		how.AskSudo, how.AsNeeded = false, false
	}
	return how
}

// anotherMayGetIn reports whether another user may get in where this one failed. A
// user without sudo counts only if the other is known; otherwise this user's own
// way to root is all there is.
func anotherMayGetIn(err error, known bool) bool {
	switch problem.CodeOf(err) {
	case problem.HostLoginRefused, problem.HostNoShell:
		return true
	case problem.HostNoSudo:
		return known
	}
	return false
}

// asOwner logs in with the owner's key as the lab's user.
func (c *Connector) asOwner(ctx context.Context, h lab.Host, how Login) (*Session, error) {
	made, err := c.enterAsOwner(ctx, h, how.OwnerOnly)
	if err != nil {
		return nil, err
	}
	return c.begin(ctx, h, how, made, firstLogin{User: h.User})
}

// asFirst logs in as the first user. If the host names another user instead, it
// tries that one. refused is why the owner did not get in.
func (c *Connector) asFirst(ctx context.Context, h lab.Host, how Login, refused error) (*Session, error) {
	named, err := c.config.forHost(ctx, h, "")
	if err != nil {
		return nil, err
	}
	user := firstNonEmpty(how.User, named.get("user"), "root")
	if wanted := otherUser(refused); how.User == "" && wanted != "" {
		user = wanted
	}
	session, err := c.asUser(ctx, h, how, user)
	wanted := otherUser(err)
	if err == nil || wanted == "" || wanted == user || wanted == h.User {
		return session, bothRefused(h, user, refused, err)
	}
	c.tell(h, fmt.Sprintf("the host sends %s away and wants %s to log in", user, wanted))
	session, wantedErr := c.asUser(ctx, h, how, wanted)
	switch problem.CodeOf(wantedErr) {
	case "":
		return session, nil
	case problem.HostLoginRefused:
		return nil, err // it names the user that the host wants
	}
	return nil, wantedErr
}

// bothRefused says that neither the owner nor the first user got in.
func bothRefused(h lab.Host, user string, owner, first error) error {
	if problem.CodeOf(first) != problem.HostLoginRefused || user == h.User || otherUser(first) != "" {
		return first
	}
	if problem.CodeOf(owner) == problem.HostNoShell {
		return problem.Wrap(problem.HostNoShell, h.Name, fmt.Sprintf("the host does not let %s in, and lets %s in but not to a shell", user, h.User), owner)
	}
	p := problem.Wrap(problem.HostLoginRefused, h.Name, fmt.Sprintf("the host lets neither %s nor %s in", h.User, user), first)
	if user == "root" {
		// Debian's sshd_config has PermitRootLogin prohibit-password.
		return p.WithFix("name the user that the installer made: --first-user NAME, with --ask-password if it has no key; most systems let root in with a key only")
	}
	return p
}

// asUser logs in as another user than the owner, with that user's keys, and with a
// password if one is to be asked for.
func (c *Connector) asUser(ctx context.Context, h lab.Host, how Login, user string) (*Session, error) {
	keys, err := c.keysFor(ctx, h, user)
	if err != nil {
		return nil, err
	}
	first := attempt{user: user, keys: keys}
	if how.AsNeeded && !how.AskPassword && user != h.User {
		session, err := c.try(ctx, h, how, first)
		if problem.CodeOf(err) != problem.HostLoginRefused || otherUser(err) != "" || c.options.Ask == nil {
			return session, err
		}
	}
	if how.AsNeeded || how.AskPassword {
		if first.password, err = c.ask(ctx, fmt.Sprintf("Password of %s on %s, to log in: ", user, h.Name)); err != nil {
			return nil, err
		}
	}
	return c.try(ctx, h, how, first)
}

// try logs in once.
func (c *Connector) try(ctx context.Context, h lab.Host, how Login, a attempt) (*Session, error) {
	t, err := c.target(ctx, h, a.user)
	if err != nil {
		return nil, err
	}
	made, err := c.open(ctx, t, a, 0)
	if err != nil {
		return nil, err
	}
	return c.begin(ctx, h, how, made, firstLogin{User: a.user, Password: !a.password.Empty()})
}

// begin starts the agent over a login.
func (c *Connector) begin(ctx context.Context, h lab.Host, how Login, login *client, entered firstLogin) (*Session, error) {
	b := &bootstrap{connector: c, host: h, transport: login, user: entered.User, how: how, entered: entered}
	session, err := b.start(ctx)
	if err != nil {
		_ = login.Close()
		return nil, err
	}
	return session, nil
}

// ask asks for something secret, one question at a time.
func (c *Connector) ask(ctx context.Context, prompt string) (secret.Text, error) {
	if c.options.Ask == nil {
		return secret.Text{}, problem.New(problem.HostPromptNeeded, "", "a password is needed and there is no terminal to ask for it")
	}
	c.asking.Lock()
	defer c.asking.Unlock()
	return c.options.Ask.Password(ctx, prompt)
}
