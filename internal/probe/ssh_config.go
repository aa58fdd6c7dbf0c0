package probe

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"cairn/internal/evidence"
	"cairn/internal/sshdconf"
	"cairn/internal/wire"
)

// outsider is an address that nobody has (RFC 5737). It stands for logins from
// outside the admin networks.
const outsider = "203.0.113.1"

// sshEffectiveConfig compares what sshd itself reports as in force (`sshd -T
// -C`, sshd(8)) with the plan. It asks for the lab's user, for root and for any
// other user, from the admin networks and from elsewhere. What a Match block
// opens to others is found in the files.
func sshEffectiveConfig(ctx context.Context, _ Vantage, target Target) Finding {
	if len(target.Expect.SSHOptions) == 0 {
		return blind("the plan has no sshd options to compare")
	}
	var expected, observed []evidence.Field
	var wrong []string
	for _, login := range loginsAsked(target) {
		effective, failure := effectiveSSH(ctx, target, login)
		if failure != nil {
			return *failure
		}
		for _, keyword := range slices.Sorted(maps.Keys(target.Expect.SSHOptions)) {
			want, got := target.Expect.SSHOptions[keyword], effective[keyword]
			if login.User == target.Host.User {
				expected = append(expected, evidence.Field{Name: keyword, Value: want})
				observed = append(observed, evidence.Field{Name: keyword, Value: got})
			}
			if got != want {
				wrong = append(wrong, fmt.Sprintf("for %s from %s, %s is %q instead of %q", login.User, login.Peer, keyword, got, want))
			}
		}
	}
	doors, failure := doorsIn(ctx, target)
	if failure != nil {
		return *failure
	}
	expected = append(expected, fields("settings that open more", "none")...)
	observed = append(observed, fields("settings that open more", wordOr(strings.Join(doors, "; "), "none"))...)
	// What stands in a file comes first, because it says what to change.
	return judged(expected, observed, append(doors, wrong...)...)
}

// loginsAsked returns the logins for which sshd is asked what is in force, the
// lab's user first.
func loginsAsked(target Target) []sshdconf.Login {
	inside := target.Host.At().String()
	if admin := target.Lab.Network.Admin; len(admin) > 0 {
		inside = admin[0].Addr().String()
	}
	here := target.Host.At().String()
	return []sshdconf.Login{
		{User: target.Host.User, Peer: inside, Local: here, Port: target.Host.Port},
		{User: "root", Peer: inside, Local: here, Port: target.Host.Port},
		{User: "root", Peer: outsider, Local: here, Port: target.Host.Port},
		{User: "nobody", Peer: outsider, Local: here, Port: target.Host.Port},
	}
}

// doorsIn reads the server's files again and names what opens more than the
// plan.
func doorsIn(ctx context.Context, target Target) ([]string, *Finding) {
	facts, err := target.Inside.Facts(ctx)
	if err == nil && facts.SSH.Trouble != "" {
		err = errors.New(facts.SSH.Trouble)
	}
	if err != nil {
		f := blind("cannot read the SSH server's files: " + err.Error())
		return nil, &f
	}
	var texts []string
	for _, door := range facts.SSH.Doors(target.Expect.SSHOptions, target.Host.User) {
		texts = append(texts, door.Text())
	}
	return texts, nil
}

// sshOtherUserRefused asks sshd whether it would let in a user who exists but
// is not in the lab: which group it allows, who is in that group, and whose
// keys open the owner's account.
func sshOtherUserRefused(ctx context.Context, _ Vantage, target Target) Finding {
	effective, failure := effectiveSSH(ctx, target, loginsAsked(target)[3])
	if failure != nil {
		return *failure
	}
	group := target.Expect.SSHOptions["allowgroups"]
	reply, err := target.Inside.Read(ctx, wire.ReadCommand{Name: "group-members", Args: []string{group}})
	if err != nil || reply.Failure != nil {
		return blind("cannot read the members of the group: " + readError(err, reply))
	}
	members := membersIn(string(reply.Output))
	expected := fields("allowgroups", group, "members", target.Host.User)
	observed := fields("allowgroups", effective["allowgroups"], "members", strings.Join(members, " "))
	var wrong []string
	if group == "" || effective["allowgroups"] != group {
		wrong = append(wrong, "logins are not limited to the group of the lab's user")
	}
	for _, member := range members {
		if member != target.Host.User {
			wrong = append(wrong, member+" may log in too")
		}
	}
	keys, failure := otherKeys(ctx, target)
	if failure != nil {
		return *failure
	}
	expected = append(expected, fields("other keys of "+target.Host.User, "none")...)
	observed = append(observed, fields("other keys of "+target.Host.User, wordOr(strings.Join(keys.others, "; "), "none"))...)
	if n := len(target.FurtherKeys); n > 0 {
		expected = append(expected, fields("keys of ssh.further-keys", fmt.Sprintf("%d", n))...)
		observed = append(observed, fields("keys of ssh.further-keys", wordOr(strings.Join(keys.declared, " "), "none"))...)
	}
	wrong = append(wrong, keys.others...)
	for _, key := range keys.missing {
		wrong = append(wrong, fmt.Sprintf("the key %s of ssh.further-keys is not in ~%s/.ssh/authorized_keys", key, target.Host.User))
	}
	observed = append(observed, sleepingKeys(ctx, target)...)
	finding := judged(expected, observed, wrong...)
	finding.Remedy = keys.remedy(target.Host.User)
	return finding
}

// membersIn reads the last field of a line of group(5).
func membersIn(line string) []string {
	line = strings.TrimSpace(line)
	return strings.FieldsFunc(line[strings.LastIndexByte(line, ':')+1:], func(r rune) bool { return r == ',' })
}

// effectiveSSH reads sshd's effective options for a login. Keywords are in
// lower case. A keyword that is printed several times has each value once, in
// order.
func effectiveSSH(ctx context.Context, target Target, login sshdconf.Login) (map[string]string, *Finding) {
	reply, err := target.Inside.Read(ctx, wire.ReadCommand{
		Name: "sshd-effective", Args: []string{login.User, login.Peer, login.Peer, login.Local, fmt.Sprint(login.Port)},
	})
	if err != nil || reply.Failure != nil || reply.Exit != 0 {
		f := blind("cannot read sshd's configuration: " + readError(err, reply))
		return nil, &f
	}
	options := map[string]string{}
	lines := bufio.NewScanner(strings.NewReader(string(reply.Output)))
	for lines.Scan() {
		keyword, value, _ := strings.Cut(lines.Text(), " ")
		before, twice := options[keyword]
		switch {
		case !twice:
			options[keyword] = value
		case !slices.Contains(strings.Fields(before), value):
			options[keyword] = before + " " + value
		}
	}
	return options, nil
}

func readError(err error, reply wire.ReadReply) string {
	switch {
	case err != nil:
		return err.Error()
	case reply.Failure != nil:
		return reply.Failure.Summary
	}
	return fmt.Sprintf("exit status %d: %s", reply.Exit, lastLine(string(reply.Output)))
}
