// Package secondopinion asks thousands of generated reads of both who can answer them: the API as it is served, where a
// read is compiled into one statement, and gqlgen's executor over Ent. Where the two differ, one of them is wrong.
package secondopinion
