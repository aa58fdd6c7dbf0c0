package probe

import (
	"bufio"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"cairn/internal/evidence"
	"cairn/internal/wire"
)

// sshEffectiveConfig compares what sshd itself says is in force for the lab's
// user (`sshd -T -C user=,host=,addr=`, sshd(8)) with the plan.
func sshEffectiveConfig(ctx context.Context, _ Vantage, target Target) Finding {
	effective, failure := effectiveSSH(ctx, target, target.Host.User)
	if failure != nil {
		return *failure
	}
	var expected, observed []evidence.Field
	var wrong []string
	for _, keyword := range slices.Sorted(maps.Keys(target.Expect.SSHOptions)) {
		want, got := target.Expect.SSHOptions[keyword], effective[keyword]
		expected = append(expected, evidence.Field{Name: keyword, Value: want})
		observed = append(observed, evidence.Field{Name: keyword, Value: got})
		if got != want {
			wrong = append(wrong, fmt.Sprintf("%s is %q instead of %q", keyword, got, want))
		}
	}
	if len(expected) == 0 {
		return blind("the plan names no sshd option to compare")
	}
	return judged(expected, observed, wrong...)
}

// sshOtherUserRefused asks sshd whether it would let in a user who exists but is
// not of the lab: the group it allows, and who is in that group.
func sshOtherUserRefused(ctx context.Context, _ Vantage, target Target) Finding {
	effective, failure := effectiveSSH(ctx, target, "nobody")
	if failure != nil {
		return *failure
	}
	group := target.Expect.SSHOptions["allowgroups"]
	reply, err := target.Inside.Read(ctx, wire.ReadCommand{Name: "group-members", Args: []string{group}})
	if err != nil || reply.Failure != nil {
		return blind("the members of the group cannot be read: " + readError(err, reply))
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
	return judged(expected, observed, wrong...)
}

// membersIn reads the last field of a line of group(5).
func membersIn(line string) []string {
	line = strings.TrimSpace(line)
	return strings.FieldsFunc(line[strings.LastIndexByte(line, ':')+1:], func(r rune) bool { return r == ',' })
}

// effectiveSSH reads sshd's effective options for a user. Keywords come in lower
// case; one that is printed several times keeps all its values, in order.
func effectiveSSH(ctx context.Context, target Target, user string) (map[string]string, *Finding) {
	reply, err := target.Inside.Read(ctx, wire.ReadCommand{
		Name: "sshd-effective", Args: []string{user, target.Host.Name, target.Host.Address.String()},
	})
	if err != nil || reply.Failure != nil || reply.Exit != 0 {
		f := blind("sshd does not tell its configuration: " + readError(err, reply))
		return nil, &f
	}
	options := map[string]string{}
	lines := bufio.NewScanner(strings.NewReader(string(reply.Output)))
	for lines.Scan() {
		keyword, value, _ := strings.Cut(lines.Text(), " ")
		if before, twice := options[keyword]; twice {
			value = before + " " + value
		}
		options[keyword] = value
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
