package findsupport

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/google/uuid"
	"rsc.io/qr"

	"liferooms.io/liferooms/ent/service"
	"liferooms.io/liferooms/internal/problem"
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

// qrPicture answers with the QR code of a service's page alone, for the desk to show and to print on a sheet.
func (p *Pages) qrPicture(ctx context.Context, w http.ResponseWriter, r *http.Request, f *frame, id uuid.UUID) error {
	public, err := p.store.Client(ctx).Service.Query().Where(service.ID(id)).Exist(ctx)
	switch {
	case err != nil:
		return fmt.Errorf("look for a service: %w", err)
	case !public:
		return problem.Missing("service")
	}
	code, err := newQRCode(p.publicURL + f.Base + "/services/" + id.String())
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "image/svg+xml")
	h.Set("Cache-Control", "public, no-cache")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	serve(w, r, fmt.Appendf(nil, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %[1]d %[1]d"><path fill="#fff" d="M0 0h%[1]dv%[1]dH0z"/><path fill="#000" d="%[2]s"/></svg>`,
		code.Size, code.Path))
	return nil
}
