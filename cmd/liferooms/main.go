// Command liferooms is Life Rooms: the server, and what sets it up.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // the first signal asks to stop; a second one stops at once
	program := Program{Stdout: os.Stdout, Stderr: os.Stderr}
	os.Exit(program.Run(ctx, os.Args[1:]))
}

// Program is Life Rooms with what it is connected to.
type Program struct {
	Stdout, Stderr io.Writer
}

// commands are all there is; each is a struct of its own whose fields are its flags.
type commands struct {
	Log logFlags `embed:"" prefix:"log-"`

	Serve     serveCommand     `cmd:"" help:"Serve the API and the staff app."`
	Migrate   migrateCommand   `cmd:"" help:"Bring the database up to this version, as the owner of its tables. The server never does."`
	Seed      seedCommand      `cmd:"" help:"Fill the database with the fictional demo trusts. Done twice it changes nothing."`
	Catalogue catalogueCommand `cmd:"" help:"Look after a hub's catalogue of partners and services."`
	Explain   explainCommand   `cmd:"" help:"Show the SQL that a GraphQL document becomes, and how Postgres runs it."`
	Doctor    doctorCommand    `cmd:"" help:"Check what the server needs, and say what to mend."`

	developmentCommands
}

type logFlags struct {
	Format string `enum:"json,text" default:"json" help:"How log lines are written: ${enum}."`
	Level  string `enum:"debug,info,warn,error" default:"info" help:"The least that is logged: ${enum}."`
}

// errQuiet ends the program with an error that has been told already.
var errQuiet = errors.New("told already")

// Run runs the command in the arguments and gives the exit code: 0 well, 1 not well, 2 not understood.
func (p Program) Run(ctx context.Context, args []string) int {
	var c commands
	exit := -1
	parser, err := kong.New(&c, kong.Name("liferooms"),
		kong.Description("Life Rooms runs community hubs: a desk, advisors, and a catalogue of local partners.\n\n"+
			"Every flag can be set by the environment variable that its help names."),
		kong.DefaultEnvars("LIFEROOMS"), kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.Writers(p.Stdout, p.Stderr), kong.Exit(func(code int) { exit = code }),
		kong.BindTo(ctx, (*context.Context)(nil)), kong.Bind(p))
	if err != nil {
		fmt.Fprintln(p.Stderr, "liferooms:", err)
		return 2
	}
	command, err := parser.Parse(args)
	if exit >= 0 { // help was asked for
		return exit
	}
	if err != nil {
		fmt.Fprintf(p.Stderr, "liferooms: %v\nTry: liferooms --help\n", err)
		return 2
	}
	c.Log.use(p.Stderr, command.Command() == "dev")
	if err := command.Run(); err != nil {
		if !errors.Is(err, errQuiet) {
			fmt.Fprintln(p.Stderr, "liferooms:", strings.ReplaceAll(err.Error(), "\n", "\n  "))
		}
		return 1
	}
	return 0
}

// use sends the log to stderr: stdout belongs to what a command was asked for.
func (f logFlags) use(to io.Writer, forPeople bool) {
	var level slog.Level
	_ = level.UnmarshalText([]byte(f.Level)) // kong has checked it
	options := &slog.HandlerOptions{Level: level}
	if f.Format == "text" || forPeople {
		slog.SetDefault(slog.New(slog.NewTextHandler(to, options)))
		return
	}
	slog.SetDefault(slog.New(slog.NewJSONHandler(to, options)))
}
