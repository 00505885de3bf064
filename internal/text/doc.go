// Package text tidies what people type and refuses what cannot be seen but changes how text reads.
package text
