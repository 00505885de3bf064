package main

import (
	"context"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"liferooms.io/liferooms/operator/drain"
	"liferooms.io/liferooms/operator/manager"
)

type drainCommand struct {
	placeFlags

	Deployment       string        `default:"liferooms-operator" help:"The operator's Deployment."`
	LeaderElectionID string        `name:"leader-election-id" default:"liferooms-operator" help:"The operator's lease."`
	Timeout          time.Duration `default:"2m" help:"The longest that it may take."`
}

func (c *drainCommand) Run(ctx context.Context) error {
	namespace, err := c.namespace()
	if err != nil {
		return err
	}
	config, err := kubernetesConfig()
	if err != nil {
		return err
	}
	kubernetes, err := client.New(config, client.Options{Scheme: manager.Scheme})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	return drain.Run(ctx, kubernetes, drain.Options{
		Namespace: namespace, AllNamespaces: c.AllNamespaces, Deployment: c.Deployment, Lease: c.LeaderElectionID, Patience: c.Timeout / 2,
	})
}
