// Package directory keeps a hub's catalogue of partners: it takes in what openreferral reads, finds services by words,
// need, day and distance, and says in words when a service happens.
//
// A record is known by its source and its id there. An import adds and changes; what a source no longer lists at all is
// left as it is, because a document may be one page of many, unless the whole of the source is at hand: then it is
// retired, and kept for what points to it. What a full service no longer lists (its places, times and terms) is removed
// with it.
package directory
