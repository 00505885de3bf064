package main

type catalogueCommand struct{}
