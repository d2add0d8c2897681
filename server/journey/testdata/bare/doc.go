// Command bare is the smallest page of go-app there is, beside which Telltale's start is measured.
package main
