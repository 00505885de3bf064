package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"sync"
	"time"
)

// figures are what a load measured. Times are in milliseconds.
type figures struct {
	Sent     int      `json:"sent"`
	Failed   int      `json:"failed"`
	Seconds  float64  `json:"seconds"`
	Median   float64  `json:"median"`
	P99      float64  `json:"p99"`
	Longest  float64  `json:"longest"`
	Failures []string `json:"failures"` // the first few
}

// load sends requests at a steady rate, whether those before are answered or not, until it is asked to end; then it
// prints its figures. An answer other than 200, or with errors in it, has failed. Nothing is sent twice.
func load(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("load", flag.ContinueOnError)
	url := flags.String("url", "", "where requests go")
	host := flags.String("host", "", "host name that they ask for")
	token := flags.String("token", "", "bearer token")
	body := flags.String("body", "", "what is posted")
	rate := flags.Int("rate", 200, "requests a second")
	if err := flags.Parse(args); err != nil {
		return err
	}
	client := &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 256, IdleConnTimeout: 30 * time.Second}}
	var (
		mu     sync.Mutex
		times  []float64
		result figures
		under  sync.WaitGroup
	)
	begun := time.Now()
	tick := time.NewTicker(time.Second / time.Duration(*rate))
	defer tick.Stop()
	fmt.Fprintln(os.Stderr, "sending")
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
			continue
		case <-tick.C:
		}
		// A busy machine skips ticks; what was due then is sent now.
		for due := int(time.Since(begun).Seconds() * float64(*rate)); result.Sent < due; result.Sent++ {
			under.Go(func() {
				sent := time.Now()
				err := send(client, *url, *host, *token, *body)
				took := time.Since(sent)
				mu.Lock()
				defer mu.Unlock()
				times = append(times, float64(took.Microseconds())/1000)
				if err != nil {
					result.Failed++
					if len(result.Failures) < 10 {
						result.Failures = append(result.Failures, fmt.Sprintf("after %.1f s: %v", sent.Sub(begun).Seconds(), err))
					}
				}
			})
		}
	}
	result.Seconds = time.Since(begun).Seconds()
	under.Wait()
	if slices.Sort(times); len(times) > 0 {
		result.Median, result.P99, result.Longest = times[len(times)/2], times[len(times)*99/100], times[len(times)-1]
	}
	return json.NewEncoder(os.Stdout).Encode(result)
}

func send(client *http.Client, url, host, token, body string) (err error) {
	request, err := http.NewRequest(http.MethodPost, url, bytes.NewReader([]byte(body)))
	if err != nil {
		return err
	}
	request.Host = host
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Authorization", "Bearer "+token)
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, response.Body.Close()) }()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK || bytes.Contains(answer, []byte(`"errors"`)) {
		return fmt.Errorf("%s: %.200s", response.Status, answer)
	}
	return nil
}
