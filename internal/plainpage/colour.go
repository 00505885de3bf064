package plainpage

import (
	"fmt"
	"math"
	"strconv"
)

// colour is red, green and blue, from 0 to 255 each.
type colour [3]uint8

var (
	white = colour{255, 255, 255}
	black = colour{}
	// defaultBrand is worn by a hub that has chosen none.
	defaultBrand = colour{31, 78, 95}
)

// enough is the least contrast of text by WCAG 2.2, success criterion 1.4.3.
const enough = 4.5

func parseColour(s string) (c colour, ok bool) {
	if len(s) != 7 || s[0] != '#' {
		return c, false
	}
	n, err := strconv.ParseUint(s[1:], 16, 24)
	return colour{uint8(n >> 16), uint8(n >> 8), uint8(n)}, err == nil
}

func (c colour) String() string { return fmt.Sprintf("#%02x%02x%02x", c[0], c[1], c[2]) }

// luminance is WCAG's relative luminance, from 0 to 1.
func (c colour) luminance() float64 {
	linear := func(v uint8) float64 {
		f := float64(v) / 255
		if f <= 0.04045 {
			return f / 12.92
		}
		return math.Pow((f+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(c[0]) + 0.7152*linear(c[1]) + 0.0722*linear(c[2])
}

// contrast is the ratio of two colours, from 1 to 21.
func contrast(a, b colour) float64 {
	light, dark := max(a.luminance(), b.luminance()), min(a.luminance(), b.luminance())
	return (light + 0.05) / (dark + 0.05)
}

// palette is what a hub's brand colour comes to: the colour itself behind text that can be read on it, and a shade of it for
// links and buttons, dark enough on the palest background of the pages.
type palette struct{ brand, onBrand, link colour }

func paletteOf(brandColour *string) palette {
	brand := defaultBrand
	if brandColour != nil {
		if chosen, ok := parseColour(*brandColour); ok {
			brand = chosen
		}
	}
	p := palette{brand: brand, onBrand: white, link: brand}
	if contrast(brand, white) < enough {
		p.onBrand = black
	}
	for contrast(p.link, grey) < enough {
		for i := range p.link {
			p.link[i] = uint8(float64(p.link[i]) * 0.9)
		}
	}
	return p
}

// grey is behind the form.
var grey = colour{243, 242, 241}

func (p palette) css() string {
	return fmt.Sprintf(":root{--brand:%s;--on-brand:%s;--link:%s}", p.brand, p.onBrand, p.link)
}
