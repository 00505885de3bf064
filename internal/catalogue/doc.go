// Package catalogue keeps a hub's catalogue in step with its sources: feeds in the web, documents that came with the hub's
// settings, and other hubs of the trust.
//
// A hub's sources are set as a whole. A job fetches one source of one hub, on its interval and when it has changed; the
// records are taken by package directory, all of a source or nothing. A source that fails keeps its last good records and
// says since when and what to do; records that it no longer lists are retired, not deleted.
//
// What is read of a feed is kept in parts until all of it is there, so that a feed that breaks off and a process that dies
// cost no more than a page. Staff may look at what a source would change before it does (Manager), and add their own.
//
// Feeds are reached by addresses that others chose, so they are held to bounds of size and time, and to public addresses.
package catalogue
