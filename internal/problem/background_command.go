package problem

var commandBackground = map[Code]Background{
	CommandUsage: {
		Why:   "A flag is spelt wrongly, an argument is missing, or there is one too many.",
		See:   "The message names it and often what was probably meant.",
		Other: "Let your shell complete commands and flags: `cairn completion --help`.",
	},
	CommandFile: {
		Why:   "The file is not there, its folder is not, or you may not read or write it.",
		See:   "`ls -l` with the file's name shows both.",
		Other: "Name another place that you can write to, for instance in your home folder.",
	},
}
