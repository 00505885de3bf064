package server

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"liferooms.io/liferooms/internal/problem"
	"liferooms.io/liferooms/internal/signin"
	"liferooms.io/liferooms/internal/viewer"
)

// endpoint is POST /graphql: one operation in, one answer out, or a stream of them where the caller accepts
// text/event-stream. It follows GraphQL over HTTP (a working draft of the GraphQL Foundation) and, for streams, the
// distinct connections mode of GraphQL over Server-Sent Events.
type endpoint struct {
	signIn    *signin.SignIn
	documents *documents
	rates     *rates
	metrics   *metrics
	streams   *streams
	timeout   time.Duration
}

// body is a request's content.
type body struct {
	DocumentID    string         `json:"documentId"`
	Query         string         `json:"query"`
	OperationName string         `json:"operationName"`
	Variables     map[string]any `json:"variables"`
	Extensions    map[string]any `json:"extensions"`
}

// The forms of an answer.
const (
	plainJSON   = "application/json"
	graphqlJSON = "application/graphql-response+json"
	eventStream = "text/event-stream"
)

var _ graphql.Transport = &endpoint{}

// Supports takes every request: what this cannot do, nothing here can.
func (*endpoint) Supports(*http.Request) bool { return true }

// Do answers one request.
func (e *endpoint) Do(w http.ResponseWriter, r *http.Request, exec graphql.GraphExecutor) {
	accepted, ok := negotiate(r.Header.Values("Accept"))
	if !ok {
		refuse(w, r, http.StatusNotAcceptable, problem.New(problem.BadUserInput, "Accept %s, %s or %s.", graphqlJSON, plainJSON, eventStream))
		return
	}
	if mediaType, parameters, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || mediaType != plainJSON && mediaType != graphqlJSON ||
		parameters["charset"] != "" && !strings.EqualFold(parameters["charset"], "utf-8") {
		refuse(w, r, http.StatusUnsupportedMediaType, problem.New(problem.BadUserInput, "Send the operation as content-type: application/json, in UTF-8."))
		return
	}
	caller, err := e.signIn.Authenticate(r)
	if err != nil {
		p := problem.Of(err)
		refuse(w, r, signin.Status(p.Code), p)
		return
	}
	if caller.Session && r.Header.Get(signin.Header) == "" {
		refuse(w, r, http.StatusForbidden, problem.New(problem.Forbidden, "Send the header %s with this request: without it another website could act in your name.", signin.Header))
		return
	}
	entryOf(r.Context()).trust = caller.Viewer.TrustID
	if wait, limited := e.rates.take(caller.Viewer); limited {
		e.metrics.limited.Inc()
		w.Header().Set("Retry-After", strconv.Itoa(wait))
		refuse(w, r, http.StatusTooManyRequests, problem.New(problem.Limited, "Too many requests at once. Wait a moment and try again."))
		return
	}
	asked, status, p := read(w, r)
	if p != nil {
		refuse(w, r, status, p)
		return
	}
	one := &exchange{w: w, r: r, exec: exec, asked: asked, caller: caller}
	ctx := context.WithValue(viewer.NewContext(r.Context(), caller.Viewer), exchangeKey{}, one)
	if accepted == eventStream {
		e.stream(ctx, one)
		return
	}
	ctx, cancel := context.WithTimeout(ctx, e.timeout)
	defer cancel()
	e.answer(ctx, one, accepted)
}

// exchange is one request that was let in, with its way back.
type exchange struct {
	w      http.ResponseWriter
	r      *http.Request
	exec   graphql.GraphExecutor
	asked  *body
	caller *signin.Caller
}

type exchangeKey struct{}

// signOut ends the session with which the operation of ctx came, and takes its cookie away.
func (s *Server) signOut(ctx context.Context) (providerURL string, err error) {
	one, ok := ctx.Value(exchangeKey{}).(*exchange)
	if !ok {
		return "", errors.New("sign out: the operation came by no request")
	}
	return s.parts.SignIn.SignOut(one.w, one.r)
}

// negotiate chooses the form of the answer: the first that is accepted and known, JSON where nothing is said.
func negotiate(accept []string) (string, bool) {
	if len(accept) == 0 {
		return plainJSON, true
	}
	for _, line := range accept {
		for part := range strings.SplitSeq(line, ",") {
			mediaType, parameters, err := mime.ParseMediaType(part)
			if err != nil || parameters["q"] == "0" || parameters["charset"] != "" && !strings.EqualFold(parameters["charset"], "utf-8") {
				continue
			}
			switch mediaType {
			case "*/*", "application/*", plainJSON:
				return plainJSON, true
			case graphqlJSON, eventStream:
				return mediaType, true
			}
		}
	}
	return "", false
}

// read takes the body. What it says of a body that cannot be read never repeats it: it may hold anything.
func read(w http.ResponseWriter, r *http.Request) (asked *body, status int, p *problem.Problem) {
	tooLarge := problem.New(problem.Limited, "The request is too large: at most %d MiB. Send less at once.", maxBody>>20)
	if r.ContentLength > maxBody {
		w.Header().Set("Connection", "close") // what is on its way is not read
		return nil, http.StatusRequestEntityTooLarge, tooLarge
	}
	var text bytes.Buffer
	text.Grow(int(max(r.ContentLength, 512)) + bytes.MinRead)
	_, err := text.ReadFrom(http.MaxBytesReader(w, r.Body, maxBody))
	var over *http.MaxBytesError
	switch {
	case errors.As(err, &over):
		return nil, http.StatusRequestEntityTooLarge, tooLarge
	case err != nil:
		return nil, http.StatusBadRequest, problem.New(problem.BadUserInput, "The request broke off before its end. Send it again.").Because(context.Canceled)
	}
	// The body is here; from now on the operation's own time counts.
	_ = http.NewResponseController(w).SetReadDeadline(time.Time{}) // not supported: nothing to lift
	asked = &body{}
	decoder := json.NewDecoder(&text)
	decoder.UseNumber()
	if err := decoder.Decode(asked); err != nil {
		return nil, http.StatusBadRequest, unreadable(err)
	}
	if _, err := decoder.Token(); err != io.EOF {
		return nil, http.StatusBadRequest, problem.New(problem.BadUserInput, "The request goes on after its JSON object. Send one operation in each request.")
	}
	for name, value := range asked.Variables {
		asked.Variables[name] = withNumbers(value)
	}
	return asked, 0, nil
}

// withNumbers makes numbers of json.Number, which the validator of variables takes for text: 7 is no name.
func withNumbers(value any) any {
	switch v := value.(type) {
	case json.Number:
		if whole, err := v.Int64(); err == nil {
			return whole
		}
		if fraction, err := v.Float64(); err == nil {
			return fraction
		}
		return v
	case []any:
		for i := range v {
			v[i] = withNumbers(v[i])
		}
	case map[string]any:
		for name := range v {
			v[name] = withNumbers(v[name])
		}
	}
	return value
}

func unreadable(err error) *problem.Problem {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case errors.Is(err, io.EOF):
		return problem.New(problem.BadUserInput, "The request is empty. Send a JSON object with \"query\" or \"documentId\".")
	case errors.Is(err, io.ErrUnexpectedEOF):
		return problem.New(problem.BadUserInput, "The request's JSON ends in the middle. Send the whole of it.")
	case errors.As(err, &kind) && kind.Field == "" && kind.Value == "array":
		return problem.New(problem.BadUserInput, "The request is an array. Send one operation in each request.")
	case errors.As(err, &kind) && kind.Field == "":
		return problem.New(problem.BadUserInput, "The request must be a JSON object.")
	case errors.As(err, &kind):
		want := "a text"
		if kind.Field == "variables" || kind.Field == "extensions" {
			want = "an object"
		}
		return problem.Field(kind.Field, "%q must be %s.", kind.Field, want)
	case errors.As(err, &syntax):
		return problem.New(problem.BadUserInput, "The request is not JSON: it cannot be read from byte %d on.", syntax.Offset)
	}
	return problem.New(problem.BadUserInput, "The request is not JSON.")
}

// answer runs the operation and writes what comes of it.
func (e *endpoint) answer(ctx context.Context, x *exchange, form string) {
	began := time.Now()
	line := entryOf(ctx)
	ctx, operation, refusal := e.prepare(ctx, x)

	var response *graphql.Response
	switch {
	case len(refusal) > 0:
		response = x.exec.DispatchError(graphql.WithOperationContext(ctx, operation), refusal)
	case operation.Operation.Operation == ast.Subscription:
		response = x.exec.DispatchError(graphql.WithOperationContext(ctx, operation),
			gqlerror.List{gqlerror.Wrap(problem.New(problem.BadUserInput, "A subscription is a stream. Accept %s to receive it.", eventStream))})
	default:
		var next graphql.ResponseHandler
		next, ctx = x.exec.DispatchOperation(ctx, operation)
		if response = next(ctx); response == nil { // the executor's way to say that the context has ended
			response = x.exec.DispatchError(context.WithoutCancel(ctx), gqlerror.List{gqlerror.Wrap(ctx.Err())})
		}
	}
	line.code = codeOf(response)
	e.metrics.observe(line.operation, line.code, time.Since(began))
	write(x.w, response, form, line.code)
}

// prepare finds the document and makes an operation of it. The operation is there even where it is refused.
func (e *endpoint) prepare(ctx context.Context, x *exchange) (context.Context, *graphql.OperationContext, gqlerror.List) {
	line := entryOf(ctx)
	line.operation = other
	text, err := e.documents.find(x.asked, x.caller)
	if err != nil {
		return ctx, &graphql.OperationContext{}, gqlerror.List{gqlerror.Wrap(err)}
	}
	if x.asked.DocumentID != "" {
		ctx = withTrusted(ctx)
	}
	operation, refusal := x.exec.CreateOperationContext(ctx, &graphql.RawParams{
		Query: text, OperationName: x.asked.OperationName, Variables: x.asked.Variables, Extensions: x.asked.Extensions, Headers: x.r.Header,
	})
	line.operation = e.documents.operationName(operation.Operation)
	if len(refusal) > 0 && overLimit.MatchString(refusal[0].Message) {
		refusal = gqlerror.List{gqlerror.Wrap(problem.New(problem.Limited,
			"The document is too large: at most %d words and signs, and no more than %d levels. Send fewer fields at once, and values as variables.", maxTokens, maxDepth))}
	}
	return ctx, operation, refusal
}

// overLimit matches what the parser says of a document that it stopped reading.
var overLimit = regexp.MustCompile(`^exceeded (token limit|maximum nesting depth)`)

// codeOf is the code of the first error of an answer, empty where there is none.
func codeOf(response *graphql.Response) problem.Code {
	if len(response.Errors) == 0 {
		return ""
	}
	switch code := response.Errors[0].Extensions["code"].(type) {
	case problem.Code:
		return code
	case string:
		return problem.Code(code)
	}
	return problem.Internal
}

// write sends one answer. By GraphQL over HTTP, plain JSON is 200 even where the operation was refused: a proxy might have
// made any other; the newer media type says by the status whether the operation ran.
func write(w http.ResponseWriter, response *graphql.Response, form string, code problem.Code) {
	status := http.StatusOK
	if form == graphqlJSON && len(response.Data) == 0 && len(response.Errors) > 0 {
		status = signin.Status(code)
	}
	buffer := buffers.Get().(*bytes.Buffer)
	defer putBuffer(buffer)
	encode(buffer, response)
	text := buffer.Bytes()
	h := w.Header()
	h.Set("Content-Type", form+"; charset=utf-8")
	h["Cache-Control"] = noStoreValue
	h.Set("Content-Length", strconv.Itoa(len(text)))
	w.WriteHeader(status)
	_, _ = w.Write(text) // the caller has gone: nobody to tell
}

// encode writes an answer; one that holds no data has none, rather than null (GraphQL specification, 7.1). The data is
// JSON already and goes in as it is: encoding/json would read all of it again.
func encode(text *bytes.Buffer, response *graphql.Response) {
	text.Grow(len(response.Data) + 64)
	text.WriteByte('{')
	member := func(name string, value []byte) {
		if text.Len() > 1 {
			text.WriteByte(',')
		}
		text.WriteString(`"` + name + `":`)
		text.Write(value)
	}
	if len(response.Errors) > 0 {
		member("errors", mustJSON(response.Errors))
	}
	if len(response.Data) > 0 {
		member("data", response.Data)
	}
	if len(response.Extensions) > 0 {
		member("extensions", mustJSON(response.Extensions))
	}
	text.WriteByte('}')
}

// buffers are those of answers under way; one that grew large is let go.
var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

const maxKept = 256 << 10 // bytes

func putBuffer(b *bytes.Buffer) {
	if b.Cap() <= maxKept {
		b.Reset()
		buffers.Put(b)
	}
}

func mustJSON(v any) []byte {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err) // errors and extensions are our own, and can be written
	}
	return text
}

var noStoreValue = []string{"no-store"}
