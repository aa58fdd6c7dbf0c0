// Package vault keeps the secrets of a lab: made or given, encrypted with age, one
// file each beside the lab file (secrets/SERVICE/NAME.age). Whoever has an identity
// of one of the lab's recipients reads them; to write one, the lab file is enough.
//
// Each file is a plain age file in ASCII armour, which `age -d` opens. Beside the
// stanzas of its recipients its header has one of Cairn's own, the note: when the
// secret was made, in which form, and who can read it. Other programs ignore it.
// The seal of the header covers it, so it is proven when the file is opened, and
// only believed when secrets are listed.
package vault
