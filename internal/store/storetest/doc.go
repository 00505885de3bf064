// Package storetest gives tests a real, migrated database of their own with two trusts and three hubs.
package storetest
