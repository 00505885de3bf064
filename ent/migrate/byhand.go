package migrate

import "strings"

// ByHand reports whether a table, column, index or check is made by hand-written SQL and unknown to Ent: its name begins
// with "hand_". Whatever has such a name is left alone by the diff.
func ByHand(name string) bool { return strings.HasPrefix(name, "hand_") }
