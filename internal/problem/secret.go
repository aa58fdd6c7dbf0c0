package problem

// Problems of the lab's secrets.
const (
	SecretMissing     Code = "secret.missing"
	SecretName        Code = "secret.name"
	SecretValue       Code = "secret.value"
	SecretGiven       Code = "secret.given"
	SecretFile        Code = "secret.file"
	SecretLink        Code = "secret.link"
	SecretDamaged     Code = "secret.damaged"
	SecretLocked      Code = "secret.locked"
	SecretIdentity    Code = "secret.identity"
	SecretNoIdentity  Code = "secret.no-identity"
	SecretNoRecipient Code = "secret.no-recipient"
	SecretShutOut     Code = "secret.shut-out"
)

var secretEntries = []Entry{
	{Code: SecretMissing, Exit: ExitFailed, Meaning: "The lab has no secret of that name.", Fix: "run `cairn secret list` to see the names, or write the secret with `cairn secret set`"},
	{Code: SecretName, Exit: ExitFailed, Meaning: "The name of a service or a secret cannot be a file name.", Fix: "use lower-case letters, digits and hyphens, at most 63"},
	{Code: SecretValue, Exit: ExitFailed, Meaning: "The value is empty or too long, or Cairn cannot make a secret of that form or length.", Fix: "give a value, or another form or length: `cairn secret set --help`"},
	{Code: SecretGiven, Exit: ExitFailed, Meaning: "You gave this secret yourself, so Cairn cannot make a new value.", Fix: "get a new value where the secret comes from, then write it with `cairn secret set`"},
	{Code: SecretFile, Exit: ExitFailed, Meaning: "A file of the lab's secrets cannot be read or written.", Fix: "check the permissions of the lab's folder, and whether the disk is full"},
	{Code: SecretLink, Exit: ExitFailed, Meaning: "There is a link or something else in the place of a secret's file or folder. Cairn did not follow it.", Fix: "see where it leads, then replace it with the file or folder itself"},
	{Code: SecretDamaged, Exit: ExitFailed, Meaning: "The file of a secret was cut short or changed, so it cannot be opened.", Fix: "take the file back from git: `git log -- FILE` shows its versions, `git checkout COMMIT -- FILE` restores one"},
	{Code: SecretLocked, Exit: ExitFailed, Meaning: "No identity on this machine can open the secret: it is encrypted for others.", Fix: "put an identity that can read it into .cairn/identity.txt, or let somebody who can read it run `cairn secret rewrap`"},
	{Code: SecretIdentity, Exit: ExitFailed, Meaning: "The file of your identity, or your SSH key, cannot be used to open secrets.", Fix: "restore .cairn/identity.txt from the copy that `cairn secret escrow` made"},
	{Code: SecretNoIdentity, Exit: ExitFailed, Meaning: "There is no identity on this machine, so no secret can be read here.", Fix: "write the identity from your escrow into .cairn/identity.txt, with mode 0600"},
	{Code: SecretNoRecipient, Exit: ExitFailed, Meaning: "The lab file names no usable recipient, so nobody could read a secret.", Fix: "add the public key of your identity to `secrets.recipients` in lab.yaml"},
	{Code: SecretShutOut, Exit: ExitFailed, Meaning: "With the recipients in lab.yaml you could no longer read your own secrets, so nothing was changed.", Fix: "add the public key of your identity to `secrets.recipients` in lab.yaml"},
}
