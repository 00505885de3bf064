// Package graphqlhttp holds the server to GraphQL over HTTP by the suite of those who write it (npm: graphql-http).
package graphqlhttp
