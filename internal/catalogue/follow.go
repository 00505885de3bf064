package catalogue

import "context"

// Follow has the hubs that have the viewer's hub as a source fetch it anew once the transaction of ctx commits: its staff changed
// its catalogue, and may have hidden something.
func (s *Sources) Follow(ctx context.Context) error { return s.changed(ctx) }
