package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
)

// client is one HTTP/1.1 connection that sends one request after the other. It does as little as can be, for it shares
// the processors with what it measures: net/http's client takes several times as much.
type client struct {
	address string
	conn    net.Conn
	in      *bufio.Reader
	out     []byte
	body    bytes.Buffer
}

// requestTime bounds one request, so that a server that hangs ends the bench instead of holding it.
const requestTime = 60 * time.Second

func dial(address string) (*client, error) {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("connect to the server: %w", err)
	}
	return &client{address: address, conn: conn, in: bufio.NewReaderSize(conn, 64<<10)}, nil
}

func (c *client) close() { _ = c.conn.Close() }

// post sends a request and gives the answer's body, which is valid until the next call. Anything but data without errors,
// as GraphQL has it, is an error.
func (c *client) post(path, token string, body []byte) ([]byte, error) {
	c.out = fmt.Appendf(c.out[:0], "POST %s HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n", path, c.address, token, len(body))
	c.out = append(c.out, body...)
	if err := c.conn.SetDeadline(time.Now().Add(requestTime)); err != nil {
		return nil, err
	}
	if _, err := c.conn.Write(c.out); err != nil {
		return nil, fmt.Errorf("send request: %w", err)
	}
	response, err := http.ReadResponse(c.in, nil)
	if err != nil {
		return nil, fmt.Errorf("read answer: %w", err)
	}
	c.body.Reset()
	_, err = io.Copy(&c.body, response.Body)
	if err != nil {
		return nil, fmt.Errorf("read answer: %w", err)
	}
	answer := c.body.Bytes()
	if response.StatusCode != http.StatusOK || erred(answer) || response.Close {
		return nil, fmt.Errorf("the server answers %s: %.500s", response.Status, answer)
	}
	return answer, nil
}

// erred reports whether an answer is anything but data without errors. The API tells of errors first, PostGraphile last.
func erred(answer []byte) bool {
	return !bytes.HasPrefix(answer, []byte(`{"data"`)) || bytes.Contains(answer, []byte(`,"errors":[{"`))
}
