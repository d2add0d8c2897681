package api

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// chapterFiles say of each route what routes.go does not: a file a chapter, in the words of OpenAPI 3.1
// (https://spec.openapis.org/oas/v3.1.0) where it has one.
//
//go:embed openapi/*.json
var chapterFiles embed.FS

// chapters are the files with the calls, in the order in which a person reads them.
var chapters = [...]string{"shop", "metrics", "rooms", "runs", "boards", "screens", "live", "access", "pages"}

// common is what all calls share.
type common struct {
	Info       info                       `json:"info"`
	Access     string                     `json:"access"`   // how a caller shows who they are
	Refusals   map[string]string          `json:"refusals"` // what a status means, by it
	Parameters map[string]parameter       `json:"parameters"`
	Schemas    map[string]json.RawMessage `json:"schemas"`
}

type info struct {
	Title       string `json:"title"`
	Version     string `json:"version"`
	Summary     string `json:"summary"`
	Description string `json:"description"`
}

// parameter is a Parameter Object.
type parameter struct {
	Name        string          `json:"name"`
	In          string          `json:"in"`
	Required    bool            `json:"required,omitempty"`
	Description string          `json:"description"`
	Schema      json.RawMessage `json:"schema"`
	Example     string          `json:"example,omitempty"`
}

// content is what is sent, by its media type.
type content map[string]struct {
	Schema  json.RawMessage `json:"schema,omitempty"`
	Example json.RawMessage `json:"example,omitempty"`
}

type sent struct {
	Description string  `json:"description,omitempty"`
	Required    bool    `json:"required,omitempty"`
	Content     content `json:"content"`
}

type answered struct {
	Ref         string          `json:"$ref,omitempty"`
	Description string          `json:"description,omitempty"`
	Headers     json.RawMessage `json:"headers,omitempty"`
	Content     content         `json:"content,omitempty"`
}

// call is a route, as its chapter has it.
type call struct {
	Route   string              `json:"route"` // as routes.go has it
	ID      string              `json:"id"`
	Summary string              `json:"summary"`
	About   string              `json:"about,omitempty"` // Markdown
	With    []string            `json:"with,omitempty"`  // its parameters, by their names in common; those of its path may be left out where they are called the same there
	Body    *sent               `json:"body,omitempty"`
	Answers map[string]answered `json:"answers"` // by status
	Refuses []string            `json:"refuses,omitempty"`
	Try     string              `json:"try,omitempty"`    // the query of its example
	Lasts   bool                `json:"lasts,omitempty"`  // its answer has no end of its own
	Socket  bool                `json:"socket,omitempty"` // it is a WebSocket
	rule    rule
}

type chapter struct {
	Name  string  `json:"name"`
	About string  `json:"about"`
	Calls []*call `json:"calls"`
}

// method and path are how OpenAPI names a route.
func (c *call) address() (method, path string) {
	method, path, _ = strings.Cut(c.Route, " ")
	path = strings.TrimSuffix(path, "{$}")
	if path == "/web/" {
		path += "{file}"
	}
	return method, path
}

// parameters are those of a call, by their names in common: those of its path first.
func (c *call) parameters(of *common) []string {
	_, path := c.address()
	var names []string
	for part := range strings.SplitSeq(path, "/") {
		name, is := strings.CutPrefix(part, "{")
		if name = strings.TrimSuffix(name, "}"); !is {
			continue
		}
		if at := slices.IndexFunc(c.With, func(each string) bool { p := of.Parameters[each]; return p.In == "path" && p.Name == name }); at >= 0 {
			name = c.With[at]
		}
		names = append(names, name)
	}
	for _, name := range c.With {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// statuses are what a call is answered by, with what can come of its rule and its body.
func (c *call) statuses() map[string]answered {
	all := maps.Clone(c.Answers)
	refuses := slices.Clone(c.Refuses)
	if !c.rule.open {
		refuses = append(refuses, "401", "403")
	}
	if c.Body != nil {
		refuses = append(refuses, "413")
	}
	for _, status := range refuses {
		if _, has := all[status]; !has {
			all[status] = answered{Ref: "#/components/responses/" + status}
		}
	}
	all["default"] = answered{Ref: "#/components/responses/other"}
	return all
}

// description is the API as it is told.
type description struct {
	common
	chapters []chapter
	document []byte // openapi.json
	page     string // /api/docs, with a mark for where the server is
}

// describe reads the chapters, and makes the document of them for routes with these rules.
func describe(rules map[string]rule) (*description, error) {
	d := &description{}
	if err := readChapter("common", &d.common); err != nil {
		return nil, err
	}
	for _, name := range chapters {
		var c chapter
		if err := readChapter(name, &c); err != nil {
			return nil, err
		}
		for _, each := range c.Calls {
			each.rule = rules[each.Route]
		}
		d.chapters = append(d.chapters, c)
	}
	var err error
	d.document, err = json.Marshal(d.openAPI())
	d.page = d.docs()
	return d, err
}

func readChapter(name string, into any) error {
	text, err := chapterFiles.ReadFile("openapi/" + name + ".json")
	if err != nil {
		return err
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return fmt.Errorf("read openapi/%s.json: %w", name, err)
	}
	return nil
}

// problemType is what refusals are (RFC 9457).
const problemType = "application/problem+json"

type object map[string]any

// openAPI is the document.
func (d *description) openAPI() object {
	tags, paths, responses := []object{}, map[string]map[string]object{}, object{}
	for status, says := range d.Refusals {
		responses[status] = object{"description": says, "content": object{problemType: object{"schema": refTo("schemas", "Problem")}}}
	}
	for _, c := range d.chapters {
		tags = append(tags, object{"name": c.Name, "description": c.About})
		for _, each := range c.Calls {
			method, path := each.address()
			if paths[path] == nil {
				paths[path] = map[string]object{}
			}
			paths[path][strings.ToLower(method)] = d.operation(c.Name, each)
		}
	}
	return object{"openapi": "3.1.0", "info": d.Info, "servers": []object{{"url": "/"}}, "tags": tags, "paths": paths, "components": object{
		"schemas": d.Schemas, "parameters": d.Parameters, "responses": responses, "securitySchemes": object{
			"bearer": object{"type": "http", "scheme": "bearer", "description": "A token, as `telltale token create` prints it, or a JSON Web Token where the operator takes them."},
			"cookie": object{"type": "apiKey", "in": "cookie", "name": "telltale", "description": "The same token, put there by `/sign-in`."},
		}}}
}

func refTo(kind, name string) object { return object{"$ref": "#/components/" + kind + "/" + name} }

// operation is an Operation Object. What its caller needs is in its security, as names of roles are
// (OpenAPI 3.1, section 4.8.30), and in words.
func (d *description) operation(tag string, c *call) object {
	of := object{"operationId": c.ID, "tags": []string{tag}, "summary": c.Summary, "responses": c.statuses(), "security": []object{}}
	about := c.About
	if !c.rule.open {
		of["security"] = []object{{"bearer": []string{c.rule.scope}}, {"cookie": []string{c.rule.scope}}}
		about = strings.TrimPrefix(about+"\n\n", "\n\n") + "Scope: `" + c.rule.scope + "`."
	}
	if about != "" {
		of["description"] = about
	}
	if c.Body != nil {
		of["requestBody"] = c.Body
	}
	var parameters []object
	for _, name := range c.parameters(&d.common) {
		parameters = append(parameters, refTo("parameters", name))
	}
	if parameters != nil {
		of["parameters"] = parameters
	}
	return of
}

// getOpenAPI answers all of this for machines. It tells nothing of what this server holds.
func (a *API) getOpenAPI(w http.ResponseWriter, _ *http.Request) error {
	d, err := a.description()
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-cache")
	_, _ = w.Write(append(slices.Clip(d.document), '\n')) // the client has gone: nobody is left to tell
	return nil
}
