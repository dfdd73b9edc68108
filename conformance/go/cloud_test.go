// Package conformance runs the Go driver against the local cloud that the environment names.
package conformance

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"sync/atomic"
	"testing"
)

var databases atomic.Int64

// A database that the Platform API made, at the host and with the token that it gave out.
type database struct {
	name, url, token string
}

func newDatabase(t *testing.T) database {
	t.Helper()
	name := fmt.Sprintf("go-%d-%d", os.Getpid(), databases.Add(1))
	var created struct{ Database struct{ Hostname string } }
	post(t, "/databases", fmt.Sprintf(`{"name":%q,"group":"default"}`, name), &created)
	made := database{name: name, url: "http://" + created.Database.Hostname}
	made.token = made.tokenFor(t, "")
	return made
}

// tokenFor asks for another token, as with "authorization=read-only".
func (d database) tokenFor(t *testing.T, options string) string {
	t.Helper()
	var token struct{ JWT string }
	post(t, "/databases/"+d.name+"/auth/tokens?"+options, "", &token)
	return token.JWT
}

// expiredToken asks for a token and lets its time pass at once.
func (d database) expiredToken(t *testing.T) string {
	t.Helper()
	token := d.tokenFor(t, "expiration=1s")
	send(t, http.MethodPatch, "/_local/clock", `{"advance":"2s"}`, &struct{}{})
	return token
}

func post(t *testing.T, path, body string, answer any) {
	t.Helper()
	send(t, http.MethodPost, "/v1/organizations/"+os.Getenv("TURSO_ORG")+path, body, answer)
}

func send(t *testing.T, method, path, body string, answer any) {
	t.Helper()
	request, err := http.NewRequest(method, os.Getenv("TURSO_API_BASEURL")+path, bytes.NewBufferString(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+os.Getenv("TURSO_API_TOKEN"))
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("%s: %d %s %v", path, response.StatusCode, text, err)
	}
	if err := json.Unmarshal(text, answer); err != nil {
		t.Fatal(err)
	}
}
