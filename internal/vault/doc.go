// Package vault keeps the secrets of a lab: made or given, encrypted with age, one
// file each beside the lab file (secrets/SERVICE/NAME.age). To read one takes an
// identity of one of the lab's recipients. To write one, the lab file is enough.
//
// Each file is a plain age file in ASCII armour, which `age -d` opens. Its header
// has a stanza for each recipient and one of Cairn's own, the note. The note says
// when the secret was made, in which form, and who can read it. Other programs
// ignore it. The seal of the header covers the note, so opening the file proves it.
// A list of secrets opens no file and only believes the note.
package vault
