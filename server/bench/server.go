package bench

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// reading is what the server's second port tells at one time.
type reading struct {
	cpu    time.Duration // of its process, so far
	memory int64         // bytes resident
	opened int64         // sockets, so far
}

// What is read, as Prometheus calls it.
const (
	nameCPU    = "process_cpu_seconds_total"
	nameMemory = "process_resident_memory_bytes"
	nameOpened = "telltale_sockets_opened_total"
)

// errOther says that the second port is another server's: its sockets were not opened by this run.
var errOther = errors.New("it is another server's")

// read asks the second port.
func (r *run) read(ctx context.Context) (reading, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	var all reading
	request, err := http.NewRequestWithContext(ctx, "GET", r.Admin.JoinPath("metrics").String(), nil)
	if err != nil {
		return all, err
	}
	if r.Token != "" {
		request.Header.Set("Authorization", "Bearer "+r.Token)
	}
	response, err := r.client.Do(request)
	if err != nil {
		return all, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return all, refused(response)
	}
	found := map[string]float64{}
	lines := bufio.NewScanner(response.Body)
	for lines.Scan() {
		name, value, _ := strings.Cut(lines.Text(), " ")
		switch name {
		case nameCPU, nameMemory, nameOpened:
			if found[name], err = strconv.ParseFloat(value, 64); err != nil {
				return all, fmt.Errorf("%s is %q", name, value)
			}
		}
	}
	if len(found) != 3 {
		return all, errors.New("it does not tell of a telltale's processor and memory")
	}
	return reading{time.Duration(found[nameCPU] * float64(time.Second)), int64(found[nameMemory]), int64(found[nameOpened])}, lines.Err()
}
