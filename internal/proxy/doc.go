// Package proxy says what a reverse proxy is told, as typed data, and renders it for
// each product. All of them give the same answers; the conformance tests hold the
// real programs to that.
//
// The answers:
//   - A name that has no route gets 404 and nothing else, by HTTP and by HTTPS. So does
//     an address instead of a name.
//   - A TLS handshake for another name, or for none, is refused.
//   - Plain HTTP is redirected for good, with path and query, if there are certificates.
//   - An upstream that is down or whose name is not known gives 502, one that is too
//     slow 504. The proxy starts without it all the same.
//   - The upstream learns of the client what the proxy saw itself. Forwarded headers of
//     the client are removed.
//   - Bodies are passed on as they come. Connections may be upgraded, and may then be
//     silent for an hour, as streams of events may.
package proxy
