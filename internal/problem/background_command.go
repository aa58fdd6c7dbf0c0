package problem

var commandBackground = map[Code]Background{
	CommandUsage: {
		Why:   "A flag is spelt wrongly, an argument is missing, or there is one too many.",
		See:   "The message names it and often what was probably meant.",
		Other: "Let your shell complete commands and flags: `cairn completion --help`.",
	},
	CommandFile: {
		Why:   "The file or its folder does not exist, or you may not read or write it.",
		See:   "`ls -l FILE` shows whether it is there and who may use it.",
		Other: "Name another place that you can write to, for instance in your home folder.",
	},
}
