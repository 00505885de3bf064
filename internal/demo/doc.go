// Package demo holds the fictional trust, people and catalogue that a demo runs with.
package demo
