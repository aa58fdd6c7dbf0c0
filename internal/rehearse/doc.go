// Package rehearse walks a whole roadmap on throw-away hosts that mirror a lab,
// in the way `cairn up` does on the real ones.
package rehearse
