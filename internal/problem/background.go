package problem

// Background is what the catalogue says of a code beyond its line on the screen. The
// texts are Markdown of whole sentences.
type Background struct {
	Why   string `json:"why"`   // how it comes about
	See   string `json:"see"`   // how to see what is behind it
	Other string `json:"other"` // what else to do when the fix does not help
}
