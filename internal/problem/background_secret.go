package problem

var secretBackground = map[Code]Background{
	SecretMissing: {
		Why:   "A typing error, or the secret was made on another machine and is not in this copy of the repository.",
		See:   "`cairn secret list` shows the names. `git log -- secrets` shows what came and went.",
		Other: "Bring this copy up to date: `git pull`.",
	},
	SecretName: {
		Why:   "The names become a folder and a file. So they must not have dots, slashes, spaces or capitals.",
		See:   "The message shows the name.",
		Other: "Write it with hyphens: `admin-password` instead of `ADMIN_PASSWORD`.",
	},
	SecretValue: {
		Why:   "Nothing was typed or piped in, a file was too large, or the length is unsafe.",
		See:   "`cairn secret set --help` names the forms and bounds.",
		Other: "Keep large files elsewhere, encrypted with a key that is a secret here.",
	},
	SecretGiven: {
		Why:   "Only its issuer can replace such a secret. An example is the key of a DNS provider.",
		See:   "`cairn secret list` shows which secrets are given.",
		Other: "To let Cairn make the value from now on: `cairn secret set SERVICE NAME --make password`.",
	},
	SecretFile: {
		Why:   "The disk is full or read-only, or the folder belongs to another user.",
		See:   "`ls -ld secrets .cairn` and `df -h .` show permissions and room.",
		Other: "Clone the lab's repository to another place and go on there.",
	},
	SecretLink: {
		Why:   "Somebody put a link into `secrets`. Following it could read or overwrite a file outside the lab.",
		See:   "`ls -l secrets` shows where it leads. `git log -- secrets` shows who added it.",
		Other: "If you did not add it, ask who else can write to the repository.",
	},
	SecretDamaged: {
		Why:   "Another program cut the file short or edited it, or git left conflict marks in it.",
		See:   "`git diff -- secrets` shows what changed. The first and the last line of a whole file name `AGE`.",
		Other: "In a conflict take one side: `git checkout --ours` or `--theirs` with the file. Without git, delete the file and set the value again.",
	},
	SecretLocked: {
		Why:   "The secret was written before you became a recipient, or `.cairn/identity.txt` belongs to another lab.",
		See:   "`cairn secret list` shows who can read which secret.",
		Other: "If nobody can read it any more, make a new one: `cairn secret set`.",
	},
	SecretIdentity: {
		Why:   "The file is cut short, other users can read it, or the passphrase of the SSH key was wrong.",
		See:   "`ls -l .cairn/identity.txt` shows the permissions. `age-keygen -y` of that file shows whether it is whole.",
		Other: "Use your SSH key instead, if it is among the recipients in lab.yaml.",
	},
	SecretNoIdentity: {
		Why:   "Somebody cloned the lab, and the identity is never in git. It has to come from where you keep it.",
		See:   "`ls -l .cairn/identity.txt` shows whether it is there.",
		Other: "On a machine that has it, `cairn secret escrow` prints it. An SSH key in ~/.ssh works too, if it is among the recipients.",
	},
	SecretNoRecipient: {
		Why:   "The recipients were removed from lab.yaml, or one of them is of a kind that cannot encrypt.",
		See:   "The comment in .cairn/identity.txt shows your public key. It begins with `age1`.",
		Other: "If lab.yaml has no `secrets`, `cairn secret set` makes an identity and adds its public key.",
	},
	SecretShutOut: {
		Why:   "The list in lab.yaml has only keys of others, or your key in it has a typing error.",
		See:   "Compare `secrets.recipients` with the public key in .cairn/identity.txt.",
		Other: "To hand the lab over, let the new owner run `cairn secret rewrap` while both keys are in the list.",
	},
}
