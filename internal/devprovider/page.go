//go:build !production

package devprovider

import (
	"bytes"
	"embed"
	"html/template"
	"net/http"
	"net/url"
)

//go:embed page.html style.css
var assets embed.FS

var pages = template.Must(template.ParseFS(assets, "page.html"))

type page struct {
	Title   string
	Message string
	// Action is where a choice is posted; empty: the page only lists.
	Action  string
	Request string
	Staff   []User
}

// overview lists everybody, for whoever opens the provider's own address.
func (p *Provider) overview(w http.ResponseWriter, _ *http.Request) {
	show(w, http.StatusOK, page{
		Title:   "Demo staff of Life Rooms",
		Message: "To sign in as one of them, start in the app: " + p.config.StaffAppURL,
		Staff:   Users,
	})
}

// choose shows the staff of the issuer's trust: one press signs in.
func (i *issuer) choose(w http.ResponseWriter, r *http.Request) {
	id := r.URL.Query().Get("request")
	if known, err := i.storage.AuthRequestByID(r.Context(), id); err != nil || known.Done() {
		gone(w)
		return
	}
	show(w, http.StatusOK, page{
		Title:   i.name,
		Message: "Choose who to be. These people do not exist, and there are no passwords: this page is for development only.",
		Action:  i.url + "/sign-in",
		Request: id,
		Staff:   staffOf(i.storage.trust),
	})
}

func (i *issuer) chosen(w http.ResponseWriter, r *http.Request) {
	id := r.PostFormValue("request")
	if err := i.storage.signIn(id, r.PostFormValue("user")); err != nil {
		gone(w)
		return
	}
	http.Redirect(w, r, i.url+i.op.AuthorizationEndpoint().Relative()+"/callback?id="+url.QueryEscape(id), http.StatusSeeOther)
}

func gone(w http.ResponseWriter) {
	show(w, http.StatusBadRequest, page{
		Title:   "This sign-in is over",
		Message: "It was finished already, or it took longer than ten minutes. Go back to the app and start again.",
	})
}

func show(w http.ResponseWriter, status int, content page) {
	var body bytes.Buffer
	if err := pages.ExecuteTemplate(&body, "page.html", content); err != nil {
		http.Error(w, "The page could not be made.", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	// No form-action: browsers apply it to the redirect back to the app as well.
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; frame-ancestors 'none'; base-uri 'none'")
	w.WriteHeader(status)
	_, _ = body.WriteTo(w)
}

func stylesheet(w http.ResponseWriter, r *http.Request) {
	http.ServeFileFS(w, r, assets, "style.css")
}
