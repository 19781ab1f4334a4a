package web

import "net/http"

// BoothPath is where [BoothAlone] has the ballot page.
const BoothPath = "/booth.html"

// BoothAlone serves the ballot page and nothing else: for whoever is not the bot, so that voters need
// not trust the bot's own page. It keeps and logs nothing.
func BoothAlone() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+BoothPath, loadStatics().show("booth.html", nil))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for name, value := range headers {
			w.Header().Set(name, value)
		}
		mux.ServeHTTP(w, r)
	})
}
