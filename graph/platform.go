package graph

import "liferooms.io/liferooms/internal/problem"

var errNotYet = problem.New(problem.Limited, "Trusts and hubs cannot be set up by this version of the server.")
