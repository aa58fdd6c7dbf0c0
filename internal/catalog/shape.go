package catalog

import "cairn/internal/document"

// serviceShape describes everything that a service.yaml may contain.
func serviceShape() *document.Shape {
	return document.Keyed(
		document.Key{Name: "service", Required: true, Shape: document.Words(serviceForm), Doc: "The service's name. Its folder has the same name."},
		document.Key{Name: "summary", Required: true, Shape: document.Words(summaryForm), Doc: "What the service is for, in one line."},
		document.Key{Name: "task", Fallback: "none", Shape: document.Words(taskForm), Doc: "The task of the roadmap that the service fulfils."},
		document.Key{Name: "licence", Required: true, Shape: document.Words(licenceForm), Doc: "Its licence, by its SPDX identifier."},
		document.Key{Name: "website", Required: true, Shape: document.Words(websiteForm), Doc: "The address of its own documentation."},
		document.Key{Name: "proof", Fallback: "`rendered`", Shape: document.Words(proofForm),
			Doc: "How far it was tested. `rendered`: its files were rendered and validated. `rehearsed`: a stand-in for its image ran on a host, and its checks held. `proven`: the same with upstream's own image."},
		document.Key{Name: "main", Fallback: "the only container, or the one with the service's name", Shape: document.Words(containerForm),
			Doc: "The container for all keys that name none themselves. The tag of its image is the version of the service."},
		document.Key{Name: "needs", Required: true, Shape: needsShape(), Doc: "What it needs from a host."},
		document.Key{Name: "uses", Fallback: "none", Shape: document.ListOf(document.Words(serviceForm)), Doc: "Other services that must run before it."},
		document.Key{Name: "proxy", Fallback: "it is none", Shape: document.Words(proxyForm),
			Doc: "The reverse proxy that it is. Its release gets the routes of all services on its host, rendered for that product, and joins their networks."},
		document.Key{Name: "authority", Fallback: "it is none", Shape: authorityShape(),
			Doc: "It is a certificate authority. Reverse proxies get their certificates from it, and trust it."},
		document.Key{Name: "routes", Fallback: "none", Shape: document.Named(routeForm, routeShape()),
			Doc: "Its ways in over HTTP, by name. Each gets the address `ROUTE.DOMAIN`, a certificate, and a route in the reverse proxy."},
		document.Key{Name: "ports", Fallback: "none", Shape: document.ListOf(portShape()), Doc: "Ports of the host that are not HTTP. The firewall opens them."},
		document.Key{Name: "metrics", Fallback: "none", Shape: metricsShape(), Doc: "Where it offers metrics in the Prometheus format."},
		document.Key{Name: "logs", Fallback: "`true`", Shape: document.YesNo(), Doc: "Whether the logs of its containers are collected."},
		document.Key{Name: "data", Fallback: "none", Shape: document.Named(volumeForm, dataShape()),
			Doc: "Its volumes, by name. They outlive its containers and are backed up. Name every volume of the Compose file here."},
		document.Key{Name: "secrets", Fallback: "none", Shape: document.Named(secretForm, secretShape()),
			Doc: "Values that only this service may know, by name. Cairn makes them. Each is a file, which the Compose file mounts as a secret of that name."},
		document.Key{Name: "options", Fallback: "none", Shape: document.Named(optionForm, optionShape()), Doc: "What you may set in the lab file, by name."},
		document.Key{Name: "hooks", Fallback: "none", Shape: document.Named(hookForm, hookShape()), Doc: "Steps after its containers have started, by name. They run in this order."},
		document.Key{Name: "egress", Fallback: "`false`", Shape: document.YesNo(), Doc: "Whether its containers may reach the internet."},
		document.Key{Name: "exceptions", Fallback: "none", Shape: document.Named(containerForm, exceptionShape()),
			Doc: "What its containers need beyond the defaults, by container. The defaults are a read-only root, no capabilities, and no way to gain privileges."},
		document.Key{Name: "deprecated", Fallback: "it is not", Shape: deprecationShape(), Doc: "Why you should no longer choose it."},
	)
}

func needsShape() *document.Shape {
	return document.Keyed(
		document.Key{Name: "memory", Required: true, Shape: document.Words(document.MemoryForm), Doc: "The memory limit of all its containers together."},
		document.Key{Name: "disk", Required: true, Shape: document.Words(document.MemoryForm), Doc: "The disk space that its images and data need at first."},
		document.Key{Name: "cpu-flags", Fallback: "none", Shape: document.ListOf(document.Words(flagForm)), Doc: "Flags that the processor must have."},
		document.Key{Name: "gpu", Fallback: "`false`", Shape: document.YesNo(), Doc: "Whether it needs a graphics processor (GPU)."},
		document.Key{Name: "architectures", Fallback: "all that Cairn supports", Shape: document.ListOf(document.Words(archForm)), Doc: "The architectures of its images."},
	)
}

// containerKey is the key by which a facet names its container.
func containerKey() document.Key {
	return document.Key{Name: "container", Fallback: "`main`", Shape: document.Words(containerForm), Doc: "Which container of the Compose file is meant."}
}

func routeShape() *document.Shape {
	return document.Keyed(
		containerKey(),
		document.Key{Name: "port", Required: true, Shape: document.Number(document.PortForm), Doc: "The port in the container."},
		document.Key{Name: "health", Required: true, Shape: document.Words(pathForm), Doc: "A path that answers with a status from 200 to 299 if the service works, without a login."},
		document.Key{Name: "login", Required: true, Shape: document.Words(loginForm),
			Doc: "Who asks for a login. `own`: the service itself. `forward`: the lab's login, at the reverse proxy. `none`: nobody."},
		document.Key{Name: "open", Fallback: "none", Shape: document.ListOf(document.Words(pathForm)), Doc: "Paths that need no login, each with everything below it."},
		document.Key{Name: "websocket", Fallback: "`false`", Shape: document.YesNo(), Doc: "Whether it keeps connections open (WebSocket, server-sent events)."},
		document.Key{Name: "max-body", Fallback: "the proxy's default", Shape: document.Words(document.MemoryForm), Doc: "The size of the largest request, such as an upload."},
		document.Key{Name: "timeout", Fallback: "the proxy's default", Shape: document.Number(secondsForm), Doc: "How many seconds an answer may take."},
	)
}

func authorityShape() *document.Shape {
	return document.Keyed(
		document.Key{Name: "name", Required: true, Shape: document.Words(routeForm), Doc: "Its name in the lab's domain."},
		document.Key{Name: "port", Required: true, Shape: document.Number(document.PortForm), Doc: "The port in its main container. Its host opens the same port if reverse proxies on other hosts need it."},
		document.Key{Name: "directory", Required: true, Shape: document.Words(pathForm), Doc: "The path of its ACME directory."},
		document.Key{Name: "daily", Required: true, Shape: document.Words(pathForm), Doc: "The path of the ACME directory for certificates that live for a day. They show that renewal works."},
	)
}

func portShape() *document.Shape {
	return document.Keyed(
		document.Key{Name: "port", Required: true, Shape: document.Words(portWordForm), Doc: "The port of the host, with its protocol."},
		containerKey(),
		document.Key{Name: "target", Fallback: "the same", Shape: document.Number(document.PortForm), Doc: "The port in the container."},
		document.Key{Name: "reason", Required: true, Shape: document.Words(reasonForm), Doc: "What it is for."},
	)
}

func metricsShape() *document.Shape {
	return document.Keyed(
		containerKey(),
		document.Key{Name: "port", Required: true, Shape: document.Number(document.PortForm), Doc: "The port in the container."},
		document.Key{Name: "path", Fallback: "`/metrics`", Shape: document.Words(pathForm), Doc: "The path of the metrics."},
	)
}

func dataShape() *document.Shape {
	return document.Keyed(
		document.Key{Name: "reason", Required: true, Shape: document.Words(reasonForm), Doc: "What is in it."},
		document.Key{Name: "dump", Fallback: "its files are copied", Shape: command("a dump needs a command"),
			Doc: "A command in a container that mounts the volume. Its standard output is backed up instead of the files."},
		document.Key{Name: "quiesce", Fallback: "`none`", Shape: document.Words(quiesceForm), Doc: "What happens to its containers while its files are copied: `stop`, `pause` or `none`."},
	)
}

func secretShape() *document.Shape {
	return document.Keyed(
		document.Key{Name: "reason", Required: true, Shape: document.Words(reasonForm), Doc: "What it is for."},
		document.Key{Name: "form", Fallback: "`password`", Shape: document.Words(madeForm), Doc: "How Cairn makes it. `given`: you set it with `cairn secret set`. `authority`: the certificates and keys of an authority for the lab's domain, of which templates read parts."},
		document.Key{Name: "length", Fallback: "`32`", Shape: document.Number(lengthForm), Doc: "How many characters a password has, or how many random bytes are in hex or base64."},
		document.Key{Name: "escrow", Fallback: "`false`", Shape: document.YesNo(), Doc: "Whether a restore is worthless without it."},
		document.Key{Name: "variable", Fallback: "it is a file", Shape: document.Words(variableForm),
			Doc: "The environment variable for it. Use one only if the image reads no file: `docker inspect` shows the value."},
		containerKey(),
		document.Key{Name: "owner", Fallback: "`0`", Shape: document.Number(userIDForm), Doc: "The user id that reads its file in the container."},
	)
}

func optionShape() *document.Shape {
	return document.Keyed(
		document.Key{Name: "kind", Fallback: "`text`", Shape: document.Words(kindForm), Doc: "The kind of its value."},
		document.Key{Name: "default", Required: true, Shape: document.Words(defaultForm), Doc: "Its value if you set none, in quotes."},
		document.Key{Name: "doc", Required: true, Shape: document.Words(reasonForm), Doc: "What it does."},
	)
}

func hookShape() *document.Shape {
	return document.Keyed(
		containerKey(),
		document.Key{Name: "command", Required: true, Shape: command("a step needs a command"), Doc: "The program in the container, with its arguments."},
		document.Key{Name: "unless", Required: true, Shape: command("without it the step would be done each time"), Doc: "A command that succeeds when nothing is left to do."},
		document.Key{Name: "reason", Required: true, Shape: document.Words(reasonForm), Doc: "What it is for."},
	)
}

func exceptionShape() *document.Shape {
	return document.Keyed(
		document.Key{Name: "writable", Fallback: "`false`", Shape: document.YesNo(), Doc: "Its root file system can be written."},
		document.Key{Name: "capabilities", Fallback: "none", Shape: document.ListOf(document.Words(capForm)), Doc: "Linux capabilities that it keeps (capabilities(7))."},
		document.Key{Name: "privileges", Fallback: "`false`", Shape: document.YesNo(), Doc: "Its programs may gain privileges."},
		document.Key{Name: "socket", Fallback: "`false`", Shape: document.YesNo(), Doc: "It reads Docker's socket, through a filtering proxy."},
		document.Key{Name: "reason", Required: true, Shape: document.Words(reasonForm), Doc: "Why."},
	)
}

func deprecationShape() *document.Shape {
	return document.Keyed(
		document.Key{Name: "since", Required: true, Shape: document.Words(dateForm), Doc: "Since which day."},
		document.Key{Name: "reason", Required: true, Shape: document.Words(reasonForm), Doc: "Why."},
		document.Key{Name: "instead", Fallback: "none", Shape: document.Words(serviceForm), Doc: "What to choose instead."},
	)
}

// command is the shape of a program with its arguments.
func command(why string) *document.Shape {
	return document.NonEmpty(document.Sequence(document.Words(wordForm)), why)
}
