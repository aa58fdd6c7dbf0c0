// Package rehearse walks a whole roadmap on throw-away hosts that mirror a lab, as
// `cairn up` does on the real ones.
package rehearse
