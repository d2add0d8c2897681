// Package hubtest is the suite that every hub.Elsewhere passes: several hubs that it joins
// are, for those who are in them, one.
package hubtest
