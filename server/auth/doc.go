// Package auth says who may ask. So far it holds the rule that protects a server which listens on this machine only:
// a browser may be lured to it under a foreign name (DNS rebinding), so requests must name this machine.
//
// It must not know metrics, rooms or how an answer is written: it decides, the API refuses.
package auth
