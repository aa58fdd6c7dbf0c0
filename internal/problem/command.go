package problem

// Problems of a command line.
const (
	CommandUsage Code = "command.usage"
	CommandFile  Code = "command.file"
)

var commandEntries = []Entry{
	{CommandUsage, ExitFailed, "The command line says something that the command does not take.", "add --help to see what it takes"},
	{CommandFile, ExitFailed, "A file that the command line names cannot be read or written.", "check its name and its permissions"},
}
