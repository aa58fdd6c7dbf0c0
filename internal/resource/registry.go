package resource

import (
	"fmt"

	"github.com/fxamacker/cbor/v2"
)

// kinds are all kinds of resources. A new kind needs a line here, a file of its
// own and an example in the conformance suite.
var kinds = []struct {
	kind Kind
	read func(body []byte) (Resource, error)
}{
	{AuthorizedKey{}.Kind(), read[AuthorizedKey]},
	{Directory{}.Kind(), read[Directory]},
	{DockerDaemon{}.Kind(), read[DockerDaemon]},
	{Exemption{}.Kind(), read[Exemption]},
	{File{}.Kind(), read[File]},
	{Group{}.Kind(), read[Group]},
	{Hostname{}.Kind(), read[Hostname]},
	{NftTable{}.Kind(), read[NftTable]},
	{Packages{}.Kind(), read[Packages]},
	{Release{}.Kind(), read[Release]},
	{Service{}.Kind(), read[Service]},
	{ServiceRestart{}.Kind(), read[ServiceRestart]},
	{SSHDropin{}.Kind(), read[SSHDropin]},
	{Sudoers{}.Kind(), read[Sudoers]},
	{Sysctl{}.Kind(), read[Sysctl]},
	{Timer{}.Kind(), read[Timer]},
	{Timezone{}.Kind(), read[Timezone]},
	{Unit{}.Kind(), read[Unit]},
	{User{}.Kind(), read[User]},
}

// Decode reads a resource on the host. It refuses what it does not know. Contents
// that are only named can be compared, but not put in place.
func Decode(s Spec) (Resource, error) {
	r, err := decode(s)
	if err != nil {
		return nil, err
	}
	return r, r.Validate()
}

func decode(s Spec) (Resource, error) {
	for _, k := range kinds {
		if k.kind != s.Kind {
			continue
		}
		r, err := k.read(s.Body)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", s.Kind, err)
		}
		return r, nil
	}
	return nil, fmt.Errorf("no kind of resource is called %q", s.Kind)
}

func read[R Resource](body []byte) (Resource, error) {
	var r R
	err := strict.Unmarshal(body, &r)
	return r, err
}

var strict = strictMode()

func strictMode() cbor.DecMode {
	mode, err := cbor.DecOptions{ExtraReturnErrors: cbor.ExtraDecErrorUnknownField, DupMapKey: cbor.DupMapKeyEnforcedAPF}.DecMode()
	if err != nil {
		panic("resource: " + err.Error())
	}
	return mode
}
