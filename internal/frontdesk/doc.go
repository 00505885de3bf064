// Package frontdesk is the desk where anybody can walk in: who comes, who waits, who has left, and how many came.
package frontdesk
