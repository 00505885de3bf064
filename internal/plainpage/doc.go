// Package plainpage is what pages that need no script and no account have in common: their languages, their style in a hub's
// colour, their layout with the list of what is wrong in a form, and headers that let them do nothing but be read and sent.
package plainpage
