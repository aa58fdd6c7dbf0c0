package resource

import "github.com/fxamacker/cbor/v2"

// Spec is a resource on its way to a host.
type Spec struct {
	Kind Kind            `cbor:"1,keyasint"`
	Body cbor.RawMessage `cbor:"2,keyasint"`
}
