// Package referral is an advisor's time with a visitor: the conversation, the needs found in it, the services that the
// person was told of (signposts), and asking later whether they got there.
package referral
