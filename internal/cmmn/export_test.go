package cmmn

import "fmt"

// TallyFault compares each instance's tally of its children with a fresh count.
// It is empty if all agree.
func TallyFault(c *Case) string {
	for _, i := range c.instances {
		var counted tally
		for _, child := range i.children {
			live := child.state != Disabled && child.state != Failed && child.state != Completed && child.state != Terminated
			if child.state == Active {
				counted.active++
			}
			if live {
				counted.open++
			}
			if live && child.required {
				counted.requiredOpen++
			}
		}
		if counted != i.tally {
			return fmt.Sprintf("%s: %+v are counted, %+v are there", i.path(), i.tally, counted)
		}
	}
	return ""
}

// Rows are the rows of the code's own tables, by the table's number.
func Rows() map[string][]Transition {
	rows := map[string][]Transition{}
	for number, table := range map[string][]row{"8.6": caseTable, "8.8": workTable, "8.11": occurrenceTable} {
		for _, r := range table {
			rows[number] = append(rows[number], r.transition)
		}
	}
	return rows
}
