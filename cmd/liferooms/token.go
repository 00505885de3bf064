//go:build !production

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"
)

type tokenCommand struct {
	dataFlag

	As   string `required:"" placeholder:"NAME" help:"One of the demo staff: fay, amir, tia, mo, ada, sol or zoe."`
	Port int    `env:"PORT" default:"8080" help:"Port of the app, where the data folder does not say where it runs."`
}

func (c *tokenCommand) Run(ctx context.Context, p Program) error {
	at, err := c.readAddress()
	if err != nil {
		at.Provider = localURL(c.Port + 1)
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	asked, err := json.Marshal(map[string]string{"user": c.As})
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, at.Provider+"/dev/token", bytes.NewReader(asked))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return errors.New("nothing runs at " + at.Provider + ": start `liferooms dev` first, with the same PORT and LIFEROOMS_DATA (here " +
			strconv.Itoa(c.Port) + " and " + c.Data + ")")
	}
	defer response.Body.Close()
	var answer struct {
		Token string `json:"access_token"`
		Error string `json:"error"`
	}
	if err := json.NewDecoder(io.LimitReader(response.Body, 1<<20)).Decode(&answer); err != nil {
		return fmt.Errorf("what runs at %s is no sign-in service of Life Rooms", at.Provider)
	}
	if answer.Error != "" {
		return errors.New(answer.Error)
	}
	fmt.Fprintln(p.Stdout, answer.Token)
	return nil
}
