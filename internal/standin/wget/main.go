// Wget stands in for busybox's, which the health checks of images run: it asks the last
// of its arguments, and ends with an error unless that answers with 200 to 299.
package main

import (
	"fmt"
	"net/http"
	"os"
	"time"
)

func main() {
	client := &http.Client{Timeout: 5 * time.Second}
	answer, err := client.Get(os.Args[len(os.Args)-1])
	if err == nil && answer.StatusCode/100 != 2 {
		err = fmt.Errorf("the answer is %s", answer.Status)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
