package problem

// Problems of a command line.
const (
	CommandUsage Code = "command.usage"
	CommandFile  Code = "command.file"
)

var commandEntries = []Entry{
	{Code: CommandUsage, Exit: ExitFailed, Meaning: "The command line says something that the command does not take.", Fix: "add --help to see what it takes"},
	{Code: CommandFile, Exit: ExitFailed, Meaning: "A file that the command line names cannot be read or written.", Fix: "check its name and its permissions"},
}
