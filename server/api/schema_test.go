package api

import (
	"encoding/json"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
)

// schema is what of JSON Schema 2020-12 the description of the API uses. Another keyword fails to be read.
type schema struct {
	Ref         string                     `json:"$ref"`
	Type        any                        `json:"type"`
	Description string                     `json:"description"`
	Properties  map[string]json.RawMessage `json:"properties"`
	Required    []string                   `json:"required"`
	More        json.RawMessage            `json:"additionalProperties"`
	Items       json.RawMessage            `json:"items"`
	OneOf       []json.RawMessage          `json:"oneOf"`
	AllOf       []json.RawMessage          `json:"allOf"`
	Enum        []any                      `json:"enum"`
	Const       any                        `json:"const"`
	Pattern     string                     `json:"pattern"`
	Default     any                        `json:"default"`
	Examples    []any                      `json:"examples"`
	Minimum     *float64                   `json:"minimum"`
	Maximum     *float64                   `json:"maximum"`
	MaxLength   *int                       `json:"maxLength"`
	MinItems    *int                       `json:"minItems"`
	MaxItems    *int                       `json:"maxItems"`
}

// schemaJudge says what of a value is not as a schema has it: more strictly than JSON Schema does, what the schema does
// not name may not be there. all are the schemas of the components.
type schemaJudge struct {
	all   map[string]json.RawMessage
	wrong []string
}

func (j *schemaJudge) say(at, format string, args ...any) {
	j.wrong = append(j.wrong, at+": "+fmt.Sprintf(format, args...))
}

func (j *schemaJudge) schema(at string, text json.RawMessage) (s schema) {
	if err := decodeJSON(text, &s); err != nil {
		j.say(at, "%v", err)
	}
	if name, is := strings.CutPrefix(s.Ref, "#/components/schemas/"); is {
		of, has := j.all[name]
		if !has {
			j.say(at, "no schema %s", name)
			return s
		}
		return j.schema(name, of)
	}
	return s
}

// read reads a schema and those within it.
func (j *schemaJudge) read(at string, text json.RawMessage) {
	s := j.schema(at, text)
	if s.Ref != "" {
		return
	}
	for _, kind := range kinds(s.Type) {
		if !slices.Contains([]string{"object", "array", "string", "number", "integer", "boolean", "null"}, kind) {
			j.say(at, "%s is no type", kind)
		}
	}
	if _, err := regexp.Compile(s.Pattern); err != nil {
		j.say(at, "%v", err)
	}
	within := slices.Concat(s.OneOf, s.AllOf)
	for name, each := range s.Properties {
		if strings.Contains(string(each), `"$ref"`) && !strings.Contains(string(each), "#/components/schemas/") {
			j.say(at, "%s refers elsewhere", name)
		}
		within = append(within, each)
	}
	for _, name := range s.Required {
		if _, has := s.Properties[name]; !has && s.Properties != nil {
			j.say(at, "%s is required and not described", name)
		}
	}
	for _, each := range append(within, s.More, s.Items) {
		if each != nil && string(text) != string(each) {
			j.read(at, each)
		}
	}
}

func kinds(of any) (all []string) {
	switch of := of.(type) {
	case string:
		return []string{of}
	case []any:
		for _, each := range of {
			all = append(all, fmt.Sprint(each))
		}
	}
	return all
}

// value judges a value.
func (j *schemaJudge) value(at string, text json.RawMessage, v any) {
	s := j.schema(at, text)
	if s.Type != nil && !slices.ContainsFunc(kinds(s.Type), func(kind string) bool { return isOf(kind, v) }) {
		j.say(at, "%v is not %v", v, s.Type)
		return
	}
	switch {
	case s.Enum != nil && !slices.Contains(s.Enum, v), s.Const != nil && s.Const != v:
		j.say(at, "%v is not one of %v%v", v, s.Enum, s.Const)
	}
	fitting := 0
	for _, each := range s.OneOf {
		one := schemaJudge{all: j.all}
		if one.require(at, one.schema(at, each), v); len(one.wrong) == 0 {
			fitting++
		}
	}
	if s.OneOf != nil && fitting != 1 {
		j.say(at, "%d of its alternatives fit", fitting)
	}
	for _, each := range s.AllOf {
		j.value(at, each, v)
	}
	j.require(at, s, v)
	switch v := v.(type) {
	case float64:
		if s.Minimum != nil && v < *s.Minimum || s.Maximum != nil && v > *s.Maximum {
			j.say(at, "%v is beyond its bounds", v)
		}
	case string:
		if s.MaxLength != nil && len(v) > *s.MaxLength || !regexp.MustCompile(s.Pattern).MatchString(v) {
			j.say(at, "%q is too long, or not %s", v, s.Pattern)
		}
	case []any:
		if s.MinItems != nil && len(v) < *s.MinItems || s.MaxItems != nil && len(v) > *s.MaxItems {
			j.say(at, "%d items", len(v))
		}
		for _, each := range v {
			j.value(at+"[]", s.Items, each)
		}
	case map[string]any:
		for name, each := range v {
			of, has := s.Properties[name]
			if !has {
				of = s.More
			}
			if of == nil {
				j.say(at, "%s is not described", name)
				continue
			}
			j.value(at+"."+name, of, each)
		}
	}
}

func (j *schemaJudge) require(at string, s schema, v any) {
	fields, is := v.(map[string]any)
	for _, name := range s.Required {
		if _, has := fields[name]; is && !has {
			j.say(at, "%s is missing", name)
		}
	}
}

func isOf(kind string, v any) bool {
	switch v := v.(type) {
	case nil:
		return kind == "null"
	case bool:
		return kind == "boolean"
	case string:
		return kind == "string"
	case float64:
		return kind == "number" || kind == "integer" && v == math.Trunc(v)
	case []any:
		return kind == "array"
	}
	return kind == "object"
}
