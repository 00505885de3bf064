// Package findsupport is the public pages of a hub: find support, what's on, and a page for each service. They are made on the
// server and need no script, work on an old phone and on paper, and speak English, Welsh and Polish.
package findsupport
