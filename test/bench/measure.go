package main

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"
)

// worker does one operation after the other; errSpent says that there is nothing left to do it with.
type worker func() error

var errSpent = errors.New("there is nobody left to check in")

// sample is what one or several spells of work came to.
type sample struct {
	elapsed        time.Duration
	latencies      []time.Duration
	server, pg, us time.Duration // processor time of the server that was asked, of Postgres and of this process
	memory         int64         // of the server afterwards, in bytes; the largest of several spells
}

func (s *sample) add(other sample) {
	s.elapsed += other.elapsed
	s.latencies = append(s.latencies, other.latencies...)
	s.server += other.server
	s.pg += other.pg
	s.us += other.us
	s.memory = max(s.memory, other.memory)
}

func (s *sample) rps() float64 { return float64(len(s.latencies)) / s.elapsed.Seconds() }

func (s *sample) quantile(q float64) time.Duration {
	if len(s.latencies) == 0 {
		return 0
	}
	slices.Sort(s.latencies)
	return s.latencies[min(len(s.latencies)-1, int(q*float64(len(s.latencies))))]
}

func (s *sample) each(d time.Duration) float64 {
	if len(s.latencies) == 0 {
		return 0
	}
	return milliseconds(d) / float64(len(s.latencies))
}

// cpu is the processor time of a request: of whoever is asked, and of Postgres.
func (s *sample) cpu() float64 { return s.each(s.server) + s.each(s.pg) }

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// clock reads the processor times of all who take part, by their process ids.
type clock struct{ server, postmaster, self int }

func (c clock) read() (s sample) {
	return sample{server: cpuOfFamily(c.server), pg: cpuOfFamily(c.postmaster), us: cpuOf(c.self)}
}

// spell lets the workers work side by side, first to warm up, then to be measured.
func spell(ctx context.Context, workers []worker, warmUp, length time.Duration, c clock) (sample, error) {
	if _, err := together(ctx, workers, warmUp); err != nil {
		return sample{}, err
	}
	before := c.read()
	began := time.Now()
	latencies, err := together(ctx, workers, length)
	after := c.read()
	return sample{
		elapsed:   time.Since(began),
		latencies: latencies,
		server:    after.server - before.server,
		pg:        after.pg - before.pg,
		us:        after.us - before.us,
	}, err
}

// together runs the workers for a while. Each finishes what it has begun.
func together(ctx context.Context, workers []worker, length time.Duration) ([]time.Duration, error) {
	var all sync.WaitGroup
	took := make([][]time.Duration, len(workers))
	failed := make([]error, len(workers))
	end := time.Now().Add(length)
	for i, work := range workers {
		all.Go(func() {
			for now := time.Now(); now.Before(end) && ctx.Err() == nil; {
				if err := work(); err != nil {
					if !errors.Is(err, errSpent) {
						failed[i] = err
					}
					return
				}
				done := time.Now()
				took[i] = append(took[i], done.Sub(now))
				now = done
			}
		})
	}
	all.Wait()
	return slices.Concat(took...), errors.Join(errors.Join(failed...), ctx.Err())
}
