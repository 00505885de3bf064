// Package web holds the staff app as it was built, serves it, and knows the GraphQL documents that it sends.
package web
