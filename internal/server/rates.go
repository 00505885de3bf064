package server

import (
	"math"
	"time"

	"github.com/google/uuid"
	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/time/rate"

	"liferooms.io/liferooms/internal/viewer"
)

// rates bounds how fast each viewer may ask. The map is bounded: whoever was not seen for longest starts afresh, with a
// full bucket.
type rates struct {
	perSecond rate.Limit
	burst     int
	buckets   *lru.Cache[uuid.UUID, *rate.Limiter]
}

const maxBuckets = 20_000

func newRates(perSecond float64, burst int) *rates {
	buckets, _ := lru.New[uuid.UUID, *rate.Limiter](maxBuckets) // fails for a size below one only
	return &rates{perSecond: rate.Limit(perSecond), burst: burst, buckets: buckets}
}

// take counts one request. Where it is one too many it says in how many seconds to come again.
func (r *rates) take(v *viewer.Viewer) (seconds int, limited bool) {
	if r.perSecond <= 0 {
		return 0, false
	}
	bucket, known := r.buckets.Get(v.StaffID)
	if !known {
		bucket = rate.NewLimiter(r.perSecond, r.burst)
		if before, had, _ := r.buckets.PeekOrAdd(v.StaffID, bucket); had {
			bucket = before
		}
	}
	if bucket.AllowN(time.Now(), 1) {
		return 0, false
	}
	return int(math.Ceil(max(1, 1/float64(r.perSecond)))), true
}
