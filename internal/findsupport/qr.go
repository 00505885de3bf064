package findsupport

import (
	"fmt"
	"strings"

	"rsc.io/qr"
)

// qrCode is a QR code as an SVG draws it, with the quiet zone of four modules that the standard wants around it.
type qrCode struct {
	// Size is that of the picture, in modules.
	Size int
	// Path are the dark modules.
	Path string
}

const quiet = 4

func newQRCode(text string) (*qrCode, error) {
	code, err := qr.Encode(text, qr.M)
	if err != nil {
		return nil, fmt.Errorf("make a QR code: %w", err)
	}
	var path strings.Builder
	for y := range code.Size {
		for x := 0; x < code.Size; x++ {
			from := x
			for x < code.Size && code.Black(x, y) {
				x++
			}
			if x > from {
				fmt.Fprintf(&path, "M%d %dh%dv1h-%dz", from+quiet, y+quiet, x-from, x-from)
			}
		}
	}
	return &qrCode{code.Size + 2*quiet, path.String()}, nil
}
