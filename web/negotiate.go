package web

import (
	"strconv"
	"strings"
)

type encoding string

const (
	brotli   encoding = "br"
	gzipped  encoding = "gzip"
	identity encoding = "identity"
)

// Gzips tells whether what has no other form than plain and gzip is better sent as gzip to who sends these
// Accept-Encoding headers.
func Gzips(headers []string) bool {
	form, _ := negotiate(headers, gzipped, identity)
	return form == gzipped
}

// negotiate picks a form from Accept-Encoding (RFC 9110, section 12.5.3): of those with the highest weight the
// first. No header, or an empty one, means plain. False: none is accepted.
func negotiate(headers []string, forms ...encoding) (encoding, bool) {
	weights := map[string]float64{}
	for _, header := range headers {
		for item := range strings.SplitSeq(header, ",") {
			name, weight := parseCoding(item)
			if name != "" {
				weights[name] = weight
			}
		}
	}
	best, highest := identity, 0.0
	for _, form := range forms {
		if weight := weightOf(weights, form); weight > highest {
			best, highest = form, weight
		}
	}
	return best, highest > 0
}

// weightOf gives the weight of one form. Plain is acceptable unless excluded, but the last resort.
func weightOf(weights map[string]float64, form encoding) float64 {
	if weight, named := weights[string(form)]; named {
		return weight
	}
	any, starred := weights["*"]
	switch {
	case starred:
		return any
	case form == identity:
		return 1e-6
	default:
		return 0
	}
}

// parseCoding reads one element such as "gzip;q=0.8". A weight that is no number counts as zero.
func parseCoding(item string) (name string, weight float64) {
	name, parameter, weighted := strings.Cut(strings.ToLower(strings.TrimSpace(item)), ";")
	if !weighted {
		return strings.TrimSpace(name), 1
	}
	value, found := strings.CutPrefix(strings.TrimSpace(parameter), "q=")
	if !found {
		return strings.TrimSpace(name), 1
	}
	weight, err := strconv.ParseFloat(value, 64)
	if err != nil || weight < 0 || weight > 1 {
		return strings.TrimSpace(name), 0
	}
	return strings.TrimSpace(name), weight
}
