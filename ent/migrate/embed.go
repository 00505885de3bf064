package migrate

import "embed"

// Migrations are the versioned migrations, in order of their names. atlas.sum guards their content.
//
//go:embed migrations
var Migrations embed.FS
