package cli

// maxCauses is how many causes are shown of a command that failed on many hosts.
const maxCauses = 5

// failures splits err into its causes, in its order, each once. Hosts with the
// same cause are named together.
func failures(err error) []failure {
	var all []failure
	for _, one := range apart(err) {
		f := describe(one)
		merged := false
		for i := range all {
			if all[i].Code == f.Code && all[i].Summary == f.Summary && all[i].Cause == f.Cause && all[i].Fix == f.Fix {
				all[i].Where += ", " + f.Where
				merged = true
			}
		}
		if !merged {
			all = append(all, f)
		}
	}
	return all
}

// apart returns the errors that were joined into one.
func apart(err error) []error {
	joined, is := err.(interface{ Unwrap() []error })
	if !is {
		return []error{err}
	}
	var all []error
	for _, one := range joined.Unwrap() {
		all = append(all, apart(one)...)
	}
	return all
}
