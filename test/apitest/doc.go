// Package apitest asks the API in tests: the real schema, permissions, resolvers and database, as a viewer of choice.
package apitest
