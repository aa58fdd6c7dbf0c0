package vault

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"regexp"
	"slices"
	"time"

	"cairn/internal/authority"
	"cairn/internal/problem"
	"cairn/internal/secret"
)

// Form says what a secret consists of.
type Form string

// The forms. Cairn cannot make Given: the owner provides it.
const (
	Password Form = "password" // letters and digits
	Hex      Form = "hex"
	Base64   Form = "base64"
	UUID     Form = "uuid" // version 4 (RFC 9562)
	Given    Form = "given"
	// Authority is a certificate authority for a domain, as package authority makes it.
	Authority Form = "authority"
)

// Forms returns all forms that Cairn can make.
func Forms() []Form { return []Form{Password, Hex, Base64, UUID, Authority} }

// Declaration is a secret that a service needs.
type Declaration struct {
	Service, Name string // each a label, like those of a host's name
	Form          Form   // empty means Password
	// Length is how many characters a password has, or how many random bytes are in
	// a value of hex or base64. 0 means 32.
	Length int
	// Escrow marks a secret without which a restore is worthless.
	Escrow bool
	// Domain is what an authority certifies. No other form has one.
	Domain string
}

// Bounds of a length. A shorter secret could be guessed.
const (
	defaultLength = 32
	leastLength   = 16
	mostLength    = 512
)

// letters may be in passwords. To no program do they have a special meaning.
const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

// filled returns the declaration with its defaults, or says what is wrong with it.
func (d Declaration) filled() (Declaration, error) {
	if d.Form == "" {
		d.Form = Password
	}
	if d.Form != Authority {
		d.Domain = ""
	}
	if d.Form == UUID || d.Form == Given || d.Form == Authority {
		d.Length = 0
	} else if d.Length == 0 {
		d.Length = defaultLength
	}
	switch {
	case d.Form != Given && !slices.Contains(Forms(), d.Form):
		return d, problem.New(problem.SecretValue, d.place(), fmt.Sprintf("there is no form %q of secrets", d.Form))
	case d.Form == Authority && !domainForm.MatchString(d.Domain):
		return d, problem.New(problem.SecretValue, d.place(), fmt.Sprintf("an authority cannot be for the domain %q", d.Domain))
	case d.Length != 0 && (d.Length < leastLength || d.Length > mostLength):
		return d, problem.New(problem.SecretValue, d.place(), fmt.Sprintf("the length %d is not from %d to %d", d.Length, leastLength, mostLength))
	}
	return d, CheckNames(d.Service, d.Name)
}

// domainForm is a domain in lower case, as the lab file has it.
var domainForm = regexp.MustCompile(`^[a-z0-9-]+(\.[a-z0-9-]+)*$`)

func (d Declaration) place() string { return d.Service + "/" + d.Name }

// Generate makes a value of the declared form from the system's randomness.
func Generate(d Declaration) (secret.Text, error) {
	d, err := d.filled()
	if err != nil {
		return secret.Text{}, err
	}
	switch d.Form {
	case Given:
		return secret.Text{}, problem.New(problem.SecretGiven, d.place(), "this secret is your own, so Cairn cannot make it")
	case Hex:
		return secret.New(hex.EncodeToString(random(d.Length))), nil
	case Base64:
		return secret.New(base64.StdEncoding.EncodeToString(random(d.Length))), nil
	case UUID:
		return secret.New(uuid()), nil
	case Authority:
		parts, err := authority.New(d.Domain, time.Now())
		return secret.New(parts.Text()), err
	}
	return secret.New(password(d.Length)), nil
}

// random never fails: crypto/rand ends the program if the system has no randomness.
func random(n int) []byte {
	bytes := make([]byte, n)
	_, _ = rand.Read(bytes)
	return bytes
}

// password skips bytes that would make the first letters likelier than the others.
func password(length int) string {
	const fair = 256 / len(letters) * len(letters)
	value := make([]byte, 0, length)
	for len(value) < length {
		if b := int(random(1)[0]); b < fair {
			value = append(value, letters[b%len(letters)])
		}
	}
	return string(value)
}

func uuid() string {
	b := random(16)
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
